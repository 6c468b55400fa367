import Platform
import Template
import Tokenizer

/// What every conversation is given beside its messages: the members that the caller may set otherwise.
extension TemplateData {
  /// Begins the object of variables.
  /// - Parameters:
  ///   - bos, eos: the tokens that templates may name; nil if the model has none.
  @export(interface)
  public mutating func beginVariables(
    bos: Int32?, eos: Int32?, _ vocabulary: borrowing Vocabulary
  ) throws(TemplateError) {
    reset()
    try beginObject()
    try put(mark: bos, "bos_token", vocabulary)
    try put(mark: eos, "eos_token", vocabulary)
    try name("add_generation_prompt")
    try put(true)
    try name("tools")
    try putNull()
  }

  private mutating func put(
    mark: Int32?, _ name: StaticString, _ vocabulary: borrowing Vocabulary
  ) throws(TemplateError) {
    try self.name(name)
    guard let mark, vocabulary.isToken(mark) else { return try put("" as StaticString) }
    try put(vocabulary.bytes(of: mark), isForeign: false)
  }

  /// A message of the conversation, in the list that is open.
  public mutating func put(role: StaticString, _ content: Span<UInt8>) throws(TemplateError) {
    try beginMessage(role)
    if append(content) < content.count { throw .conversationFull }
    try endMessage()
  }

  /// Begins a message, up to its content, which is appended.
  @export(interface)
  public mutating func beginMessage(_ role: StaticString) throws(TemplateError) {
    try beginObject()
    try name("role")
    try put(role)
    try beginContent()
  }

  /// - Parameter isStreamed: whether further bytes of the content are read while it is written out.
  @export(interface)
  public mutating func endMessage(isStreamed: Bool = false) throws(TemplateError) {
    try endContent(isStreamed: isStreamed)
    try endObject()
  }
}
