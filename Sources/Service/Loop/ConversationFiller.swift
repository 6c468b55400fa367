import Generation
import Template
import Text

/// Puts the conversation of a request, its tools and variables into the data of the chat template, as
/// they come.
struct ConversationFiller {
  /// What comes beside the events of values.
  enum Step {
    case name(StaticString)
    case text(StaticString)
    case word(FixedText<33>)
    case beginContent, endContent
    case beginContentList, beginContentPart, endContentPart, endContentList
  }

  private(set) var data: TemplateData
  /// Why the rest could not be put.
  private(set) var failure: TemplateError?
  /// Lists and objects that are open of `tool_calls`.
  private var callDepth = 0
  private var areCallsNext = false

  /// - Parameter data: with the object of variables, which is open.
  init(_ data: TemplateData) { self.data = data }

  @export(interface)
  mutating func take(_ event: JSONTokenizer.Event, _ bytes: Span<UInt8>) {
    if failure != nil { return }
    switch event {
    case .beginArray, .beginObject: if callDepth > 0 || areCallsNext { callDepth += 1 }
    case .endArray, .endObject: if callDepth > 0 { callDepth -= 1 }
    default: break
    }
    areCallsNext = false
    do throws(TemplateError) {
      if callDepth > 0, case .endString = event, data.isValue(of: "arguments") {
        try data.endObjectText()
      } else {
        try data.take(event, bytes)
      }
    } catch {
      failure = error
    }
  }

  mutating func take(_ step: Step) {
    if failure != nil { return }
    do throws(TemplateError) {
      try perform(step)
    } catch {
      failure = error
    }
  }

  private mutating func perform(_ step: Step) throws(TemplateError) {
    switch step {
    case .name(let name):
      areCallsNext = matches(span(name), "tool_calls")
      try data.name(name)
    case .text(let text): try data.put(text)
    case .word(let word): try data.put(word.bytes)
    case .beginContent: try data.beginContent()
    case .endContent: try data.endContent()
    case .beginContentList: try data.beginContentList()
    case .beginContentPart: try data.beginContentPart()
    case .endContentPart: try data.endContentPart()
    case .endContentList: try data.endContentList()
    }
  }
}
