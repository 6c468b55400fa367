import Generation
import Platform
import Template
import Tokenizer

// Conversations for the model's chat template.
extension Program {
  /// What the next run of the template is given.
  mutating func conversation() -> TemplateData { model.text!.template!.currentData() }

  mutating func setConversation(_ data: TemplateData) { model.text!.template!.data = data }

  /// Begins a conversation: the template's variables, and the list of messages, which is left open.
  mutating func beginConversation(
    _ arguments: Arguments, _ console: inout Console
  ) throws(CommandFailure) {
    let vocabulary = unsafe model.vocabulary
    var data = conversation()
    do throws(TemplateError) {
      unsafe try data.beginVariables(
        bos: model.chatMarks.bos, eos: model.chatMarks.eos, vocabulary.pointee)
      if let thinks = arguments.thinks { try data.put(thinks: thinks) }
    } catch {
      throw CommandFailure(.variables(.template(error)))
    }
    if let tools = unsafe arguments.tools { unsafe try readTools(tools, into: &data, &console) }
    do throws(TemplateError) {
      try data.name("messages")
      try data.beginArray()
    } catch {
      throw CommandFailure(.variables(.template(error)))
    }
    setConversation(data)
  }

  /// Ends the list of messages and runs the template. If this throws, the template's refusal, or what
  /// is wrong with it, has been written.
  mutating func render(_ console: inout Console) throws(CommandFailure) -> TemplateText {
    do throws(TemplateError) {
      try model.text!.template!.data.endArray()
      try model.text!.template!.data.endObject()
      try model.text!.template!.render(now: TemplateTime(secondsSince1970: unixSeconds()))
    } catch {
      console.error.write("edge-infer: ")
      model.text!.template!.write(error, to: &console.error)
      console.error.write("\n")
      console.error.flush()
      throw CommandFailure(.malformedData)
    }
    return model.text!.template!.currentText()
  }
}

extension Arguments {
  /// Of `--chat-template`.
  var templateFile: TemplateFile? { unsafe chatTemplate.map { unsafe TemplateFile($0) } }
}

extension TemplateData {
  /// The system message, in the list of messages.
  mutating func putSystem(_ arguments: Arguments) throws(CommandFailure) {
    guard let system = unsafe arguments.system else { return }
    if unsafe !isUTF8(cStringSpan(system)) {
      throw CommandFailure(.text(.malformedData, "the text is not UTF-8"), about: .name("--system"))
    }
    do throws(TemplateError) {
      unsafe try put(role: "system", cStringSpan(system))
    } catch {
      throw CommandFailure(.variables(.template(error)))
    }
  }

  /// The switch of models that may think before they answer, as published templates name it.
  mutating func put(thinks: Bool) throws(TemplateError) {
    try name("enable_thinking")
    try put(thinks)
    try name("thinking")
    try put(thinks)
    // Command A's, MiniMax M3's, Seed-OSS's.
    try name("reasoning")
    try put(thinks)
    try name("thinking_mode")
    try put(thinks ? "enabled" : "disabled" as StaticString)
    if thinks { return }
    try name("thinking_budget")
    try put(0)
  }
}
