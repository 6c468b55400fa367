import Platform
import Template
import Tokenizer

/// The text that a chat template has made, as a text to be encoded. Special tokens are found in the
/// template's own bytes only, never in those of the conversation.
@safe public struct RenderedText<Rest: ByteSource & ~Copyable>: ~Copyable, TextSource {
  private var text: TemplateText
  private let finder: SpecialTokenFinder
  private let readCount: UnsafeMutablePointer<Int>?
  private var index = 0
  private var offset = 0
  /// The rest of the text that is read while it is written out; nil if there is none.
  private var rest: TrimmedText<PlainText<Rest>>?

  public var parsesSpecialTokens: Bool { false }

  /// - Parameters:
  ///   - rest: of the text that did not fit in the conversation's memory.
  ///   - name: what errors call that text.
  ///   - skippedByteCount: bytes at the text's start that are left out.
  ///   - readCount: where the count of bytes given is kept; nil if nobody asks for it.
  public init(
    _ text: TemplateText, _ vocabulary: borrowing Vocabulary, rest: consuming Rest?,
    name: StaticString, skippedByteCount: Int = 0, readCount: UnsafeMutablePointer<Int>? = nil
  ) {
    self.text = text
    self.text.rewind()
    finder = SpecialTokenFinder(vocabulary)
    unsafe self.readCount = unsafe readCount
    if let rest {
      self.rest = TrimmedText(
        PlainText(rest, name: name, parsesSpecialTokens: false), Self.ends(of: &self.text))
    } else {
      self.rest = nil
    }
    skip(skippedByteCount)
  }

  /// Bytes of the whole text; nil if a part of it is read while it is written out.
  public var byteCount: Int? { text.byteCount }

  private static func ends(of text: inout TemplateText) -> TrimmedEnds {
    var ends = TrimmedEnds.none
    repeat {
      for index in 0..<text.partCount {
        let part = text.part(index)
        if !part.isStreamed { continue }
        ends =
          part.trimsStart ? (part.trimsEnd ? .both : .leading) : part.trimsEnd ? .trailing : .none
      }
    } while text.advance()
    text.rewind()
    return ends
  }

  private mutating func skip(_ byteCount: Int) {
    var left = byteCount
    while left > 0 && hasPart() {
      let count = text.part(index).byteCount
      if left < count {
        offset = left
        return
      }
      left -= count
      index += 1
    }
  }

  /// Whether there is a part left; the next piece is made if this one has none.
  private mutating func hasPart() -> Bool {
    while index == text.partCount {
      if !text.advance() { return false }
      index = 0
    }
    return true
  }

  public mutating func read(
    into target: UnsafeMutableRawBufferPointer
  ) throws(TokenizerError) -> TextPortion {
    while hasPart() {
      let part = text.part(index)
      if part.isStreamed {
        if rest != nil {
          let portion = unsafe try rest!.read(into: target)
          guard case .end = portion else { return portion }
        }
        index += 1
      } else if offset == part.byteCount {
        index += 1
        offset = 0
      } else {
        return unsafe read(part, into: target)
      }
    }
    return .end
  }

  private mutating func read(
    _ part: TemplatePart, into target: UnsafeMutableRawBufferPointer
  ) -> TextPortion {
    let bytes = text.bytes(of: part)
    let start = offset
    if !part.isForeign, let found = finder.match(bytes, at: offset) {
      offset += found.byteCount
      unsafe readCount?.pointee += found.byteCount
      return .token(found.token)
    }
    var count = 0
    repeat {
      unsafe target[count] = bytes[start + count]
      count += 1
    } while count < target.count && start + count < bytes.count
      && (part.isForeign || finder.match(bytes, at: start + count) == nil)
    offset += count
    unsafe readCount?.pointee += count
    return .bytes(count)
  }
}

/// What a text comes to, to find out whether another one begins with it (FNV-1a of 64 bits).
public struct TextPrint: Equatable, Sendable {
  public private(set) var byteCount = 0
  private var hash: UInt64 = 0xcbf2_9ce4_8422_2325

  public init() {}

  public mutating func append(_ byte: UInt8) {
    hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
    byteCount += 1
  }

  /// Of the first bytes of a text; of all of it if it has no more.
  public init(_ text: inout TemplateText, byteCountMax: Int = .max) {
    text.rewind()
    repeat {
      for index in 0..<text.partCount {
        let bytes = text.bytes(of: text.part(index))
        for place in 0..<bytes.count {
          if byteCount == byteCountMax { return }
          append(bytes[place])
        }
      }
    } while text.advance()
  }
}
