import Foundation
import Testing
import Text

/// Reads a value of any kind.
private func readValue(_ scanner: inout JSONScanner) throws(JSONError) {
  var text = FixedText<64>()
  switch try scanner.nextKind() {
  case .object:
    try scanner.beginObject()
    while try scanner.nextMember(name: &text) { try readValue(&scanner) }
  case .array:
    try scanner.beginArray()
    while try scanner.nextElement() { try readValue(&scanner) }
  case .string: try scanner.readString(into: &text)
  case .number: _ = try scanner.readInteger()
  case .boolean: _ = try scanner.readBoolean()
  case .null: try scanner.readNull()
  }
}

/// What the reader of whole texts finds wrong.
private func scan(_ bytes: [UInt8]) -> JSONError? {
  do throws(JSONError) {
    var scanner = try JSONScanner(bytes.span)
    try readValue(&scanner)
    try scanner.finish()
    return nil
  } catch {
    return error
  }
}

private struct Pieces {
  var isEnded: Bool
  /// Of all names and strings, decoded.
  var text: [UInt8]
  var fault: JSONFault?
}

/// What the reader of pieces makes of `bytes`, given `size` at a time.
private func tokenize(_ bytes: [UInt8], size: Int) -> Pieces {
  var tokenizer = JSONTokenizer()
  var text: [UInt8] = []
  var start = 0
  do throws(JSONFault) {
    while start < bytes.count {
      let piece = Array(bytes[start..<min(start + size, bytes.count)])
      var offset = 0
      while offset < piece.count {
        switch try tokenizer.next(piece.span, at: &offset) {
        case .text(let range): text += piece[range]
        case .character(let character):
          text += (0..<character.count).map { character.storage[$0] }
        default: break
        }
      }
      start += piece.count
    }
  } catch {
    return Pieces(isEnded: false, text: text, fault: error)
  }
  return Pieces(isEnded: tokenizer.isEnded, text: text, fault: nil)
}

struct JSONTests {
  private static let document =
    #"{"a\n\u00e9\ud83d\ude00é😀": [true, false, null, -12.5e+3, 0, {}], "b": {"c": [[1]]}}"#

  /// A document that ends too early is never whole, read in either way, and never another fault than
  /// that it ends: but inside a character or an escape.
  @Test func endsAtEveryByte() {
    let bytes = Array(Self.document.utf8)
    #expect(scan(bytes) == nil && tokenize(bytes, size: bytes.count).isEnded)
    for count in 0..<bytes.count {
      let beginning = Array(bytes.prefix(count))
      let problem = scan(beginning)?.problem
      let isExpected: [JSONProblem] = [
        .unexpectedEnd, .invalidUTF8,
      ]
      #expect(problem != nil && isExpected.contains(problem!), "\(count)")
      let pieces = tokenize(beginning, size: 3)
      #expect(!pieces.isEnded && pieces.fault == nil, "\(count)")
    }
  }

  @Test(arguments: 1...7) func piecesOfAnySize(_ size: Int) {
    let bytes = Array(Self.document.utf8)
    let pieces = tokenize(bytes, size: size)
    #expect(pieces.isEnded && pieces.fault == nil)
    #expect(String(decoding: pieces.text, as: UTF8.self) == "a\né😀é😀bc")
  }

  /// Both ways to read follow the same escapes.
  @Test func escapes() {
    let cases: [(String, JSONProblem, JSONFault)] = [
      (#""\x""#, .badEscape, .badEscape), (#""\u12g4""#, .badEscape, .badEscape),
      (#""\udc00""#, .loneSurrogate, .loneSurrogate),
      (#""\ud800\ud800""#, .loneSurrogate, .loneSurrogate),
      (#""\ud800\n""#, .loneSurrogate, .loneSurrogate),
      (#""\ud800x""#, .loneSurrogate, .loneSurrogate),
      ("\"a\nb\"", .controlCharacter, .controlCharacter),
    ]
    for (text, problem, fault) in cases {
      let bytes = Array(text.utf8)
      #expect(scan(bytes)?.problem == problem, "\(text)")
      for size in 1...3 { #expect(tokenize(bytes, size: size).fault == fault, "\(text)") }
    }
  }

  @Test func nesting() {
    func lists(_ depth: Int) -> [UInt8] {
      Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
    }
    #expect(scan(lists(JSONTokenizer.depthMax)) == nil)
    #expect(scan(lists(JSONTokenizer.depthMax + 1))?.problem == .tooDeep)
    #expect(tokenize(lists(JSONTokenizer.depthMax), size: 5).isEnded)
    #expect(tokenize(lists(JSONTokenizer.depthMax + 1), size: 5).fault == .tooDeep)
  }

  @Test func numbers() {
    func number(_ text: String) -> JSONNumber? {
      var number = JSONNumber()
      for byte in text.utf8 where !number.take(byte) { return nil }
      return number.isComplete ? number : nil
    }
    for text in ["0", "-0", "12", "0.5", "-1.25e3", "1E-2", "9007199254740993", "1e400"] {
      #expect(number(text)?.double == Double(text), "\(text)")
    }
    for text in ["", "-", "01", "1.", ".5", "1e", "1e+", "+1", "0x1", "1.2.3"] {
      #expect(number(text) == nil, "\(text)")
    }
    #expect(number("\(Int.min)")?.integer == Int.min && number("\(Int.max)")?.integer == Int.max)
    #expect(number("9223372036854775808")?.integer == nil && number("1.0")?.integer == nil)
  }

  /// What is written is what another reader reads.
  @Test func strings() throws {
    let text = (0..<0x80).map { String(Character(Unicode.Scalar(UInt8($0)))) }.joined() + "é😀"
    let json = written { $0.write(jsonString: Array(text.utf8).span) }
    let data = Data("[\(json)]".utf8)
    #expect(try JSONSerialization.jsonObject(with: data) as? [String] == [text])
    #expect(tokenize(Array(json.utf8), size: 4).text == Array(text.utf8))
  }
}
