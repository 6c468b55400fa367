import Generation
import Platform
import Template
import Tokenizer

/// A prompt as the user's message of a conversation, and what of it did not fit in the conversation's
/// memory: that is read while the template's text is.
struct PromptRest: ~Copyable, ByteSource {
  private var source: PromptBytes
  /// Bytes that have been read and not been put: those of `heldRange`.
  private var held = InlineArray<4096, UInt8>(repeating: 0)
  private var heldRange = 0..<0
  /// Bytes that have been put.
  private var putCount = 0

  init(_ source: consuming PromptBytes) { self.source = source }

  /// Puts the message's content, as much as there is room for.
  /// - Returns: whether there is a rest.
  mutating func fill(_ data: inout TemplateData) throws(PromptFault) -> Bool {
    while true {
      let kept = heldRange.count
      let count: Int
      do throws(SystemFailure) {
        count = unsafe try withUnsafeMutableBytes(of: &held) { (bytes) throws(SystemFailure) in
          unsafe try source.read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[kept...]))
        }
      } catch {
        throw .unreadable(error)
      }
      if count == 0 {
        if kept > 0 { throw .notUTF8(byteOffset: putCount) }
        return false
      }
      let total = kept + count
      // Characters are put whole.
      let whole = UTF8Sequence.validPrefixByteCount(held.span.extracting(0..<total))
      if !isBeginning(whole..<total) { throw .notUTF8(byteOffset: putCount + whole) }
      var end = min(whole, data.freeByteCount)
      while end > 0 && end < whole && held[end] & 0xC0 == 0x80 { end -= 1 }
      _ = data.append(held.span.extracting(0..<end))
      putCount += end
      if end < whole {
        heldRange = end..<total
        return true
      }
      for index in whole..<total { held[index - whole] = held[index] }
      heldRange = 0..<total - whole
    }
  }

  /// Whether the bytes may begin a character.
  private func isBeginning(_ range: Range<Int>) -> Bool {
    var sequence = UTF8Sequence()
    for index in range where sequence.accept(held[index]) != .incomplete { return false }
    return true
  }

  mutating func read(
    into target: UnsafeMutableRawBufferPointer
  ) throws(SystemFailure) -> Int {
    if heldRange.isEmpty { return unsafe try source.read(into: target) }
    let count = min(target.count, heldRange.count)
    for index in 0..<count { unsafe target[index] = held[heldRange.lowerBound + index] }
    heldRange = heldRange.lowerBound + count..<heldRange.upperBound
    return count
  }
}

/// Why a prompt cannot be put into a conversation.
enum PromptFault: Error {
  case unreadable(SystemFailure)
  case notUTF8(byteOffset: Int)

  var reason: FailureReason {
    switch self {
    case .unreadable(let failure): .system(failure)
    case .notUTF8(let byteOffset):
      .tokenizer(.invalidUTF8(byteOffset: byteOffset, in: "prompt"))
    }
  }
}
