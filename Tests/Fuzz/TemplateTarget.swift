import Memory
import Text

@testable import Template

/// A chat template's Jinja text and, behind a zero byte, the conversation as JSON, which has an object
/// of its own if there is none.
struct TemplateTarget: FuzzTarget {
  private static let conversation = #"""
    {"messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": " Hé? "},
    {"role": "assistant", "content": "<think>a</think>b", "reasoning_content": "r", "tool_calls":
    [{"id": "1", "function": {"name": "f", "arguments": {"x": [1, 2.5, null, true]}}}]},
    {"role": "tool", "content": "4", "tool_call_id": "1"}, {"role": "user", "content": "C"}],
    "tools": [{"type": "function", "function": {"name": "f", "description": "d", "parameters":
    {"type": "object", "properties": {"x": {"type": "array"}}, "required": ["x"]}}}],
    "add_generation_prompt": true, "bos_token": "<s>", "eos_token": "</s>", "enable_thinking": false}
    """#

  private static let language = [
    "{% macro m(a, b=1, *args) %}{{ a ~ b }}{{ caller() if caller }}{% endmacro %}{{ m('x', b=2) }}"
      + "{% call m(1) %}{{ loop }}{% endcall %}",
    "{% for a, b in {'x': [1, -2]}.items() recursive %}{{ loop.index0, a[::-1], b[1:] }}"
      + "{{ loop(b) if 0 }}{% else %}-{% endfor %}{{ '%5.2f|%s' % (1.5, 'é') }}",
    "{% set ns = namespace(a=[]) %}{% set ns.a = ns.a + [1] %}{{ ns.a | tojson(indent=2) }}"
      + "{{ messages | map(attribute='role') | unique | sort | join(', ') | upper | replace('U', '') }}",
    "{{ messages | selectattr('role', 'equalto', 'user') | list | length }}"
      + "{{ messages | groupby('role') | list | first }}{{ range(1, 9, 2) | batch(2) | list }}",
    "{%- filter trim | indent(2) %}\n a{# c #}{% raw %}{{ }}{% endraw %}{% endfilter -%}\n"
      + "{{ 'a b c'.split(' ', 1)[1].title().center(9, '*') if 1 < 2 <= 2 and not none is string }}",
  ]

  static var seeds: [[UInt8]] {
    let templates =
      [
        PublishedTemplates.smolLM2, PublishedTemplates.chatML, PublishedTemplates.qwen25,
        PublishedTemplates.qwen3, PublishedTemplates.qwQ, PublishedTemplates.llama2,
        PublishedTemplates.llama3, PublishedTemplates.llama31, PublishedTemplates.mistral1,
        PublishedTemplates.mistral2, PublishedTemplates.mistral3, PublishedTemplates.mistralNemo,
        PublishedTemplates.deepSeek, PublishedTemplates.deepSeekThinking, PublishedTemplates.zephyr,
      ] + language
    return templates.flatMap { [Array($0.utf8), Array("\($0)\0\(conversation)".utf8)] }
  }

  /// Less than an engine has by itself, so that its bounds are met.
  private var sizes = TemplateSizes()

  init() throws {
    sizes.conversationByteCount = 16 * 1024
    sizes.conversationValueCount = 1024
    sizes.heapByteCount = 64 * 1024
    sizes.outputByteCount = 32 * 1024
  }

  mutating func run(_ input: UnsafeBufferPointer<UInt8>) throws {
    if input.isEmpty { return }
    let end = input.firstIndex(of: 0) ?? input.count
    let source = unsafe Array(input[..<end])
    let json =
      end < input.count ? unsafe Array(input[(end + 1)...]) : Array(Self.conversation.utf8)
    var measuring = Carver.measuring
    _ = try TemplateEngine.make(carver: &measuring, source: source.span, sizes: sizes)
    let arena = try Arena(plan: measuring.measured(), usesHugePages: false)
    var failure: (any Error)?
    do {
      var carver = arena.carver()
      var engine = try TemplateEngine.make(carver: &carver, source: source.span, sizes: sizes)
      carver.seal()
      let count = try render(&engine, json)
      // The same again, in memory that was used.
      require(try render(&engine, json) == count, "a conversation has one text")
    } catch { failure = error }
    arena.unmap()
    if let failure { throw failure }
  }

  /// - Returns: bytes of the text, or of the error's line; -1 for a conversation that is none.
  private func render(_ engine: inout TemplateEngine, _ json: [UInt8]) throws -> Int {
    guard try fill(&engine.data, json) else { return -1 }
    var out = ByteCounter()
    do throws(TemplateError) {
      try engine.render(
        now: TemplateTime(year: 2026, month: 1, day: 2, hour: 3, minute: 4, second: 5))
    } catch {
      engine.write(error, to: &out)
      require(out.count > 0 || error.problem == .refused, "an error has a line")
      return out.count
    }
    var text = engine.text
    let byteCount = text.byteCount
    repeat {
      for index in 0..<text.partCount { out.write(text.bytes(of: text.part(index))) }
    } while text.advance()
    require(out.count == byteCount, "the pieces are the whole text")
    return out.count
  }

  private func fill(_ data: inout TemplateData, _ json: [UInt8]) throws -> Bool {
    data.reset()
    var tokenizer = JSONTokenizer()
    var offset = 0
    var isObject = false
    while true {
      let event = try tokenizer.next(json.span, at: &offset)
      if case .needsMore = event { return isObject && tokenizer.isEnded }
      if case .beginObject = event { isObject = true }
      if !isObject { return false }
      try data.take(event, json.span)
    }
  }
}

private struct ByteCounter: ByteSink {
  private(set) var count = 0
  mutating func write(byte: UInt8) { count += 1 }
}
