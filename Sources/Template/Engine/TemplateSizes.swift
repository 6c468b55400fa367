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
}
