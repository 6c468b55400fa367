import Tokenizer

/// The control tokens of a vocabulary that stand for text of a form of calls, such as Mistral's
/// `[TOOL_CALLS]`.
struct ToolMarks: Sendable {
  private var ids = InlineArray<8, Int32>(repeating: -1)
  private(set) var count = 0

  subscript(index: Int) -> Int32 { ids[index] }

  func contains(_ token: Int32) -> Bool {
    for index in 0..<count where ids[index] == token { return true }
    return false
  }

  /// Reads the vocabulary.
  mutating func find(_ family: ToolFamily, _ vocabulary: borrowing Vocabulary) {
    let form = family.form
    for id in 0..<Int32(vocabulary.tokenCount)
    where vocabulary.kind(of: id) == .control && count < ids.count {
      let bytes = vocabulary.bytes(of: id)
      if bytes.count > 1 && form.has(bytes) {
        ids[count] = id
        count += 1
      }
    }
  }
}

extension ToolForm {
  /// Whether a mark is a part of the form's text.
  fileprivate func has(_ mark: Span<UInt8>) -> Bool {
    Self.has(mark, begin) || Self.has(mark, middle) || Self.has(mark, end)
      || Self.has(mark, finish) || number.map { Self.has(mark, $0.text) } ?? false
      || between.map { Self.has(mark, $0) } ?? false
      || keyed.map { Self.has(mark, $0) } ?? false
  }

  private static func has(_ mark: Span<UInt8>, _ form: KeyedArguments) -> Bool {
    has(mark, form.open) || has(mark, form.middle) || has(mark, form.textBegin)
      || has(mark, form.textEnd) || has(mark, form.valueBegin) || has(mark, form.valueEnd)
  }

  private static func has(_ mark: Span<UInt8>, _ text: StaticString) -> Bool {
    var start = 0
    while start + mark.count <= text.utf8CodeUnitCount {
      var length = 0
      while unsafe length < mark.count && mark[length] == text.utf8Start[start + length] {
        length += 1
      }
      if length == mark.count { return true }
      start += 1
    }
    return false
  }
}
