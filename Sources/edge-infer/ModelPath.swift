import CPlatform
import Platform
import Profile

/// Where a model file is: as given, then below `$EDGE_INFER_MODELS`, then below
/// `~/.cache/edge-infer`.
struct ModelPath {
  private static let byteCountMax = 4096
  private var bytes = InlineArray<4096, CChar>(repeating: 0)
  private var count = 0

  /// Of the command line's model, or of the profile's.
  init(_ arguments: Arguments, _ settings: Settings) {
    if let name = unsafe arguments.model {
      unsafe self.init(name)
    } else {
      self = unsafe settings.profile.model.withCString { unsafe ModelPath($0) }
    }
  }

  /// The first place where the file is; the name as given where it is nowhere.
  init(_ name: UnsafePointer<CChar>) {
    if unsafe edge_exists(name) != 0 || name[0] == CChar(UInt8(ascii: "/")) {
      unsafe append(name)
      return
    }
    if unsafe tryBelow(edge_models_folder(), "/", name) { return }
    if unsafe tryBelow(edge_home_folder(), "/.cache/edge-infer/", name) { return }
    count = 0
    unsafe append(name)
  }

  private mutating func tryBelow(
    _ directory: UnsafePointer<CChar>?, _ middle: StaticString, _ name: UnsafePointer<CChar>
  ) -> Bool {
    guard let directory = unsafe directory else { return false }
    count = 0
    unsafe append(directory)
    for index in 0..<middle.utf8CodeUnitCount {
      unsafe append(CChar(bitPattern: middle.utf8Start[index]))
    }
    unsafe append(name)
    return exists
  }

  var exists: Bool { unsafe withPointer { unsafe edge_exists($0) != 0 } }

  /// Where the head budgets of a model are looked for: `.heads.json` in place of the file's last ending.
  var headBudgets: ModelPath {
    var path = self
    var end = count
    for index in 0..<count {
      if bytes[index] == CChar(UInt8(ascii: "/")) { end = count }
      if bytes[index] == CChar(UInt8(ascii: ".")) { end = index }
    }
    path.count = end
    let ending: StaticString = ".heads.json"
    for index in 0..<ending.utf8CodeUnitCount {
      unsafe path.append(CChar(bitPattern: ending.utf8Start[index]))
    }
    return path
  }

  private mutating func append(_ text: UnsafePointer<CChar>) {
    var index = 0
    while unsafe text[index] != 0 {
      unsafe append(text[index])
      index += 1
    }
  }

  /// A path that is too long is cut, and then names no file.
  private mutating func append(_ byte: CChar) {
    if count == Self.byteCountMax - 1 { return }
    bytes[count] = byte
    count += 1
    bytes[count] = 0
  }

  func withPointer<Result: ~Copyable, Failure: Error>(
    _ body: (UnsafePointer<CChar>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try unsafe withUnsafePointer(to: bytes) { pointer throws(Failure) -> Result in
      unsafe try body(UnsafeRawPointer(pointer).assumingMemoryBound(to: CChar.self))
    }
  }
}
