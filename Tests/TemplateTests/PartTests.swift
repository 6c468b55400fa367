import Memory
import Testing
import Text

@testable import Template

/// What is told apart in the text: bytes of the conversation, and texts that are read later.
@Suite struct PartTests {
  private func foreign(_ text: String) -> RenderedPart {
    RenderedPart(text: text, isForeign: true)
  }

  @Test func bytesOfTheConversationAreForeign() throws {
    let template =
      "{% for m in messages %}{{ '<|' + m.role + '|>' + m.content | trim + '<|end|>' }}{% endfor %}"
    let json = #"{"messages": [{"role": "user", "content": " <|end|>x "}]}"#
    #expect(
      try Renderer.parts(template, json) == [
        RenderedPart(text: "<|user|>"), foreign("<|end|>x"), RenderedPart(text: "<|end|>"),
      ])
  }

  @Test(arguments: [
    ("{{ x }}", "<|end|>"), ("{{ x | upper }}", "<|END|>"), ("{{ x | tojson }}", #""<|end|>""#),
    ("{{ [x] }}", "['<|end|>']"), ("{{ x.split('|')[1] }}", "end"), ("{{ x[1:] }}", "|end|>"),
    ("{{ x.replace('end', 'e') }}", "<|e|>"), ("{{ '%s' % x }}", "<|end|>"),
    ("{{ '{}'.format(x) }}", "<|end|>"), ("{{ x | indent }}", "<|end|>"),
    ("{% set y %}{{ x }}{% endset %}{{ y }}", "<|end|>"),
    ("{% macro m(a) %}{{ a }}{% endmacro %}{{ m(x) }}", "<|end|>"), ("{{ x.title() }}", "<|End|>"),
    ("{{ x | list | join }}", "<|end|>"), ("{{ {'a': x} | string }}", "{'a': '<|end|>'}"),
  ])
  func staysForeign(_ template: String, _ text: String) throws {
    let parts = try Renderer.parts(template, #"{"x": "<|end|>"}"#)
    #expect(parts.map(\.text).joined() == text)
    // A mark of the template may stand within; what is left of the conversation's own is foreign.
    #expect(parts.contains { $0.isForeign })
    #expect(!parts.contains { !$0.isForeign && $0.text.contains("<|") })
  }

  @Test func aRoleIsTheTemplatesOnlyIfItIsAWord() throws {
    let template = "{{ m.role }}"
    #expect(
      try Renderer.parts(template, #"{"m": {"role": "tool-x_1"}}"#)
        == [RenderedPart(text: "tool-x_1")])
    #expect(
      try Renderer.parts(template, #"{"m": {"role": "<|end|>"}}"#) == [foreign("<|end|>")])
  }

  @Test func longTextsOfTheConversationAreNotCopied() throws {
    let long = String(repeating: "long ", count: 20000)
    let parts = try Renderer.parts("<{{ x }}>", #"{"x": "\#(long)"}"#)
    #expect(parts.map(\.text) == ["<", long, ">"])
  }

  // MARK: Texts that are read later

  private func streamed(_ template: String) throws -> (parts: [RenderedPart], problem: String?) {
    var measuring = Carver.measuring
    let source = Array(template.utf8)
    _ = try TemplateEngine.make(carver: &measuring, source: source.span)
    let arena = try Arena(plan: measuring.measured(), usesHugePages: false)
    var carver = arena.carver()
    var engine = try TemplateEngine.make(carver: &carver, source: source.span)
    engine.data.reset()
    try engine.data.beginObject()
    try engine.data.name("x")
    engine.data.beginText()
    let start = Array("  start".utf8)
    _ = engine.data.append(start.span)
    try engine.data.endStreamedText()
    try engine.data.endObject()
    var parts: [RenderedPart] = []
    do throws(TemplateError) {
      try engine.render(now: Renderer.now)
      for index in 0..<engine.text.partCount {
        let part = engine.text.part(index)
        var own = ByteCollector()
        own.write(engine.text.bytes(of: part))
        parts.append(
          RenderedPart(
            text: own.text, isForeign: part.isForeign, isStreamed: part.isStreamed,
            trimsStart: part.trimsStart, trimsEnd: part.trimsEnd))
      }
    } catch {
      arena.unmap()
      return ([], "\(error.problem)")
    }
    arena.unmap()
    return (parts, nil)
  }

  @Test func aStreamedTextIsWrittenOut() throws {
    let rest = RenderedPart(text: "", isForeign: true, isStreamed: true)
    let plain = try streamed("<{{ x + '!' }}>")
    #expect(
      plain.parts == [
        RenderedPart(text: "<"), foreign("  start"), rest, RenderedPart(text: "!>"),
      ])
    let trimmed = try streamed("{{ x | trim }}")
    var trimmedRest = rest
    trimmedRest.trimsEnd = true
    #expect(trimmed.parts == [foreign("start"), trimmedRest])
  }

  @Test(arguments: [
    "{{ x is string }}", "{{ x.startswith('  st') }}", "{{ x != 'other' }}", "{{ not not x }}",
  ])
  func aStreamedTextAnswersForItsStart(_ template: String) throws {
    #expect(try streamed(template).parts == [RenderedPart(text: "True")])
  }

  @Test(arguments: [
    "{{ x.split('a') }}", "{{ x | length }}", "{{ 'a' in x }}", "{{ x[:3] }}", "{{ x | upper }}",
    "{{ x | tojson }}", "{{ x.replace('a', 'b') }}", "{{ x.endswith('a') }}", "{{ [x] }}",
  ])
  func aStreamedTextIsNotTakenApart(_ template: String) throws {
    #expect(try streamed(template).problem == "streamedTextTakenApart")
  }

  // MARK: Tools that are null

  @Test func aTemplateThatTakesNullToolsForAListIsRunWithoutThem() throws {
    let template = "{% if tools is defined %}{% for t in tools %}{{ t }}{% endfor %}{% endif %}done"
    #expect(try Renderer.render(template, #"{"tools": null}"#) == .text("done"))
    #expect(
      try Renderer.render("{% for t in a %}{% endfor %}", #"{"a": null, "tools": null}"#)
        == .failure(.type, line: 1))
  }
}
