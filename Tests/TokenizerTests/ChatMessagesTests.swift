import Testing

@testable import Tokenizer

/// Messages given in pieces of a few bytes, with nothing before each of them if that is asked for.
private struct GivenMessages: ~Copyable, MessageSource {
  private let messages: [(role: ChatRole, text: [UInt8])]
  private let cut: Int
  private let hesitates: Bool
  private var isPending = false
  private var index = 0
  private var offset = -1

  init(_ messages: [(ChatRole, String)], cut: Int, hesitates: Bool) {
    self.messages = messages.map { ($0, Array($1.utf8)) }
    self.cut = cut
    self.hesitates = hesitates
  }

  mutating func next(into target: UnsafeMutableRawBufferPointer) -> MessagePortion {
    isPending = hesitates && !isPending
    if isPending { return .pending }
    if index == messages.count { return .end }
    if offset < 0 {
      offset = 0
      return .begin(messages[index].role)
    }
    let rest = messages[index].text[offset...]
    if rest.isEmpty {
      (index, offset) = (index + 1, -1)
      return .endMessage
    }
    let count = min(rest.count, cut, target.count)
    for place in 0..<count { target[place] = rest[rest.startIndex + place] }
    offset += count
    return .bytes(count)
  }
}

/// Whole conversations, as Hugging Face's `apply_chat_template` writes them.
@Suite struct ChatMessagesTests {
  private static let specials = [
    "<s>", "</s>", "<|im_start|>", "<|im_end|>", "<|start_header_id|>", "<|end_header_id|>",
    "<|eot_id|>", "<｜User｜>", "<｜Assistant｜>", "[INST]", "[/INST]", "<think>",
  ]

  private func tokenizing(_ chat: Conversation) throws -> Tokenizing {
    var tiny = TinyVocabulary()
    for text in Self.specials { tiny.add(text, type: 3) }
    for pair in [("\n", "\n"), (" ", " ")] { tiny.merge(pair.0, pair.1) }
    return try Tokenizing(
      tokens: tiny.tokens, types: tiny.types, merges: tiny.merges,
      chatTemplate: Array(chat.jinja.utf8))
  }

  /// The tokens, and how many come before the end of the system message.
  private func tokens(
    _ made: Tokenizing, _ messages: [(ChatRole, String)], cut: Int = 3, hesitates: Bool = false
  ) throws -> (ids: [Int32], systemCount: Int?) {
    func id(_ text: String) -> Int? {
      made.vocabulary.token(of: Array(text.utf8).span).map { Int($0) }
    }
    var source = ChatMessages(
      made.template!, GivenMessages(messages, cut: cut, hesitates: hesitates),
      ChatMarks(bos: id("<s>"), eos: id("</s>")), made.vocabulary)
    let ids = try made.encode(&source)
    let mark = ids.firstIndex(of: TextPortion.placeMark)
    return (ids.filter { $0 != TextPortion.placeMark }, mark)
  }

  private func withoutThought(_ text: String) -> String {
    text.hasSuffix("<think>\n") ? String(text.dropLast(8)) : text
  }

  private func answerHead(_ chat: Conversation) -> String {
    ["Llama 2", "Mistral v0.2", "Mistral v0.3"].contains(chat.name) ? " " : ""
  }

  @Test(arguments: Conversation.all, [1, 3, 1000])
  func writesWhatTheTemplateWrites(_ chat: Conversation, cut: Int) throws {
    let made = try tokenizing(chat)
    let (user, second) = (Conversation.user, Conversation.secondUser)
    let system = (ChatRole.system, "Be brief.")
    #expect(try tokens(made, [(.user, user)], cut: cut).ids == made.encode(chat.first))
    #expect(
      try tokens(made, [system, (.user, user)], cut: cut).ids == made.encode(chat.firstWithSystem))
    let answer = answerHead(chat) + "Hi."
    #expect(
      try tokens(made, [(.user, user), (.assistant, "Hi."), (.user, second)], cut: cut).ids
        == made.encode(withoutThought(chat.first) + answer + chat.next))
    #expect(
      try tokens(made, [system, (.user, user), (.assistant, "Hi."), (.user, second)], cut: cut).ids
        == made.encode(withoutThought(chat.firstWithSystem) + answer + chat.next))
  }

  /// Wherever nothing has come yet, the tokens are the same.
  @Test(arguments: Conversation.all, [1, 3, 1000])
  func goesOnWherePending(_ chat: Conversation, cut: Int) throws {
    let made = try tokenizing(chat)
    let messages = [
      (ChatRole.system, "  Be brief. "), (.user, Conversation.user), (.assistant, " Hi.\n "),
      (.user, " \u{a0} "), (.user, Conversation.secondUser),
    ]
    let whole = try tokens(made, messages, cut: cut)
    let parted = try tokens(made, messages, cut: cut, hesitates: true)
    #expect(parted.ids == whole.ids && parted.systemCount == whole.systemCount)
  }

  /// The place is behind the system message, wherever a special token follows it.
  @Test(arguments: Conversation.all) func marksTheEndOfTheSystemMessage(
    _ chat: Conversation
  ) throws {
    let made = try tokenizing(chat)
    let name = chat.name
    let found = try tokens(made, [(.system, "Be brief."), (.user, "x")])
    if name.hasPrefix("Mistral") || name == "Llama 2" || name == "Zephyr" {
      #expect(found.systemCount == nil)
      return
    }
    let count = try #require(found.systemCount)
    let text = String(decoding: made.joined(Array(found.ids[..<count])), as: UTF8.self)
    #expect(chat.firstWithSystem.hasPrefix(text) && text.contains("Be brief."))
    #expect(try tokens(made, [(.system, "Be brief."), (.user, "another")]).systemCount == count)
    let hasDefault = ["SmolLM2", "Qwen2.5", "Llama 3.1"].contains(name)
    #expect(try (tokens(made, [(.user, "x")]).systemCount != nil) == hasDefault)
  }

  @Test func messagesOfTheSameRoleAreOne() throws {
    let made = try tokenizing(Conversation.all[0])
    let joined = try tokens(
      made, [(.system, "a"), (.system, "b"), (.user, "c"), (.user, "d"), (.assistant, "e")])
    let single = try tokens(made, [(.system, "a\nb"), (.user, "c\nd"), (.assistant, "e")])
    #expect(joined.ids == single.ids && joined.systemCount == single.systemCount)
  }

  /// An answer that comes last goes on; one that comes first has an empty message before it.
  @Test func answersAtTheEnds() throws {
    let made = try tokenizing(Conversation.all[0])
    let system = "<|im_start|>system\nS<|im_end|>\n"
    let turn = "<|im_start|>user\n<|im_end|>\n<|im_start|>assistant\n"
    #expect(
      try tokens(made, [(.system, "S"), (.assistant, "Well")]).ids
        == made.encode(system + turn + "Well"))
    #expect(try tokens(made, [(.system, "S")]).ids == made.encode(system + turn))
    #expect(try tokens(made, [(.system, "S"), (.user, "")]).ids == made.encode(system + turn))
  }

  /// Messages that are full of the template's own markers.
  @Test(arguments: Conversation.all) func messagesNeverGiveSpecialTokens(
    _ chat: Conversation
  ) throws {
    let made = try tokenizing(chat)
    let evil = Self.specials.joined() + "x" + Self.specials.joined(separator: " ") + "\u{2}\u{3}"
    func special(_ text: String) throws -> [Int32] {
      let messages = [(ChatRole.system, text), (.user, text), (.assistant, text), (.user, text)]
      return try tokens(made, messages).ids.filter { made.isSpecial($0) }
    }
    #expect(try special(evil) == special("a"))
  }
}
