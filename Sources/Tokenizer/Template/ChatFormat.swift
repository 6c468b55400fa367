/// What stands around the messages of a conversation. In the texts, U+0002 is the token that begins a
/// text and U+0003 the one that ends it, whatever they are in the vocabulary.
struct ChatFormat {
  /// Before all else.
  var opening: StaticString = ""
  var systemHead: StaticString = ""
  var systemTail: StaticString = ""
  var userHead: StaticString = ""
  /// Between the user's message and the answer.
  var userTail: StaticString = ""
  /// What the model's next answer begins with, as thoughts; answers of the past have none.
  var answerStart: StaticString = ""
  /// Before an answer that is part of the conversation; the model begins its own with it.
  var answerHead: StaticString = ""
  /// After an answer, before the next message of the user.
  var assistantTail: StaticString = ""
  /// The system message stands in the first message of the user, behind its head.
  var isSystemInUser = false
  /// White space at the ends of messages is left out.
  var trims = false
  /// The template's own system text stays where there is a system message, before it.
  var keepsPreset = false
}

/// Recognizes a format in the Jinja text of a template. The formats are those of the templates that
/// their models were published with; `tokenizer.apply_chat_template` of Hugging Face's transformers
/// gives the same text.
extension ChatFormat {
  static let known: StaticString =
    "known are the templates of ChatML, Llama 2, Llama 3, Mistral, DeepSeek and Zephyr"

  /// Nil where it is none that is known.
  init?(_ jinja: Span<UInt8>) {
    let text = JinjaText(jinja)
    if text.contains("<|im_start|>") && text.contains("<|im_end|>")
      && !text.contains("<|im_sep|>")
    {
      self = .chatML(text)
    } else if text.contains("<|start_header_id|>") && text.contains("<|eot_id|>") {
      self = .llama3(text)
    } else if text.contains("<｜User｜>") && text.contains("<｜Assistant｜>") {
      if text.contains("thinking") { return nil }
      self = .deepSeek(text)
    } else if text.contains("<<SYS>>") && text.contains("[/INST]") {
      self = .llama2
    } else if text.contains("[INST]") {
      guard let format = Self.mistral(text) else { return nil }
      self = format
    } else if text.contains("<|assistant|>"), text.tag(after: "<|user|>", contains: "eos_token") {
      self = .zephyr(text)
    } else {
      return nil
    }
  }

  private static func opening(_ text: JinjaText) -> StaticString {
    text.contains("bos_token") ? "\u{2}" : ""
  }

  /// `<|im_start|>role\n…<|im_end|>\n`
  private static func chatML(_ text: JinjaText) -> ChatFormat {
    let thinks = text.hasString("<|im_start|>assistant", newline: "<think>")
    return ChatFormat(
      opening: opening(text), systemHead: "<|im_start|>system\n", systemTail: "<|im_end|>\n",
      userHead: "<|im_start|>user\n",
      userTail: "<|im_end|>\n<|im_start|>assistant\n", answerStart: thinks ? "<think>\n" : "",
      assistantTail: "<|im_end|>\n")
  }

  /// The template of Llama 3.1 and later puts two dates into the system message, which is then
  /// always there.
  private static func llama3(_ text: JinjaText) -> ChatFormat {
    ChatFormat(
      opening: opening(text), systemHead: "<|start_header_id|>system<|end_header_id|>\n\n",
      systemTail: "<|eot_id|>", userHead: "<|start_header_id|>user<|end_header_id|>\n\n",
      userTail: "<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n",
      assistantTail: "<|eot_id|>", trims: true, keepsPreset: true)
  }

  /// `<s>[INST] <<SYS>>\n…\n<</SYS>>\n\n… [/INST] … </s>`
  private static var llama2: ChatFormat {
    ChatFormat(
      systemHead: "<<SYS>>\n", systemTail: "\n<</SYS>>\n\n", userHead: "\u{2}[INST] ",
      userTail: " [/INST]", answerHead: " ", assistantTail: " \u{3}", isSystemInUser: true,
      trims: true)
  }

  /// As Llama 2's without system messages, with spaces that differ from model to model. The system
  /// message stands before the first one of the user.
  private static func mistral(_ text: JinjaText) -> ChatFormat? {
    var format = ChatFormat(
      opening: opening(text), systemTail: "\n\n", assistantTail: "\u{3}", isSystemInUser: true)
    if text.contains("[SYSTEM_PROMPT]") { return nil }
    if text.hasString(" [INST] ") {
      format.userHead = " [INST] "
    } else if text.hasString("[INST] ") {
      format.userHead = "[INST] "
    } else if text.hasString("[INST]") {
      format.userHead = "[INST]"
    } else {
      return nil
    }
    if text.hasString(" [/INST]") {
      format.userTail = " [/INST]"
    } else if text.hasString("[/INST]") {
      format.userTail = "[/INST]"
    } else {
      return nil
    }
    if text.contains("eos_token + ' '") || text.contains("eos_token + \" \"") {
      format.assistantTail = "\u{3} "
    } else if text.hasString(" ") {
      format.answerHead = " "
    }
    return format
  }

  private static func deepSeek(_ text: JinjaText) -> ChatFormat {
    ChatFormat(
      opening: opening(text), userHead: "<｜User｜>",
      userTail: "<｜Assistant｜>",
      answerStart: text.hasString("<｜Assistant｜><think>", newline: "") ? "<think>\n" : "",
      assistantTail: "\u{3}")
  }

  /// `<|role|>\n…</s>\n`
  private static func zephyr(_ text: JinjaText) -> ChatFormat {
    ChatFormat(
      opening: opening(text), systemHead: "<|system|>\n", systemTail: "\u{3}\n",
      userHead: "<|user|>\n", userTail: "\u{3}\n<|assistant|>\n", assistantTail: "\u{3}\n")
  }
}

/// Looks for texts in a template.
struct JinjaText: ~Escapable {
  private let jinja: Span<UInt8>

  @_lifetime(copy jinja)
  init(_ jinja: Span<UInt8>) { self.jinja = jinja }

  func contains(_ part: StaticString) -> Bool {
    Bytes.firstIndex(of: part, in: jinja, from: 0, to: jinja.count) != nil
  }

  /// Whether one of the literal texts is `whole`.
  func hasString(_ whole: StaticString) -> Bool {
    var scanner = JinjaScanner()
    while let piece = scanner.next(jinja) {
      if piece.isString && piece.range.count == whole.utf8CodeUnitCount
        && Bytes.contains(jinja, whole, at: piece.range.lowerBound)
      {
        return true
      }
    }
    return false
  }

  /// Whether one of the literal texts begins with `head`, a newline and `tail`.
  func hasString(_ head: StaticString, newline tail: StaticString) -> Bool {
    var scanner = JinjaScanner()
    while let piece = scanner.next(jinja) {
      let place = piece.range.lowerBound + head.utf8CodeUnitCount
      if !Bytes.contains(jinja, head, at: piece.range.lowerBound) { continue }
      let newlineByteCount = JinjaScanner.newlineByteCount(jinja, at: place, in: piece)
      if newlineByteCount > 0 && Bytes.contains(jinja, tail, at: place + newlineByteCount) {
        return true
      }
    }
    return false
  }

  /// Whether `part` stands in the rest of a tag that has a string beginning with `head`.
  func tag(after head: StaticString, contains part: StaticString) -> Bool {
    var scanner = JinjaScanner()
    while let piece = scanner.next(jinja) {
      if !piece.isString || !Bytes.contains(jinja, head, at: piece.range.lowerBound) { continue }
      let start = piece.range.upperBound
      let end = Bytes.firstIndex(of: "}}", in: jinja, from: start, to: jinja.count) ?? jinja.count
      if Bytes.firstIndex(of: part, in: jinja, from: start, to: end) != nil { return true }
    }
    return false
  }

  /// What stands in quotation marks after `name = `.
  func value(of name: StaticString) -> Range<Int>? {
    guard let place = Bytes.firstIndex(of: name, in: jinja, from: 0, to: jinja.count) else {
      return nil
    }
    let start = place + name.utf8CodeUnitCount
    guard let end = Bytes.firstIndex(of: "\"", in: jinja, from: start, to: jinja.count) else {
      return nil
    }
    return start..<end
  }
}
