import Text

/// What a template takes a message's content for.
enum ContentForm {
  /// A text: those of a list are joined by line ends, as llama.cpp's and vLLM's servers do.
  case text
  /// A text, or a list of objects with `type` and `text`.
  case both
  /// A list only: a text is put as a list of one.
  case list
}

// The contents of messages, in the form that the template takes.
extension TemplateData {
  /// Begins a content that is one text, as a member of the message that is open. The text is appended.
  @export(interface)
  public mutating func beginContent() throws(TemplateError) {
    try name("content")
    if contentForm == .list {
      try beginArray()
      try beginPart()
    } else {
      beginText()
    }
  }

  /// - Parameter isStreamed: whether further bytes are read while the text is written out.
  @export(interface)
  public mutating func endContent(isStreamed: Bool = false) throws(TemplateError) {
    if isStreamed { try endStreamedText() } else { try endText() }
    if contentForm != .list { return }
    try endObject()
    try endArray()
  }

  /// Begins a content that is a list of texts.
  @export(interface)
  public mutating func beginContentList() throws(TemplateError) {
    try name("content")
    contentPartCount = 0
    if contentForm == .text { beginText() } else { try beginArray() }
  }

  @export(interface)
  public mutating func beginContentPart() throws(TemplateError) {
    if contentForm != .text {
      try beginPart()
    } else if contentPartCount > 0 && !append(UInt8(ascii: "\n")) {
      throw .conversationFull
    }
    contentPartCount += 1
  }

  @export(interface)
  public mutating func endContentPart() throws(TemplateError) {
    if contentForm == .text { return }
    try endText()
    try endObject()
  }

  @export(interface)
  public mutating func endContentList() throws(TemplateError) {
    if contentForm == .text { try endText() } else { try endArray() }
  }

  /// An answer that ends with a mark: see `TemplateText.byteCountToMark`.
  @export(interface)
  public mutating func putMarkedAnswer() throws(TemplateError) {
    try beginObject()
    try name("role")
    try put("assistant")
    try beginContent()
    let text = span(Self.endMark)
    if !append(UInt8(ascii: ".")) || append(text) < text.count { throw .conversationFull }
    try endContent()
    try endObject()
  }

  private mutating func beginPart() throws(TemplateError) {
    try beginObject()
    try name("type")
    try put("text")
    try name("text")
    beginText()
  }
}
