import Inference
import Platform
import Text
import Tokenizer

/// How likely a token was that has been chosen, and the likeliest ones there were.
public struct TokenChances {
  public let token: Int32
  /// Natural logarithms of probabilities, before anything of the request has changed them.
  public let logProbability: Float
  private var tokens = InlineArray<20, Int32>(repeating: 0)
  private var logProbabilities = InlineArray<20, Float>(repeating: 0)
  public private(set) var count = 0

  /// Of a text's first token, which nothing precedes: the log-probability is no number.
  init(first token: Int32) {
    self.token = token
    logProbability = .nan
  }

  /// - Parameters:
  ///   - count: the likeliest tokens to tell, at most 20.
  /// - Complexity: O(logits), and `count` for each that is among the likeliest so far.
  @export(interface)
  public init(of token: Int32, _ logits: LogitRow, count: Int) {
    self.token = token
    let sum = Float(logits.negativeLogLikelihood(of: token)) + logits[token]
    logProbability = logits[token] - sum
    if count == 0 { return }
    for id in 0..<Int32(logits.count) {
      let value = logits[id] - sum
      if self.count < count || value > logProbabilities[count - 1] {
        insert(id, value, countMax: count)
      }
    }
  }

  private mutating func insert(_ id: Int32, _ value: Float, countMax: Int) {
    if count < countMax { count += 1 }
    var place = count - 1
    while place > 0 && logProbabilities[place - 1] < value {
      tokens[place] = tokens[place - 1]
      logProbabilities[place] = logProbabilities[place - 1]
      place -= 1
    }
    tokens[place] = id
    logProbabilities[place] = value
  }

  public subscript(index: Int) -> (token: Int32, logProbability: Float) {
    precondition(index < count)
    return (tokens[index], logProbabilities[index])
  }
}

/// The texts of single tokens, for JSON.
@safe public struct TokenNames {
  /// Bytes of a token that are told; longer ones are runs of blanks and the like.
  static let byteCountMax = 64

  private let vocabulary: UnsafeMutablePointer<Vocabulary>

  public init(_ vocabulary: UnsafeMutablePointer<Vocabulary>) {
    unsafe self.vocabulary = unsafe vocabulary
  }

  public func isToken(_ id: Int32) -> Bool { unsafe vocabulary.pointee.isToken(id) }

  /// Bytes that are no whole characters become U+FFFD.
  func writeText<Sink: ByteSink & ~Copyable>(of id: Int32, to out: inout Sink) {
    unsafe withUnsafeMutablePointer(to: &out) { out in
      var sink = unsafe NameSink(out)
      var decoder = StreamingDecoder(writesControlTokens: true, continuesText: true)
      unsafe decoder.write(id, vocabulary.pointee, to: &sink)
      decoder.finish(to: &sink)
    }
  }

  func isControl(_ id: Int32) -> Bool {
    unsafe isToken(id) && vocabulary.pointee.kind(of: id).isControl
  }

  /// Characters that a token begins in a text without control tokens.
  /// - Parameter isAtStart: whether nothing but control tokens precedes it.
  func characterCount(of id: Int32, isAtStart: Bool) -> Int {
    if !isToken(id) { return 1 }
    if isControl(id) { return 0 }
    let bytes = unsafe vocabulary.pointee.bytes(of: id)
    var count = 0
    for index in 0..<bytes.count where bytes[index] & 0xc0 != 0x80 { count += 1 }
    let isDropped =
      unsafe isAtStart && vocabulary.pointee.addsSpacePrefix && bytes[0] == UInt8(ascii: " ")
    return isDropped ? count - 1 : count
  }

  func writeBytes<Sink: ByteSink & ~Copyable>(of id: Int32, to out: inout Sink) {
    if !isToken(id) { return }
    let bytes = unsafe vocabulary.pointee.bytes(of: id)
    for index in 0..<min(bytes.count, Self.byteCountMax) {
      if index > 0 { out.write(",") }
      out.write(Int(bytes[index]))
    }
  }
}

/// Puts the first characters of a text into a JSON string.
@safe private struct NameSink<Sink: ByteSink & ~Copyable>: ByteSink {
  private let sink: UnsafeMutablePointer<Sink>
  private var byteCount = 0

  init(_ sink: UnsafeMutablePointer<Sink>) { unsafe self.sink = unsafe sink }

  mutating func write(byte: UInt8) {
    let isFollowing = byte & 0xc0 == 0x80
    if byteCount >= TokenNames.byteCountMax && !isFollowing { byteCount = .max }
    if byteCount == .max { return }
    byteCount += 1
    unsafe sink.pointee.write(jsonByte: byte)
  }
}
