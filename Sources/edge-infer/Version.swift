import Platform

enum Version {
  /// Toolchain/package-device reads it here.
  static let number: StaticString = "0.1.0"

  /// A line with the kernels of this build, to standard output.
  static func write() {
    var output = TextOutput.standardOutput
    output.write("edge-infer ")
    output.write(number)
    output.write(" (")
    output.write(BuildFeatures.name)
    output.write(")\n")
    output.flush()
  }
}
