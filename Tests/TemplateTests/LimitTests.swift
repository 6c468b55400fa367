import Testing

@testable import Template

/// Templates and conversations that are too large, or never end.
@Suite struct LimitTests {
  @Test(arguments: [
    // Depth.
    ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", TemplateError.Problem.nestedTooDeeply),
    ("{{ " + String(repeating: "x + ", count: 300) + "1 }}", .nestedTooDeeply),
    // Steps.
    (
      "{% for a in range(3000) %}{% for b in range(3000) %}{% set c = a %}{% endfor %}{% endfor %}",
      .tooManySteps
    ),
    (
      "{% set s = 'ab' * 40000 %}{% for a in range(9000) %}{% set c = s.find('ac') %}{% endfor %}",
      .tooManySteps
    ),
    // Memory.
    ("{{ 'x' * 10000000 }}", .heapFull),
    ("{{ range(10000000) }}", .heapFull),
    (
      "{% set ns = namespace(s='x') %}{% for i in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
      .heapFull
    ),
    (
      "{% set s = '0123456789' * 9000 %}{% for i in range(9000) %}{{ s }}{% endfor %}",
      .tooManySteps
    ),
    (
      "{% set s %}{% for i in range(9000) %}{{ '0123456789' * 9 }}{% endfor %}{% endset %}",
      .outputFull
    ),
    // Numbers.
    ("{{ 9223372036854775807 + 1 }}", .type),
    ("{{ 9 ** 99 }}", .type),
    ("{{ -9223372036854775807 - 2 }}", .type),
  ])
  func ends(_ template: String, _ problem: TemplateError.Problem) throws {
    let variables = #"{"x": 1}"#
    #expect(try Renderer.render(template, variables) == .failure(problem, line: 1))
  }

  @Test(arguments: [
    (String(repeating: "(", count: 200) + "1" + String(repeating: ")", count: 200), 1),
    (String(repeating: "[", count: 3000), 1),
    (String(repeating: "not ", count: 200) + "1", 1),
    (String(repeating: "-", count: 200) + "1", 1),
    ("\n\n" + String(repeating: "1 if 1 else ", count: 200) + "1", 3),
  ])
  func refusesDeepExpressions(_ expression: String, _ line: Int) throws {
    let rendering = try Renderer.render("{{ " + expression + " }}", "{}")
    guard case .malformedTemplate(_, let found) = rendering else {
      Issue.record("\(rendering)")
      return
    }
    #expect(found == line)
  }

  @Test func refusesDeepStatements() throws {
    let template =
      String(repeating: "{% if 1 %}", count: 200) + String(repeating: "{% endif %}", count: 200)
    #expect(
      try Renderer.render(template, "{}") == .malformedTemplate(.nestedTooDeeply, line: 1))
  }

  @Test func tellsTheLine() throws {
    #expect(
      try Renderer.render("a\nb\n{{ 1 +\n }}", "{}") == .malformedTemplate(.syntax, line: 4))
    #expect(
      try Renderer.render("a\n\n{{ nope.x }}", "{}") == .failure(.undefined, line: 3))
  }

  @Test func refusesTooLongConversations() throws {
    var sizes = TemplateSizes()
    sizes.conversationByteCount = 64
    let text = String(repeating: "x", count: 100)
    #expect(
      try Renderer.render("{{ a }}", #"{"a": "\#(text)"}"#, sizes: sizes)
        == .failure(.conversationFull, line: 0))
    sizes = TemplateSizes()
    sizes.conversationValueCount = 16
    let list = String(repeating: "1, ", count: 20) + "1"
    #expect(
      try Renderer.render("{{ a }}", #"{"a": [\#(list)]}"#, sizes: sizes)
        == .failure(.conversationFull, line: 0))
  }

  @Test func refusesTooManyVariables() throws {
    let sets = (0..<600).map { "{% set v\($0) = 1 %}" }.joined()
    #expect(try Renderer.render(sets, "{}") == .failure(.tooManyVariables, line: 1))
  }

  /// What a loop's pass has made is given back, unless a namespace holds it.
  @Test func loopsGiveBackWhatTheyMake() throws {
    let template =
      "{% for i in range(5000) %}{% set x = ('a' * 500).split('b') %}{% endfor %}done"
    #expect(try Renderer.render(template, "{}") == .text("done"))
  }

  @Test func aTypicalEngineTakesLessThanOneMebibyte() throws {
    let template = String(repeating: "{% if a == 'b' %}text {{ a }}{% endif %}\n", count: 200)
    #expect(try Renderer.byteCount(template) < 1 << 20)
  }
}
