/// How much memory an engine has beside the compiled template. The defaults are some 830 KiB.
public struct TemplateSizes: Sendable {
  /// Texts of the conversation.
  public var conversationByteCount = 320 * 1024
  /// Values of the conversation: two for each member of an object, one for each element of a list.
  public var conversationValueCount = 8192
  /// Values that the template makes.
  public var heapByteCount = 256 * 1024
  /// The template's text that is made, without long texts of the conversation.
  public var outputByteCount = 128 * 1024

  public init() {}

  /// For conversations that may come in so many bytes of JSON.
  public init(conversationByteCount byteCount: Int) {
    conversationByteCount = max(conversationByteCount, byteCount)
    // A value has 16 bytes: the memory of all is an eighth of that of the texts.
    conversationValueCount = max(conversationValueCount, byteCount / 128)
  }
}
