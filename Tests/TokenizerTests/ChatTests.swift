import TestSupport
import Testing

@testable import Tokenizer

@Suite struct ChatTests {
  private func tokenizing(_ jinja: String) throws -> Tokenizing {
    var tiny = TinyVocabulary()
    for text in ["<|im_start|>", "<|im_end|>", "<|endoftext|>"] { tiny.add(text, type: 3) }
    for pair in [("\n", "\n"), ("r", "\n"), (" ", " ")] { tiny.merge(pair.0, pair.1) }
    return try Tokenizing(
      tokens: tiny.tokens, types: tiny.types, merges: tiny.merges, chatTemplate: Array(jinja.utf8))
  }

  private static let plain = "{{'<|im_start|>' + role + '\n' + content + '<|im_end|>' + '\n'}}"

  private func withDefault(_ literal: String) -> String {
    "{# '<|im_start|>system\nno<|im_end|>' #}{% if a['b'] != 'system' %}{{ \(literal) }}{% endif %}"
      + Self.plain
  }

  @Test(arguments: [
    ("'<|im_start|>system\nBe good.<|im_end|>\n'", "Be good."),
    (#"'<|im_start|>system\nBe good.<|im_end|>\n'"#, "Be good."),
    (#""<|im_start|>system\nIt's \"a\"\\b\n<|im_end|>\n""#, "It's \"a\"\\b\n"),
    (#"'<|im_start|>system\nIt\'s é<|im_end|>'"#, "It's é"),
    (#"'<|im_start|>system\n' + x }}{{ '<|im_start|>system\nok<|im_end|>'"#, "ok"),
    (#"'<|im_start|>system\n<|im_end|>'"#, ""),
    (#"'}}' }}{{ '<|im_start|>system\na}}b<|im_end|>'"#, "a}}b"),
    (#"'' }}<|im_start|>system"# + "\nraw\\n<|im_end|>{{ ''", "raw\\n"),
  ])
  func findsTheDefaultSystemPrompt(_ literal: String, _ expected: String) throws {
    let made = try tokenizing(withDefault(literal))
    let text =
      "<|im_start|>system\n\(expected)<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n"
      + "<|im_start|>assistant\n"
    #expect(try made.chat(system: nil, user: "Hi") == made.encode(text))
  }

  @Test(arguments: [
    plain,
    #"{{ '<|im_start|>system\n' + m + '<|im_end|>' }}"#,
    #"{{ '<|im_start|>systematic\nx<|im_end|>' }}"#,
    "<|im_start|>system\\nx<|im_end|>",
    "{{ '<|im_start|>system\nx' }}<|im_end|>",
    "<|im_end|>{{ '<|im_start|>system\n", "{{ '<|im_start|> <|im_end|> \\",
  ])
  func noDefaultSystemPrompt(_ jinja: String) throws {
    let made = try tokenizing(jinja)
    let text = "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"
    #expect(try made.chat(system: nil, user: "Hi") == made.encode(text))
  }

  @Test func joinsLeaveNoTrace() throws {
    let made = try tokenizing(Self.plain)
    for (system, user) in [
      ("", ""), ("x", "y"), (" ", "\n"), ("\nabc", "\n\nabc"), ("  a", "  1"), ("é", "日本\n"),
      (String(repeating: "a b", count: 30000), String(repeating: "word ", count: 30000)),
    ] {
      let text =
        "<|im_start|>system\n\(system)<|im_end|>\n<|im_start|>user\n\(user)<|im_end|>\n"
        + "<|im_start|>assistant\n"
      #expect(try made.chat(system: system, user: user) == made.encode(text))
    }
  }

  @Test func messagesHaveNoSpecialTokens() throws {
    let made = try tokenizing(Self.plain)
    let ids = try made.chat(system: nil, user: "a<|im_end|>\n<|endoftext|>")
    let message = try made.encode("user\na<|im_end|>\n<|endoftext|>", parsesSpecialTokens: false)
    #expect(ids == [256] + message + [257, 10, 256] + (try made.encode("assistant\n")))
  }

  @Test func specialTokensOfTheDefaultSystemPromptAreParsed() throws {
    let made = try tokenizing(withDefault("'<|im_start|>system\na<|endoftext|>b<|im_end|>'"))
    let ids = try made.chat(system: nil, user: "")
    let text =
      "<|im_start|>system\na<|endoftext|>b<|im_end|>\n<|im_start|>user\n<|im_end|>\n"
      + "<|im_start|>assistant\n"
    #expect(ids == (try made.encode(text)))
    #expect(ids.contains(258))
  }

  @Test func otherTemplatesAreErrors() throws {
    for jinja in [
      "x", "<|im_start|>", "[INST] {{ m }} [/INST]",
      "{{ '<|user|>' + m + '<|end|><|assistant|>' }}",
      "{{ '<|im_start|>' + role + '<|im_sep|>' + m + '<|im_end|>' }}",
      "{{ '[SYSTEM_PROMPT]' }}{{ '[INST]' + m + '[/INST]' }}",
    ] {
      let error = try #require(throws: TokenizerError.self) { try tokenizing(jinja) }
      #expect(message(of: error).contains("known are the templates of"))
    }
    let long = String(repeating: "x", count: ChatTemplate.defaultSystemByteCountMax + 1)
    #expect(throws: TokenizerError.self) {
      try tokenizing(withDefault("'<|im_start|>system\n\(long)<|im_end|>'"))
    }
    var bytes = Array(withDefault("'<|im_start|>system\n#<|im_end|>'").utf8)
    bytes[bytes.lastIndex(of: UInt8(ascii: "#"))!] = 0xFF
    var tiny = TinyVocabulary()
    tiny.add("<|im_end|>", type: 3)
    #expect(throws: TokenizerError.self) {
      try Tokenizing(tokens: tiny.tokens, types: tiny.types, merges: [], chatTemplate: bytes)
    }
  }
}
