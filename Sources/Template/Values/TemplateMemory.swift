import Memory
import Text

/// The memory of an engine, in one block: the template's text and nodes, the conversation, the value
/// heap, the variables, the text that is made. Values name places in it by offsets, which are checked.
@safe struct TemplateMemory {
  private let base: UnsafeMutableRawPointer
  let byteCount: Int

  init(_ base: UnsafeMutableRawPointer, byteCount: Int) {
    unsafe self.base = unsafe base
    self.byteCount = byteCount
  }

  @inline(__always)
  func byte(_ offset: Int) -> UInt8 {
    precondition(offset >= 0 && offset < byteCount)
    return unsafe base.load(fromByteOffset: offset, as: UInt8.self)
  }

  @inline(__always)
  func setByte(_ offset: Int, _ value: UInt8) {
    precondition(offset >= 0 && offset < byteCount)
    unsafe base.storeBytes(of: value, toByteOffset: offset, as: UInt8.self)
  }

  func copy(from source: Int, to target: Int, count: Int) {
    if count == 0 { return }
    precondition(
      source >= 0 && target >= 0 && count > 0 && source + count <= byteCount
        && target + count <= byteCount)
    unsafe (base + target).copyMemory(from: base + source, byteCount: count)
  }

  func copy(_ bytes: Span<UInt8>, to target: Int) {
    if bytes.count == 0 { return }
    precondition(target >= 0 && target + bytes.count <= byteCount)
    unsafe bytes.withUnsafeBytes {
      unsafe (base + target).copyMemory(from: $0.baseAddress!, byteCount: $0.count)
    }
  }

  /// The memory is that of the arena, which stays.
  @_lifetime(immortal)
  func bytes(_ range: Range<Int>) -> Span<UInt8> {
    unsafe _overrideLifetime(
      Span(_unsafeStart: start(range), count: range.count), copying: ())
  }

  func source(_ range: Range<Int>) -> SourceText {
    unsafe SourceText(start(range), count: range.count)
  }

  private func start(_ range: Range<Int>) -> UnsafePointer<UInt8> {
    precondition(range.lowerBound >= 0 && range.upperBound <= byteCount)
    return unsafe UnsafePointer((base + range.lowerBound).assumingMemoryBound(to: UInt8.self))
  }

  /// The bits of what lies at a multiple of the type's alignment.
  @inline(__always)
  func load<Element: BitwiseCopyable>(_ offset: Int, as type: Element.Type) -> Element {
    precondition(offset >= 0 && offset + MemoryLayout<Element>.size <= byteCount)
    return unsafe base.load(fromByteOffset: offset, as: type)
  }

  @inline(__always)
  func store<Element: BitwiseCopyable>(_ value: Element, at offset: Int) {
    precondition(offset >= 0 && offset + MemoryLayout<Element>.size <= byteCount)
    unsafe base.storeBytes(of: value, toByteOffset: offset, as: Element.self)
  }

  func isEqual(_ first: Int, _ second: Int, count: Int) -> Bool {
    var index = 0
    while index < count {
      if byte(first + index) != byte(second + index) { return false }
      index += 1
    }
    return true
  }
}
