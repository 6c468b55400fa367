import Memory

@testable import Tokenizer

/// A chat template's Jinja text, and turns that it writes.
struct TemplateTarget: FuzzTarget {
  static var seeds: [[UInt8]] {
    [
      PublishedTemplates.smolLM2, PublishedTemplates.chatML, PublishedTemplates.qwen25,
      PublishedTemplates.qwen3, PublishedTemplates.qwQ, PublishedTemplates.llama2,
      PublishedTemplates.llama3, PublishedTemplates.llama31, PublishedTemplates.mistral1,
      PublishedTemplates.mistral2, PublishedTemplates.mistral3, PublishedTemplates.mistralNemo,
      PublishedTemplates.deepSeek, PublishedTemplates.deepSeekThinking, PublishedTemplates.zephyr,
    ].map { Array($0.utf8) }
  }

  private let made: Tokenizing

  init() throws {
    var vocabulary = TinyVocabulary()
    for text in ["<s>", "</s>", "<|im_start|>", "<|im_end|>", "<|eot_id|>", "[INST]"] {
      vocabulary.add(text, type: 3)
    }
    made = try vocabulary.tokenizing()
  }

  mutating func run(_ input: UnsafeBufferPointer<UInt8>) throws {
    if input.isEmpty { return }
    let jinja = unsafe Span(_unsafeElements: input)
    var measuring = Carver.measuring
    _ = try ChatTemplate(carver: &measuring, jinja: jinja)
    let arena = try Arena(plan: measuring.measured())
    var failure: (any Error)?
    do {
      var carver = arena.carver()
      let template = try ChatTemplate(carver: &carver, jinja: jinja)
      carver.seal()
      for turn in [ChatTurn.first, .afterAnswer, .afterMessage] {
        try writeTurn(turn, hasSystem: false, template)
        try writeTurn(turn, hasSystem: true, template)
      }
    } catch { failure = error }
    arena.unmap()
    if let failure { throw failure }
  }

  private func writeTurn(_ turn: ChatTurn, hasSystem: Bool, _ template: ChatTemplate) throws {
    let system: StaticString = "be <|im_end|> kind"
    let user: StaticString = "a <s> b"
    var prompt = ChatPrompt(
      template, turn,
      system: hasSystem
        ? MemoryInput(system.utf8Start, count: system.utf8CodeUnitCount) : nil,
      user: MemoryInput(user.utf8Start, count: user.utf8CodeUnitCount),
      ChatMarks(bos: 256, eos: 257), made.vocabulary)
    let ids = try made.encode(&prompt)
    require(!ids.isEmpty, "a turn has tokens")
    _ = try made.decode(ids, writesControlTokens: true)
  }
}
