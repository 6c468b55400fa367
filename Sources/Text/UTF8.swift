/// Whether a text is UTF-8 throughout.
/// - Complexity: O(bytes)
public func isUTF8(_ text: Span<UInt8>) -> Bool {
  UTF8Sequence.validPrefixByteCount(text) == text.count
}

/// The byte count of the UTF-8 sequence at `offset`, or 0 where there is none.
@export(interface)
public func utf8SequenceByteCount(_ bytes: Span<UInt8>, at offset: Int) -> Int {
  var sequence = UTF8Sequence()
  var index = offset
  while index < bytes.count {
    let step = sequence.accept(bytes[index])
    index += 1
    switch step {
    case .complete: return index - offset
    case .incomplete: break
    case .invalid: return 0
    }
  }
  return 0
}

/// Follows UTF-8 byte by byte; accepts exactly the well-formed sequences (The Unicode Standard,
/// table 3-7): no overlong forms, no surrogates, nothing above U+10FFFF.
public struct UTF8Sequence: Sendable {
  public enum Step: Sendable {
    /// The byte ends a sequence.
    case complete
    /// The byte begins or continues a sequence.
    case incomplete
    /// The byte cannot stand here. The state is that before any sequence.
    case invalid
  }

  /// Bytes that the sequence still needs; 0 between sequences.
  private var missingCount: UInt8 = 0
  private var low: UInt8 = 0x80
  private var high: UInt8 = 0xBF

  public init() {}

  public var isBetweenSequences: Bool { missingCount == 0 }

  @export(interface)
  public mutating func accept(_ byte: UInt8) -> Step {
    if missingCount == 0 { return begin(byte) }
    let isExpected = low <= byte && byte <= high
    missingCount = isExpected ? missingCount - 1 : 0
    (low, high) = (0x80, 0xBF)
    if !isExpected { return .invalid }
    return missingCount == 0 ? .complete : .incomplete
  }

  private mutating func begin(_ byte: UInt8) -> Step {
    switch byte {
    case 0..<0x80: return .complete
    case 0xC2..<0xE0: missingCount = 1
    case 0xE0..<0xF0: missingCount = 2
    case 0xF0..<0xF5: missingCount = 3
    default: return .invalid
    }
    switch byte {
    case 0xE0: low = 0xA0
    case 0xED: high = 0x9F
    case 0xF0: low = 0x90
    case 0xF4: high = 0x8F
    default: break
    }
    return .incomplete
  }

  /// The count of leading bytes of `text` that are well-formed; all of them if `text` is UTF-8.
  @export(interface)
  public static func validPrefixByteCount(_ text: Span<UInt8>) -> Int {
    var sequence = UTF8Sequence()
    var valid = 0
    for index in 0..<text.count {
      switch sequence.accept(text[index]) {
      case .complete: valid = index + 1
      case .incomplete: break
      case .invalid: return valid
      }
    }
    return valid
  }
}
