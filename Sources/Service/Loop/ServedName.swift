import Text
import Tokenizer

/// The name under which a service offers its model.
public struct ServedName: Sendable {
  public private(set) var text = FixedText<129>()

  /// Nil if the text is empty, too long, or no UTF-8.
  @export(interface)
  public init?(_ name: Span<UInt8>) {
    if name.count == 0 || !isUTF8(name) { return nil }
    for index in 0..<name.count { text.append(name[index]) }
    if text.isCut { return nil }
  }

  /// The name of a file without its folder and its ending, or `model` if that is no name.
  @export(interface)
  public init(ofFile path: Span<UInt8>) {
    var (start, end) = (0, -1)
    for index in 0..<path.count {
      if path[index] == UInt8(ascii: "/") { (start, end) = (index + 1, -1) }
      if path[index] == UInt8(ascii: ".") { end = index }
    }
    if end <= start { end = path.count }
    if let name = ServedName(path.extracting(start..<end)) {
      self = name
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
