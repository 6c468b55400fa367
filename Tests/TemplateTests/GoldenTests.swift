import Foundation
import TestSupport
import Testing

@testable import Template

/// Chat templates of published models, rendered with Jinja2 3.1 as transformers does it.
@Suite(
  .enabled(
    if: Files.shared("golden/templates.json") != nil, "needs ../shared/golden/templates.json"))
struct GoldenTests {
  /// A case of the file: its members as they are written, because the order of an object's members is
  /// part of what templates write.
  private struct Case {
    var members: [String: Substring.UTF8View] = [:]

    func text(_ name: String) throws -> String? {
      try members[name].map { try JSONDecoder().decode(String.self, from: Data($0)) }
    }

    /// The variables, with the messages and the tools.
    var document: [UInt8] {
      var variables = Array(members["variables"]!)
      variables.removeLast()
      return variables + Array(",\"messages\":".utf8) + Array(members["messages"]!)
        + Array(",\"tools\":".utf8) + Array(members["tools"]!) + Array("}".utf8)
    }
  }

  @Test func rendersEveryCase() throws {
    let text = try String(contentsOf: Files.sharedURL("golden/templates.json"), encoding: .utf8)
    var reader = RawJSON(text[...].utf8)
    var count = 0
    var sources: [String: [UInt8]] = [:]
    for row in reader.elements() {
      var rowReader = RawJSON(row)
      let row = Case(members: rowReader.members())
      let name = try #require(try row.text("template"))
      if sources[name] == nil {
        sources[name] = Array(try Data(contentsOf: Files.sharedURL("data/templates/" + name)))
      }
      let expected: Rendering =
        try row.text("text").map { .text($0) } ?? .refusal(try #require(try row.text("error")))
      let rendering = try Renderer.render(sources[name]!, row.document).rendering
      let label = try #require(try row.text("case"))
      #expect(rendering == expected, "\(name), \(label)")
      count += 1
    }
    #expect(count == 953)
  }
}

/// Parts JSON into the texts of its values. It takes well-formed documents only.
struct RawJSON {
  private var rest: Substring.UTF8View

  init(_ text: Substring.UTF8View) { rest = text }

  mutating func elements() -> [Substring.UTF8View] {
    var result: [Substring.UTF8View] = []
    skipSpace()
    rest.removeFirst()
    skipSpace()
    while rest.first != UInt8(ascii: "]") {
      result.append(value())
      skipSeparator()
    }
    return result
  }

  mutating func members() -> [String: Substring.UTF8View] {
    var result: [String: Substring.UTF8View] = [:]
    skipSpace()
    rest.removeFirst()
    skipSpace()
    while rest.first != UInt8(ascii: "}") {
      let name = value().dropFirst().dropLast()
      skipSeparator()
      result[String(name)!] = value()
      skipSeparator()
    }
    return result
  }

  private mutating func skipSpace() {
    while let byte = rest.first, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      rest.removeFirst()
    }
  }

  private mutating func skipSeparator() {
    skipSpace()
    if rest.first == UInt8(ascii: ",") || rest.first == UInt8(ascii: ":") { rest.removeFirst() }
    skipSpace()
  }

  private mutating func value() -> Substring.UTF8View {
    let start = rest
    var depth = 0
    repeat {
      let byte = rest.removeFirst()
      switch byte {
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
      case UInt8(ascii: "\""): skipString()
      default: break
      }
    } while depth > 0 || !isAtEnd
    return start[start.startIndex..<rest.startIndex]
  }

  /// Whether a number or word ends here.
  private var isAtEnd: Bool {
    switch rest.first {
    case nil, UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "}"), UInt8(ascii: "]"),
      0x20, 0x0A, 0x0D, 0x09:
      true
    default: false
    }
  }

  private mutating func skipString() {
    while true {
      let byte = rest.removeFirst()
      if byte == UInt8(ascii: "\"") { return }
      if byte == UInt8(ascii: "\\") { rest.removeFirst() }
    }
  }
}
