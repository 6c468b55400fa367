import Platform

/// Bytes that come in order: a file, a pipe, or memory.
public protocol ByteSource: ~Copyable {
  /// Reads at least one byte and at most as many as `target` holds; 0 at the end.
  mutating func read(into target: UnsafeMutableRawBufferPointer) throws(SystemFailure) -> Int
}

extension InputStream: ByteSource {}

/// The bytes of a command line argument or another text that stays in memory.
@safe public struct MemoryInput: ~Copyable, ByteSource {
  private let base: UnsafePointer<UInt8>
  private let count: Int
  private var index = 0

  /// The memory must stay as it is for the life of this value.
  public init(_ base: UnsafePointer<UInt8>, count: Int) {
    unsafe self.base = unsafe base
    self.count = count
  }

  /// No bytes.
  static var empty: MemoryInput { unsafe MemoryInput(("" as StaticString).utf8Start, count: 0) }

  /// A zero-terminated string.
  @export(interface)
  public init(cString: UnsafePointer<CChar>) {
    var count = 0
    while unsafe cString[count] != 0 { count += 1 }
    unsafe base = unsafe UnsafeRawPointer(cString).assumingMemoryBound(to: UInt8.self)
    self.count = count
  }

  @export(interface)
  public mutating func read(into target: UnsafeMutableRawBufferPointer) -> Int {
    let taken = min(target.count, count - index)
    if taken == 0 { return 0 }
    unsafe target.baseAddress!.copyMemory(from: base + index, byteCount: taken)
    index += taken
    return taken
  }
}

/// What a text source gives next.
public enum TextPortion: Sendable {
  /// So many bytes of text, at least one.
  case bytes(Int)
  /// A special token, which parts the text before it from the text after it.
  case token(Int32)
  case end
  /// Nothing yet: the text goes on, and more of it is to be asked for later.
  case pending
}

/// A text to be encoded: UTF-8, and special tokens between.
public protocol TextSource: ~Copyable {
  /// Whether the literal text of a control token, in the bytes that are read, means the token.
  /// User-defined tokens are found in every text.
  var parsesSpecialTokens: Bool { get }

  /// Gives the next portion; bytes are put into `target`, which holds at least 4. All bytes between
  /// two special tokens are UTF-8 together: the source checks them, and throws where they are not.
  mutating func read(into target: UnsafeMutableRawBufferPointer) throws(TokenizerError)
    -> TextPortion
}

/// Text from one source of bytes, checked to be UTF-8.
public struct PlainText<Source: ByteSource & ~Copyable>: ~Copyable, TextSource {
  private var source: Source
  private let name: StaticString
  public let parsesSpecialTokens: Bool
  private var sequence = UTF8Sequence()
  private var sequenceStart = 0
  private var byteCount = 0

  /// - Parameter name: what errors call the text.
  public init(_ source: consuming Source, name: StaticString, parsesSpecialTokens: Bool) {
    self.source = source
    self.name = name
    self.parsesSpecialTokens = parsesSpecialTokens
  }

  public mutating func read(
    into target: UnsafeMutableRawBufferPointer
  ) throws(TokenizerError) -> TextPortion {
    let count: Int
    do throws(SystemFailure) {
      count = try unsafe source.read(into: target)
    } catch {
      throw .unreadable(error)
    }
    if count == 0 {
      if sequence.isBetweenSequences { return .end }
      throw .invalidUTF8(byteOffset: sequenceStart, in: name)
    }
    try unsafe check(UnsafeRawPointer(target.baseAddress!), count)
    return .bytes(count)
  }

  private mutating func check(_ text: UnsafeRawPointer, _ count: Int) throws(TokenizerError) {
    var index = 0
    while index < count {
      if sequence.isBetweenSequences {
        index = unsafe Self.asciiEnd(text, from: index, count)
        if index == count { break }
        sequenceStart = byteCount + index
      }
      let byte = unsafe text.load(fromByteOffset: index, as: UInt8.self)
      if sequence.accept(byte) == .invalid {
        throw .invalidUTF8(byteOffset: sequenceStart, in: name)
      }
      index += 1
    }
    byteCount += count
  }

  /// The first place not before `start` of a byte outside ASCII, or `count`.
  private static func asciiEnd(_ text: UnsafeRawPointer, from start: Int, _ count: Int) -> Int {
    var index = start
    while index + 8 <= count {
      let word = unsafe text.loadUnaligned(fromByteOffset: index, as: UInt64.self)
      if word & 0x8080_8080_8080_8080 != 0 { break }
      index += 8
    }
    while index < count, unsafe text.load(fromByteOffset: index, as: UInt8.self) < 0x80 {
      index += 1
    }
    return index
  }
}
