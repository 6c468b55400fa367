import Platform

/// The ends of a text at which white space is left out.
public enum TrimmedEnds: Sendable {
  case none
  case leading
  case trailing
  case both
}

/// A text without the white space at its ends (Python's `str.strip`), while it is read. White space
/// is held back until it is known whether anything follows it. More than `spaceCountMax` bytes of it at
/// the end are an error.
public struct TrimmedText<Source: TextSource & ~Copyable>: ~Copyable, TextSource {
  /// White space that is held back.
  private static var spaceCountMax: Int { 1020 }
  private var source: Source
  private let ends: TrimmedEnds
  private var isLeading: Bool
  private var input = InlineArray<512, UInt8>(repeating: 0)
  private var inputIndex = 0
  private var inputCount = 0
  /// White space, and behind it the beginning of what may be more.
  private var held = InlineArray<1024, UInt8>(repeating: 0)
  private var heldCount = 0
  /// Bytes at the end of `held` that begin a scalar.
  private var partialCount = 0
  /// Bytes of `held` that are to be given, and have been.
  private var releasedCount = 0
  private var givenCount = 0
  /// White space has been given that nothing has followed as yet.
  private var hasGivenSpace = false

  public var parsesSpecialTokens: Bool { source.parsesSpecialTokens }

  public init(_ source: consuming Source, _ ends: TrimmedEnds) {
    self.source = source
    self.ends = ends
    isLeading = ends == .both || ends == .leading
  }

  public mutating func read(
    into target: UnsafeMutableRawBufferPointer
  ) throws(TokenizerError) -> TextPortion {
    if ends == .none { return try unsafe source.read(into: target) }
    var count = 0
    while count < target.count {
      if givenCount < releasedCount {
        unsafe target[count] = held[givenCount]
        count += 1
        giveOne()
      } else if inputIndex < inputCount {
        inputIndex += 1
        accept(input[inputIndex - 1])
      } else {
        if count > 0 { break }
        let portion = try refill()
        guard case .bytes = portion else { return portion }
      }
    }
    return .bytes(count)
  }

  private mutating func giveOne() {
    givenCount += 1
    if givenCount == releasedCount { (heldCount, releasedCount, givenCount) = (0, 0, 0) }
  }

  private mutating func refill() throws(TokenizerError) -> TextPortion {
    (inputIndex, inputCount) = (0, 0)
    let portion = unsafe try withUnsafeMutableBytes(of: &input) {
      (bytes) throws(TokenizerError) in try unsafe source.read(into: bytes)
    }
    if case .bytes(let count) = portion { inputCount = count }
    if case .end = portion, hasGivenSpace {
      throw .overLimit(
        field: "bytes of white space at the end of the text",
        count: Self.spaceCountMax + 1 + heldCount,
        limit: Self.spaceCountMax)
    }
    return portion
  }

  private mutating func accept(_ byte: UInt8) {
    held[heldCount] = byte
    heldCount += 1
    let start = heldCount - partialCount - 1
    switch Self.step(
      held[start], partialCount > 0 ? held[start + 1] : 0, byte, count: partialCount + 1)
    {
    case .incomplete: partialCount += 1
    case .space:
      partialCount = 0
      if isLeading {
        heldCount = 0
      } else if ends == .leading {
        releasedCount = heldCount
      }
    case .other:
      partialCount = 0
      isLeading = false
      hasGivenSpace = false
      releasedCount = heldCount
    }
    // Room for what may become one more scalar.
    if heldCount > Self.spaceCountMax && partialCount == 0 && releasedCount == 0 {
      releasedCount = heldCount
      hasGivenSpace = true
    }
  }

  private enum Step { case incomplete, space, other }

  /// What the first `count` bytes of a scalar say. `last` is the latest of them.
  private static func step(_ first: UInt8, _ second: UInt8, _ last: UInt8, count: Int) -> Step {
    switch count {
    case 1:
      switch first {
      case 9...13, 0x1C...0x20: return .space
      case 0xC2, 0xE1, 0xE2, 0xE3: return .incomplete
      default: return .other
      }
    case 2:
      switch (first, last) {
      case (0xC2, 0x85), (0xC2, 0xA0): return .space
      case (0xE1, 0x9A), (0xE2, 0x80), (0xE2, 0x81), (0xE3, 0x80): return .incomplete
      default: return .other
      }
    default:
      switch (first, second, last) {
      case (0xE1, 0x9A, 0x80), (0xE2, 0x80, 0x80...0x8A), (0xE2, 0x80, 0xA8...0xA9),
        (0xE2, 0x80, 0xAF), (0xE2, 0x81, 0x9F), (0xE3, 0x80, 0x80):
        return .space
      default: return .other
      }
    }
  }
}
