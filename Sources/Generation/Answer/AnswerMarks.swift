import Platform
import Template
import Tokenizer

extension ThoughtMarks {
  /// Those of the template, else those of the first family whose marks are tokens.
  @export(interface)
  public init?(_ ofTemplate: ThoughtMarks?, _ vocabulary: borrowing Vocabulary) {
    if let ofTemplate {
      self = ofTemplate
      return
    }
    for index in 0..<Self.familyCount {
      let marks = ThoughtMarks(family: index)
      if vocabulary.token(of: span(marks.start)) == nil { continue }
      if vocabulary.token(of: span(marks.end)) == nil { continue }
      self = marks
      return
    }
    return nil
  }
}

extension ShownTokens {
  /// The control tokens in marks.
  @export(interface)
  public init(_ marks: ThoughtMarks?, _ vocabulary: borrowing Vocabulary) {
    self.init()
    guard let marks else { return }
    add(tokensOf: span(marks.start), vocabulary)
    add(tokensOf: span(marks.end), vocabulary)
  }
}
