import CPlatform
import Platform

/// A file of a split model in an error message: `NAME-00002-of-00003.gguf`, without its folder.
public struct PartName: Sendable {
  /// From 1.
  let number: Int
  let count: Int
  /// Of a long name the end, behind three points.
  let text: Excerpt

  func write(to out: inout TextOutput) {
    out.write("part ")
    out.write(number)
    out.write(" of ")
    out.write(count)
    out.write(", ")
    out.write(quoted: text)
  }

  /// What the name of a part ends in, as gguf-split writes it.
  /// - Parameter number: from 1.
  static func suffix(number: Int, count: Int) -> Excerpt {
    var text = Excerpt("-")
    text.append(fiveDigits: number)
    text.append("-of-")
    text.append(fiveDigits: count)
    text.append(".gguf")
    return text
  }
}

extension Excerpt {
  fileprivate mutating func append(fiveDigits value: Int) {
    var divisor = 10_000
    while divisor > 0 {
      append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
      divisor /= 10
    }
  }
}

/// The path of a model's file, which gives those of the parts beside it.
struct PartPath {
  /// Linux's PATH_MAX; the system opens no longer path.
  private typealias Bytes = InlineArray<4096, CChar>

  static var byteCountMax: Int { Bytes.count }
  /// Zero-terminated.
  private var bytes = Bytes(repeating: 0)
  private let byteCount: Int

  /// - Parameter path: of a file that was opened.
  init(_ path: UnsafePointer<CChar>) {
    let length = unsafe min(strlen(path), Self.byteCountMax - 1)
    for index in 0..<length { unsafe bytes[index] = path[index] }
    byteCount = length
  }

  /// The file that is opened must be the first of the parts, and its name give the other names.
  func checkIsFirst(_ split: SplitFacts) throws(ModelError) {
    if split.count == 1 { return }
    if split.index != 0 {
      throw ModelError(
        .notFirstPart(
          number: split.index + 1,
          first: name(index: 0, count: split.count, given: split.index)))
    }
    if !isNamed(index: 0, count: split.count) {
      throw ModelError(
        .partName(
          count: split.count, suffix: PartName.suffix(number: 1, count: split.count)))
    }
  }

  /// Whether the name ends as that of a part does.
  private func isNamed(index: Int, count: Int) -> Bool {
    let suffix = PartName.suffix(number: index + 1, count: count)
    let start = byteCount - suffix.count
    if start < 0 { return false }
    for place in 0..<suffix.count
    where UInt8(bitPattern: bytes[start + place]) != suffix[place] { return false }
    return true
  }

  /// Another part's name.
  /// - Parameter given: the part that this path is of. Where its name does not say so, `NAME` stands
  ///   for what comes before the number.
  @export(interface)
  func name(index: Int, count: Int, given: Int = 0) -> PartName {
    let suffix = PartName.suffix(number: index + 1, count: count)
    var text = Excerpt()
    if isNamed(index: given, count: count) {
      appendStem(to: &text, suffixByteCount: suffix.count)
    } else {
      text.append("NAME")
    }
    for place in 0..<suffix.count { text.append(suffix[place]) }
    return PartName(number: index + 1, count: count, text: text)
  }

  /// What stands between the folder and the suffix, or as much of its end as there is room for.
  private func appendStem(to text: inout Excerpt, suffixByteCount: Int) {
    let points: StaticString = "..."
    let end = byteCount - suffixByteCount
    var start = end
    while start > 0 && bytes[start - 1] != CChar(UInt8(ascii: "/")) { start -= 1 }
    let room = Excerpt.byteCountMax - suffixByteCount
    if end - start > room {
      text.append(points)
      start = end - room + points.utf8CodeUnitCount
    }
    for place in start..<end { text.append(UInt8(bitPattern: bytes[place])) }
  }

  /// Makes this the path of another part.
  mutating func select(index: Int, count: Int) {
    let suffix = PartName.suffix(number: index + 1, count: count)
    let start = byteCount - suffix.count
    for place in 0..<suffix.count { bytes[start + place] = CChar(bitPattern: suffix[place]) }
  }

  /// Opens the file.
  func open() throws(ModelError) -> InputFile {
    try unsafe withUnsafePointer(to: bytes) { pointer throws(ModelError) -> InputFile in
      unsafe try InputFile(
        model: UnsafeRawPointer(pointer).assumingMemoryBound(to: CChar.self))
    }
  }
}
