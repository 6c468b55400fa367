import Foundation
import TestSupport
import Testing

/// `template`: what a model's chat template makes, byte for byte.
@Suite(.enabled(if: Files.program != nil, "needs .build/release/edge-infer"))
struct TemplateCommandTests {
  private let folder: Folder
  private static let template =
    "{{ bos_token }}{% for m in messages %}<{{ m.role }}>{{ m.content }}\n{% endfor %}"
    + "{% if tools %}{{ tools | tojson }}{% endif %}{% if add_generation_prompt %}>{% endif %}"

  init() throws { folder = try Folder() }

  /// A vocabulary of all bytes, `<s>` and `</s>`, and weights of 0.
  private func model(
    _ template: String?, toolTemplate: String? = nil, tokens: [String] = []
  ) throws -> String {
    var builder = GGUFBuilder()
    let texts = Self.letters + ["<s>", "</s>"] + tokens
    builder.set("tokenizer.ggml.tokens", .strings(texts))
    builder.set(
      "tokenizer.ggml.token_type",
      .int32s(texts.indices.map { $0 < 256 ? 1 : 3 }))
    builder.set("tokenizer.ggml.scores", .float32s([Float](repeating: 0, count: texts.count)))
    builder.set("tokenizer.ggml.merges", .strings([]))
    builder.set("tokenizer.ggml.bos_token_id", .uint32(256))
    builder.set("tokenizer.ggml.eos_token_id", .uint32(257))
    builder.set("tokenizer.ggml.eot_token_id", .uint32(257))
    builder.set("llama.vocab_size", .uint32(UInt32(texts.count)))
    builder.change("token_embd.weight") { $0.extents[1] = UInt64(texts.count) }
    if builder.tensors.contains(where: { $0.name == "output.weight" }) {
      builder.change("output.weight") { $0.extents[1] = UInt64(texts.count) }
    }
    if let template {
      builder.set("tokenizer.chat_template", .string(template))
    } else {
      builder.remove("tokenizer.chat_template")
    }
    if let toolTemplate {
      builder.set("tokenizer.chat_template.tool_use", .string(toolTemplate))
    }
    // Numbers that `pack` takes.
    for index in builder.tensors.indices {
      let count = builder.tensors[index].extents.reduce(1, *)
      builder.tensors[index].type = 0
      builder.tensors[index].data = [UInt8](repeating: 0, count: 4 * Int(count))
    }
    return try folder.write("model.gguf", Data(builder.build()))
  }

  /// GPT-2's alphabet, by its definition in encoder.py.
  private static let letters: [String] = {
    let printable = Array(0x21...0x7E) + Array(0xA1...0xAC) + Array(0xAE...0xFF)
    var next = 0x100
    return (0..<256).map { byte in
      if printable.contains(byte) { return String(Character(Unicode.Scalar(byte)!)) }
      next += 1
      return String(Character(Unicode.Scalar(next - 1)!))
    }
  }()

  private func perform(
    _ model: String, _ arguments: [String], messages: String? = nil
  ) throws -> Outcome {
    var command = [Files.program!, "template", "--model", model] + arguments
    if let messages {
      command += ["--messages", try folder.write("m.json", Data(messages.utf8))]
    }
    return try run(command)
  }

  @Test func writesTheConversationOfAFile() throws {
    let model = try model(Self.template)
    let conversation = #"{"messages": [{"role": "user", "content": "é <s>"}]}"#
    #expect(try perform(model, [], messages: conversation).output == "<s><user>é <s>\n>")
    let more =
      #"{"add_generation_prompt": false, "bos_token": "B", "tools": [{"a": 1.50}], "messages": []}"#
    #expect(try perform(model, [], messages: more).output == #"B[{"a": 1.5}]"#)
  }

  @Test func writesThePromptAndTheSystemMessage() throws {
    let outcome = try perform(
      try model(Self.template), ["--system", "be brief", "--prompt", "hi"])
    #expect(outcome.output == "<s><system>be brief\n<user>hi\n>" && outcome.code == 0)
  }

  @Test func measuresItsRuns() throws {
    let model = try model(Self.template)
    let once = try perform(model, ["--prompt", "hi"])
    let often = try perform(model, ["--prompt", "hi", "--repeat", "3"])
    #expect(once.error.isEmpty && often.output == once.output)
    #expect(often.error.hasPrefix("template: 3 runs, ") && often.error.hasSuffix(" on average\n"))
  }

  @Test func takesAnotherTemplate() throws {
    let file = try folder.write("t.jinja", Data("{{ messages | length }}\r\n".utf8))
    let outcome = try perform(
      try model(Self.template), ["--chat-template", file, "--prompt", "hi"])
    #expect(outcome.output == "1")
  }

  @Test func usesTheTemplateForTools() throws {
    let model = try model("plain", toolTemplate: "tools {{ tools | length }}")
    #expect(try perform(model, ["--prompt", "hi"]).output == "plain")
    let tools = #"{"messages": [], "tools": [{}, {}]}"#
    #expect(try perform(model, [], messages: tools).output == "tools 2")
  }

  /// The text is the template's alone, whatever a service tells a model of tools.
  @Test func leavesOutToolsThatTheTemplateDoesNotKnow() throws {
    let model = try model("{% for m in messages %}{{ m.content }};{% endfor %}")
    let messages = #"{"messages": [{"role": "user", "content": "hi"}], "tools": [{}]}"#
    #expect(try perform(model, [], messages: messages).output == "hi;")
  }

  @Test func takesChatMLIfTheVocabularyHasItsMarks() throws {
    let model = try model(nil, tokens: ["<|im_start|>", "<|im_end|>"])
    #expect(
      try perform(model, ["--prompt", "hi"]).output
        == "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n")
    let packed = folder.path("model.edge")
    let outcome = try run([
      Files.program!, "pack", "--profile", Files.hostProfile, "--model", model, "-o", packed,
    ])
    #expect(outcome.code == 0, "\(outcome.error)")
    #expect(
      try perform(packed, ["--prompt", "hi"]).output
        == "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n")
    let plain = try perform(try self.model(nil), ["--prompt", "hi"])
    #expect(plain.code == 65 && plain.error.contains("--raw") && plain.errorLines.count == 1)
  }

  @Test func saysWhatIsWrongInOneLine() throws {
    let refusing = try perform(
      try model("{{ raise_exception('only in ' ~ 1) }}"), ["--prompt", "x"])
    #expect(refusing.code == 65 && refusing.error == "edge-infer: only in 1\n")
    let malformed = try perform(try model("a\n{{ 1 + }}"), ["--prompt", "x"])
    #expect(malformed.code == 65 && malformed.error.contains("line 2: expected an expression"))
    let endless = try perform(
      try model("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}"), ["--prompt", "x"])
    #expect(endless.code == 65 && endless.error.contains("nested more deeply"))
    for (json, words) in [
      ("[1]", "not an object"), (#"{"messages": ["#, "not whole"), ("{,}", "not JSON after byte"),
    ] {
      let outcome = try perform(try model(Self.template), [], messages: json)
      #expect(outcome.code == 65 && outcome.errorLines.count == 1, "\(outcome.error)")
      #expect(outcome.error.contains(words), "\(outcome.error)")
    }
    #expect(try perform(try model(Self.template), [], messages: "{}").code == 0)
  }
}
