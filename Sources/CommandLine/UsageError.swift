import Platform
import Profile
import Text

/// Why a command line cannot be followed.
public enum UsageError: LineError {
  case unknownCommand(Excerpt)
  case unknownBenchmark(Excerpt)
  case notAnOption(Excerpt)
  case repeated(Option)
  case missingValue(Option)
  /// A value that is no whole number of 31 bits, or of 64 for a seed.
  case notWhole(Option, Excerpt)
  case notANumber(Option, Excerpt, ClosedRange<Double>)
  case outOfRange(Option, Int, ClosedRange<Int>)
  case notTaken(Option)
  /// An override's value is not one that its field may have.
  case override(ProfileError)
  case sentence(StaticString)
  /// A value, and two halves of a sentence about it.
  case value(Excerpt, StaticString, StaticString)

  public var exitCode: ExitCode {
    if case .override(let error) = self { error.exitCode } else { .usage }
  }

  @export(interface)
  public func write(to out: inout TextOutput) {
    switch self {
    case .unknownCommand(let word):
      Self.write(word, "is not a command; there are ", Command.names, to: &out)
    case .unknownBenchmark(let word):
      Self.write(word, "is not a benchmark; there are ", Command.benchmarkNames, to: &out)
    case .notAnOption(let word):
      Self.write(word, "is not an option; see edge-infer --help", "", to: &out)
    case .value(let value, let reason, let more): Self.write(value, reason, more, to: &out)
    case .repeated(let option):
      out.write(option.name)
      out.write(" is given twice")
    case .missingValue(let option):
      out.write(option.name)
      out.write(" needs a value")
    case .notWhole(let option, let value):
      Self.write(option, value, " is not a whole number from 0 to ", to: &out)
      out.write(option == .seed ? UInt64.max : UInt64(Int32.max))
    case .notANumber(let option, let value, let range):
      Self.write(option, value, " is not a number from ", to: &out)
      writeBound(range.lowerBound, to: &out)
      out.write(" to ")
      writeBound(range.upperBound, to: &out)
    case .outOfRange(let option, let value, let range):
      out.write(option.name)
      out.write(" is ")
      out.write(value)
      out.write(", expected ")
      out.write(range.lowerBound)
      out.write(" to ")
      out.write(range.upperBound)
    case .notTaken(let option):
      out.write(option.name)
      out.write(" is an option of ")
      option.declaration.commands.write(to: &out)
    case .override(let error): error.write(to: &out)
    case .sentence(let text): out.write(text)
    }
  }

  private static func write(
    _ word: Excerpt, _ reason: StaticString, _ more: StaticString, to out: inout TextOutput
  ) {
    out.write(quoted: word)
    out.write(" ")
    out.write(reason)
    out.write(more)
  }

  private static func write(
    _ option: Option, _ value: Excerpt, _ reason: StaticString, to out: inout TextOutput
  ) {
    out.write(option.name)
    out.write(": ")
    out.write(quoted: value)
    out.write(reason)
  }
}

/// A declared bound: whole, or with two decimals.
func writeBound<Sink: ByteSink & ~Copyable>(_ value: Double, to out: inout Sink) {
  out.write(value, decimals: value == value.rounded(.down) ? 0 : 2)
}
