import Generation
import Template

/// An answer that is kept while it is written: in the conversation's data, and as the end of the text
/// that the cache holds.
struct KeptAnswer {
  private(set) var data: TemplateData
  private(set) var print: TextPrint
  /// There was no room for all of it.
  private(set) var isCut = false

  /// - Parameters:
  ///   - data: with the answer's message, which has been begun.
  ///   - print: of the text that the answer follows.
  init(_ data: TemplateData, behind print: TextPrint) {
    self.data = data
    self.print = print
  }

  mutating func append(_ byte: UInt8) {
    if isCut || !data.append(byte) {
      isCut = true
    } else {
      print.append(byte)
    }
  }
}

/// What the cache holds of a conversation's text.
struct CachedText {
  enum State {
    case empty
    /// A saved conversation, which is known by its cache alone.
    case loaded
    /// The text up to the beginning of the latest answer, and the answer.
    case read
  }

  var state = State.empty
  /// Of the text that the template has made for the latest answer.
  var prompt = TextPrint()
  /// The tokens of it.
  var promptTokenCount = 0
  /// With the answer; nil if the cache has tokens behind it that are not in the answer.
  var whole: TextPrint?
  /// The answer's last token, if the model has not read it.
  var unread: Int32?
}
