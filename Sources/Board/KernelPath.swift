import Platform
import Profile

/// A path of the kernel's files, `/sys/…` or `/proc/…`, below a folder that takes the place of `/`.
public struct KernelPath: Sendable {
  /// Bytes of the folder's name: with it and the longest path below, a path is inside PATH_MAX.
  public static let rootByteCountMax = 2048
  private var text = FixedText<4096>()

  /// The machine's own files.
  public static var machine: KernelPath { KernelPath() }

  private init() {}

  /// Below `directory`; nil where its name is empty or too long.
  public init?(root directory: Span<UInt8>) {
    if directory.count == 0 || directory.count > Self.rootByteCountMax { return nil }
    for index in 0..<directory.count { text.append(directory[index]) }
  }

  func appending(_ name: StaticString) -> KernelPath {
    var path = self
    for index in 0..<name.utf8CodeUnitCount { path.text.append(unsafe name.utf8Start[index]) }
    return path
  }

  func appending(_ bytes: Span<UInt8>) -> KernelPath {
    var path = self
    for index in 0..<bytes.count { path.text.append(bytes[index]) }
    return path
  }

  func appending(_ number: Int) -> KernelPath {
    var path = self
    if number >= 10 { path = path.appending(number / 10) }
    path.text.append(UInt8(ascii: "0") + UInt8(number % 10))
    return path
  }

  /// The file there; nil where there is none that can be read. A path that was cut names no file.
  func open() -> KernelFile? {
    if text.isCut { return nil }
    return unsafe text.withCString { path -> KernelFile? in
      do throws(SystemFailure) {
        return KernelFile(unsafe try InputFile(path: path))
      } catch {
        return nil
      }
    }
  }

  /// The whole number that the file begins with, 0 to `Int.max`.
  func readNumber() -> Int? {
    guard var file = open() else { return nil }
    return file.readNumber()
  }

  /// The set of cores that the file lists.
  func readCores() -> CoreSet? {
    guard var file = open() else { return nil }
    return file.readCores()
  }

  /// The whole number after `label` at the start of a line.
  func readNumber(after label: StaticString) -> Int? {
    guard var file = open(), file.find(label) else { return nil }
    return file.readNumber()
  }
}
