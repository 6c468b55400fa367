import Memory
import Testing
import Text

@testable import Template

/// Texts that are longer than the memory of the output, which come in pieces.
@Suite struct PieceTests {
  /// Parts of the same kind that follow one another are one.
  private func merged(_ parts: [RenderedPart]) -> [RenderedPart] {
    var result: [RenderedPart] = []
    for part in parts {
      if let last = result.last, last.isForeign == part.isForeign {
        result[result.count - 1].text += part.text
      } else {
        result.append(part)
      }
    }
    return result
  }

  @Test(arguments: [
    // The template's own text, in one part and in many.
    "{% for i in range(9000) %}{{ '<|a' ~ i ~ '|>' }}\n{% endfor %}",
    "{% for i in range(9000) %}<|a{{ i }}|>{% endfor %}",
    "{% for i in range(200) %}{{ 'é' * 1000 }}{% endfor %}",
    "{% for i in range(9000) %}{{ x }}{% if i % 7 == 0 %}own{{ i }}{% endif %}{% endfor %}",
    "{% for i in range(9000) %}{{ x }}{{ x }}{% endfor %}",
    "{% for i in range(3000) %}{{ long }}<|end|>{% endfor %}",
    "{% for i in range(3000) %}{% set y %}<{{ x }}>{{ long }}{% endset %}{{ y }}{% endfor %}",
    "{% macro m(a) %}[{{ a }}]{{ x }}{% endmacro %}{% for i in range(9000) %}{{ m(i) }}{% endfor %}",
    "{% set ns = namespace(n=0) %}{% for i in range(9000) %}{% set ns.n = ns.n + i %}{{ ns.n }}, {% endfor %}",
    "{{ 'a' * 100000 }}{{ x }}{{ 'b' * 100000 }}{{ long }}{{ 'c' * 70000 }}",
  ])
  func thePiecesAreTheText(_ template: String) throws {
    let long = String(repeating: "löng ", count: 40)
    let json = #"{"x": "<|end|>", "long": "\#(long)"}"#
    var sizes = TemplateSizes()
    let inPieces = try Renderer.render(Array(template.utf8), Array(json.utf8), sizes: sizes)
    sizes.outputByteCount = 16 << 20
    let inOne = try Renderer.render(Array(template.utf8), Array(json.utf8), sizes: sizes)
    guard case .text(let text) = inOne.rendering else {
      Issue.record("\(inOne.rendering)")
      return
    }
    #expect(text.utf8.count > 64 << 10 && inPieces.rendering == inOne.rendering)
    let (first, second) = (merged(inPieces.parts), merged(inOne.parts))
    #expect(first.map(\.isForeign) == second.map(\.isForeign))
    #expect(first == second)
  }

  /// No piece ends within what may be a special token.
  @Test func marksLieInOnePiece() throws {
    let template =
      "{% for i in range(9000) %}{{ x }}{{ '<|' }}{{ 'mark' }}{{ '|>' }}\n{% endfor %}"
    let (_, parts) = try Renderer.render(Array(template.utf8), Array(#"{"x": "hello"}"#.utf8))
    let own = parts.filter { !$0.isForeign }
    #expect(own.count == 9000 && own.allSatisfy { $0.text == "<|mark|>\n" })
  }

  @Test func errorsAreFoundBeforeTheFirstPiece() throws {
    let template =
      "{% for i in range(9000) %}{{ 'text' * 20 }}{% endfor %}{{ raise_exception('no') }}"
    #expect(try Renderer.render(template, "{}") == .refusal("no"))
  }

  @Test func aPieceIsMadeAgain() throws {
    let source = Array("{% for i in range(9000) %}line {{ i }} of many\n{% endfor %}".utf8)
    var measuring = Carver.measuring
    _ = try TemplateEngine.make(carver: &measuring, source: source.span)
    let arena = try Arena(plan: measuring.measured(), usesHugePages: false)
    var carver = arena.carver()
    var engine = try TemplateEngine.make(carver: &carver, source: source.span)
    try engine.data.beginObject()
    try engine.data.endObject()
    try engine.render(now: Renderer.now)
    var text = engine.text
    func read() -> [UInt8] {
      var all = ByteCollector()
      repeat {
        for index in 0..<text.partCount { all.write(text.bytes(of: text.part(index))) }
      } while text.advance()
      return all.bytes
    }
    let expected = Array((0..<9000).map { "line \($0) of many\n" }.joined().utf8)
    #expect(text.byteCount == expected.count)
    #expect(read() == expected)
    text.rewind()
    #expect(read() == expected)
    arena.unmap()
  }

  @Test func theMarkOfTheEndIsFoundInAnyPiece() throws {
    let source = Array(
      "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>\n{% endfor %}".utf8)
    var measuring = Carver.measuring
    _ = try TemplateEngine.make(carver: &measuring, source: source.span)
    let arena = try Arena(plan: measuring.measured(), usesHugePages: false)
    var carver = arena.carver()
    var engine = try TemplateEngine.make(carver: &carver, source: source.span)
    var expected = ""
    try engine.data.beginObject()
    try engine.data.name("messages")
    try engine.data.beginArray()
    for index in 0..<1200 {
      try engine.data.beginObject()
      try engine.data.name("role")
      try engine.data.put("user")
      try engine.data.name("content")
      let content = Array("message \(index) of many".utf8)
      try engine.data.put(content.span)
      try engine.data.endObject()
      expected += "<|user|>message \(index) of many<|end|>\n"
    }
    expected.removeLast("<|end|>\n".count)
    try engine.data.endArray()
    let isMarked = try engine.data.markEnd()
    try engine.data.endObject()
    try engine.render(now: Renderer.now)
    var text = engine.text
    let isFound = text.endAtMark()
    #expect(isMarked && isFound)
    var all = ByteCollector()
    repeat {
      for index in 0..<text.partCount { all.write(text.bytes(of: text.part(index))) }
    } while text.advance()
    #expect(all.text == expected && text.byteCount == expected.utf8.count)
    arena.unmap()
  }
}
