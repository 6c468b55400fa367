import Profile
import Text
import Tokenizer

/// The name under which a service offers its model.
struct ServedName {
  private(set) var text = FixedText<129>()

  /// Nil where the text is empty, too long, or no UTF-8.
  init?(_ name: UnsafePointer<CChar>) {
    unsafe self.init(name, byteCount: cStringSpan(name).count)
  }

  private init?(_ name: UnsafePointer<CChar>, byteCount: Int) {
    let bytes = unsafe cStringSpan(name).extracting(0..<byteCount)
    if byteCount == 0 || !isUTF8(bytes) { return nil }
    for index in 0..<byteCount { text.append(bytes[index]) }
    if text.isCut { return nil }
  }

  /// `--alias`, or the file's name without its ending.
  init(_ arguments: Arguments, _ path: ModelPath) {
    if let alias = unsafe arguments.service.alias, let given = unsafe ServedName(alias) {
      self = given
      return
    }
    let ofFile = unsafe path.withPointer { (path) -> ServedName? in
      var (start, end, index) = (0, -1, 0)
      while unsafe path[index] != 0 {
        if unsafe path[index] == CChar(UInt8(ascii: "/")) { (start, end) = (index + 1, -1) }
        if unsafe path[index] == CChar(UInt8(ascii: ".")) { end = index }
        index += 1
      }
      if end <= start { end = index }
      return unsafe ServedName(path + start, byteCount: end - start)
    }
    if let ofFile {
      self = ofFile
      return
    }
    let plain: StaticString = "model"
    for index in 0..<plain.utf8CodeUnitCount { unsafe text.append(plain.utf8Start[index]) }
  }

  /// Whether a request for a model of this name, or of none, is for this one.
  func isMeant(by name: FixedText<129>) -> Bool {
    if name.offeredByteCount == 0 { return true }
    if name.offeredByteCount != text.count { return false }
    for index in 0..<text.count where name[index] != text[index] { return false }
    return true
  }
}
