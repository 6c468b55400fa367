import TestSupport
import Testing

@testable import Tokenizer

/// A conversation in which `template` writes `text`: a message of the user, the answer "Hi.", and
/// another message.
struct Conversation: Sendable {
  let name: String
  let jinja: String
  /// Up to where the first answer begins, without and with the system message "Be brief.".
  let first: String
  let firstWithSystem: String
  /// From the end of the answer to where the next one begins.
  let next: String

  static let user = " Hello\n"
  static let secondUser = "\tAnd? "

  init(
    _ name: String, _ jinja: String, _ first: String, _ firstWithSystem: String, _ next: String
  ) {
    (self.name, self.jinja, self.first) = (name, jinja, first)
    (self.firstWithSystem, self.next) = (firstWithSystem, next)
  }

  private static let head3 = "<|start_header_id|>"
  private static let end3 = "<|end_header_id|>\n\n"
  private static let next3 =
    "<|eot_id|>\(head3)user\(end3)And?<|eot_id|>\(head3)assistant\(end3)"
  private static let chatMLTurn = "<|im_start|>user\n Hello\n<|im_end|>\n<|im_start|>assistant\n"
  private static let chatMLSystem = "<|im_start|>system\nBe brief.<|im_end|>\n"
  private static let chatMLNext =
    "<|im_end|>\n<|im_start|>user\n\tAnd? <|im_end|>\n<|im_start|>assistant\n"

  /// By hand, from the templates; checked against jinja2 with `trim_blocks` and `lstrip_blocks`.
  static let all: [Conversation] = [
    Conversation(
      "SmolLM2", PublishedTemplates.smolLM2,
      "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face"
        + "<|im_end|>\n" + chatMLTurn, chatMLSystem + chatMLTurn, chatMLNext),
    Conversation(
      "ChatML", PublishedTemplates.chatML, "<s>" + chatMLTurn,
      "<s>" + chatMLSystem + chatMLTurn, chatMLNext),
    Conversation(
      "Qwen2.5", PublishedTemplates.qwen25,
      "<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. You are a helpful assistant."
        + "<|im_end|>\n" + chatMLTurn, chatMLSystem + chatMLTurn, chatMLNext),
    Conversation(
      "Qwen3", PublishedTemplates.qwen3, chatMLTurn, chatMLSystem + chatMLTurn, chatMLNext),
    Conversation(
      "QwQ", PublishedTemplates.qwQ, chatMLTurn + "<think>\n",
      chatMLSystem + chatMLTurn + "<think>\n", chatMLNext + "<think>\n"),
    Conversation(
      "Llama 2", PublishedTemplates.llama2, "<s>[INST] Hello [/INST]",
      "<s>[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\n Hello [/INST]", " </s><s>[INST] And? [/INST]"),
    Conversation(
      "Llama 3", PublishedTemplates.llama3,
      "<s>\(head3)user\(end3)Hello<|eot_id|>\(head3)assistant\(end3)",
      "<s>\(head3)system\(end3)Be brief.<|eot_id|>\(head3)user\(end3)Hello<|eot_id|>"
        + "\(head3)assistant\(end3)", next3),
    Conversation(
      "Llama 3.1", PublishedTemplates.llama31,
      "<s>\(head3)system\(end3)Cutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n"
        + "<|eot_id|>\(head3)user\(end3)Hello<|eot_id|>\(head3)assistant\(end3)",
      "<s>\(head3)system\(end3)Cutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n"
        + "Be brief.<|eot_id|>\(head3)user\(end3)Hello<|eot_id|>\(head3)assistant\(end3)", next3),
    Conversation(
      "Mistral v0.1", PublishedTemplates.mistral1, "<s>[INST]  Hello\n [/INST]",
      "<s>[INST] Be brief.\n\n Hello\n [/INST]", "</s> [INST] \tAnd?  [/INST]"),
    Conversation(
      "Mistral v0.2", PublishedTemplates.mistral2, "<s> [INST]  Hello\n [/INST]",
      "<s> [INST] Be brief.\n\n Hello\n [/INST]", "</s> [INST] \tAnd?  [/INST]"),
    Conversation(
      "Mistral v0.3", PublishedTemplates.mistral3, "<s>[INST]  Hello\n[/INST]",
      "<s>[INST] Be brief.\n\n Hello\n[/INST]", "</s>[INST] \tAnd? [/INST]"),
    Conversation(
      "Mistral Nemo", PublishedTemplates.mistralNemo, "<s>[INST] Hello\n[/INST]",
      "<s>[INST]Be brief.\n\n Hello\n[/INST]", "</s>[INST]\tAnd? [/INST]"),
    Conversation(
      "DeepSeek R1", PublishedTemplates.deepSeek, "<s><｜User｜> Hello\n<｜Assistant｜>",
      "<s>Be brief.<｜User｜> Hello\n<｜Assistant｜>", "</s><｜User｜>\tAnd? <｜Assistant｜>"),
    Conversation(
      "DeepSeek R1, thinking", PublishedTemplates.deepSeekThinking,
      "<s><｜User｜> Hello\n<｜Assistant｜><think>\n",
      "<s>Be brief.<｜User｜> Hello\n<｜Assistant｜><think>\n",
      "</s><｜User｜>\tAnd? <｜Assistant｜><think>\n"),
    Conversation(
      "Zephyr", PublishedTemplates.zephyr, "<|user|>\n Hello\n</s>\n<|assistant|>\n",
      "<|system|>\nBe brief.</s>\n<|user|>\n Hello\n</s>\n<|assistant|>\n",
      "</s>\n<|user|>\n\tAnd? </s>\n<|assistant|>\n"),
  ]
}

extension Conversation: CustomTestStringConvertible {
  var testDescription: String { name }
}

/// What Hugging Face's `apply_chat_template` gives, for each kind of template.
@Suite struct ChatFormatTests {
  private static let specials = [
    "<s>", "</s>", "<|im_start|>", "<|im_end|>", "<|start_header_id|>", "<|end_header_id|>",
    "<|eot_id|>", "<｜User｜>", "<｜Assistant｜>", "[INST]", "[/INST]", "<think>",
  ]

  private func tokenizing(_ conversation: Conversation) throws -> Tokenizing {
    var tiny = TinyVocabulary()
    for text in Self.specials { tiny.add(text, type: 3) }
    for pair in [("\n", "\n"), (" ", " ")] { tiny.merge(pair.0, pair.1) }
    return try Tokenizing(
      tokens: tiny.tokens, types: tiny.types, merges: tiny.merges,
      chatTemplate: Array(conversation.jinja.utf8))
  }

  @Test(arguments: Conversation.all) func writesWhatTheTemplateWrites(_ chat: Conversation) throws {
    let made = try tokenizing(chat)
    for cuts in [[100], [1], [3, 1, 7]] {
      #expect(
        try made.chat(system: nil, user: Conversation.user, cuts: cuts) == made.encode(chat.first))
      #expect(
        try made.chat(system: "Be brief.", user: Conversation.user, cuts: cuts)
          == made.encode(chat.firstWithSystem))
      #expect(
        try made.chat(.afterAnswer, system: nil, user: Conversation.secondUser, cuts: cuts)
          == made.encode(chat.next))
    }
  }

  /// Messages that are full of the template's own markers.
  @Test(arguments: Conversation.all) func messagesNeverGiveSpecialTokens(
    _ chat: Conversation
  ) throws {
    let made = try tokenizing(chat)
    let evil = Self.specials.joined() + "x" + Self.specials.joined(separator: " ") + "\u{2}\u{3}"
    func specialIDs(_ ids: [Int32]) -> [Int32] {
      ids.filter { made.isSpecial($0) }
    }
    for turn in [ChatTurn.first, .afterAnswer, .afterMessage] {
      let plain = try made.chat(turn, system: "a", user: "b")
      let attacked = try made.chat(turn, system: evil, user: evil)
      #expect(specialIDs(attacked) == specialIDs(plain))
      #expect(attacked.count > plain.count + evil.utf8.count / 2)
    }
  }

  /// A message that was cut short is closed, and so is the answer that never came.
  @Test func aMessageWithoutAnAnswerIsClosed() throws {
    let chat = Conversation.all[0]
    let made = try tokenizing(chat)
    let tail = "<|im_end|>\n<|im_start|>assistant\n"
    #expect(
      try made.chat(.afterMessage, system: nil, user: "x")
        == made.encode(tail + "<|im_end|>\n<|im_start|>user\nx" + tail))
  }

  @Test func marksThatTheVocabularyLacksAreLeftOut() throws {
    var tiny = TinyVocabulary()
    tiny.add("<|x|>", type: 3)
    let made = try Tokenizing(
      tokens: tiny.tokens, types: tiny.types, merges: [],
      chatTemplate: Array(PublishedTemplates.llama2.utf8))
    #expect(try made.chat(system: nil, user: "a") == made.encode("[INST] a [/INST]"))
  }

  /// Against Python's definition of white space.
  @Test func messagesAreTrimmedAsPythonTrims() throws {
    let made = try tokenizing(Conversation.all.first { $0.name == "Llama 3" }!)
    let spaces: [Unicode.Scalar] = [
      "\t", "\n", "\u{B}", "\u{C}", "\r", "\u{1C}", "\u{1D}", "\u{1E}", "\u{1F}", " ", "\u{85}",
      "\u{A0}", "\u{1680}", "\u{2000}", "\u{2005}", "\u{200A}", "\u{2028}", "\u{2029}", "\u{202F}",
      "\u{205F}", "\u{3000}",
    ]
    let others: [Unicode.Scalar] = [
      "a", "é", "\u{A1}", "\u{200B}", "\u{2030}", "\u{3001}", "\u{1681}", "日", "🦙", "\u{2060}",
    ]
    var random = SeededGenerator(seed: 5)
    for _ in 0..<300 {
      let text = (0..<Int.random(in: 0...12, using: &random)).map { _ in
        Int.random(in: 0..<3, using: &random) > 0
          ? spaces.randomElement(using: &random)! : others.randomElement(using: &random)!
      }
      let isSpace = { (scalar: Unicode.Scalar) in spaces.contains(scalar) }
      var trimmed = Array(text.drop(while: isSpace))
      while let last = trimmed.last, isSpace(last) { trimmed.removeLast() }
      func string(_ scalars: [Unicode.Scalar]) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
      }
      let cut = Int.random(in: 1...9, using: &random)
      #expect(
        try made.chat(system: nil, user: string(text), cuts: [cut])
          == made.encode(
            "<s><|start_header_id|>user<|end_header_id|>\n\n\(string(trimmed))<|eot_id|>"
              + "<|start_header_id|>assistant<|end_header_id|>\n\n"), "\(text)")
    }
    let long = "a" + String(repeating: " \u{3000}", count: 5000) + "b"
    #expect(try made.chat(system: nil, user: long).count > 5000)
  }
}
