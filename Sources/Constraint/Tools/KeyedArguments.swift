/// How a form writes arguments that are no JSON object:
///
///     open KEY middle VALUE (separator open KEY middle VALUE)*
///
/// VALUE is `textBegin`, a text without quotation marks and `textEnd` if the schema allows texts only, and
/// else `valueBegin`, a JSON value and `valueEnd`. If `textEnd` is empty, texts are JSON too.
///
/// If `elementEnd` is there, KEY and `elementEnd` follow the value, and objects and lists whose schemas say
/// what is in them are written in the same way: an object as arguments are, a list as values with the KEY
/// `item`, and `valueEnd` behind them.
struct KeyedArguments: Sendable {
  let open: StaticString
  let middle: StaticString
  let separator: StaticString
  let textBegin: StaticString
  let textEnd: StaticString
  let valueBegin: StaticString
  let valueEnd: StaticString
  let elementEnd: StaticString

  init(
    open: StaticString = "", middle: StaticString, separator: StaticString = "",
    textBegin: StaticString = "", textEnd: StaticString = "", valueBegin: StaticString = "",
    valueEnd: StaticString = "", elementEnd: StaticString = ""
  ) {
    self.open = open
    self.middle = middle
    self.separator = separator
    self.textBegin = textBegin
    self.textEnd = textEnd
    self.valueBegin = valueBegin
    self.valueEnd = valueEnd
    self.elementEnd = elementEnd
  }

  var hasRawTexts: Bool { textEnd.utf8CodeUnitCount > 0 }

  /// Whether parts of arguments are elements.
  var hasElements: Bool { elementEnd.utf8CodeUnitCount > 0 }
}
