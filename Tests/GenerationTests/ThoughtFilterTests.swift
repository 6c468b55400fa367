import Template
import Testing

@testable import Generation

@Suite struct ThoughtFilterTests {
  private func parts(
    _ text: String, family: Int? = 0, isInThoughts: Bool = false
  ) -> (thoughts: String, said: String) {
    var filter = ThoughtFilter(
      family.map { ThoughtMarks(family: $0) }, isInThoughts: isInThoughts)
    var (thoughts, said) = ([UInt8](), [UInt8]())
    func take() {
      while let (byte, isThought) = filter.next() {
        if isThought { thoughts.append(byte) } else { said.append(byte) }
      }
    }
    for byte in text.utf8 {
      filter.accept(byte)
      take()
    }
    filter.finish()
    take()
    return (String(decoding: thoughts, as: UTF8.self), String(decoding: said, as: UTF8.self))
  }

  private static let wide = String(repeating: " ", count: 40)

  @Test(arguments: [
    ("<think>\nhm, é\n</think>\n\nHello", "hm, é", "Hello"), (" \n<think>a</think>b", "a", "b"),
    ("Hello <think>x</think>", "", "Hello <think>x</think>"), ("<thin", "", "<thin"),
    ("  said", "", "  said"), ("<<think>a", "", "<<think>a"), ("<think>a", "a", ""),
    ("<think>a </thin b </think> c", "a </thin b", "c"), ("<think></think>b ", "", "b "),
    ("<think>a<</think>b</think>", "a<", "b</think>"), ("", "", ""), ("<think>a\n", "a\n", ""),
    ("<think>" + wide + "a" + wide + "b</think>" + wide + "c", "a" + wide + "b", "c"),
    (wide + "<think>a", "", wide + "<think>a"), ("<think>a\n </\n </think>", "a\n </", ""),
  ])
  func thoughtsArePartedFromWhatIsSaid(_ text: String, _ thoughts: String, _ said: String) {
    let found = parts(text)
    #expect(found.thoughts == thoughts && found.said == said, "\(found)")
  }

  @Test func theirBeginningMayBeInThePrompt() {
    let found = parts("\na\n</think>\nb", isInThoughts: true)
    #expect(found.thoughts == "a" && found.said == "b")
    #expect(parts("<think>a</think>", family: nil).said == "<think>a</think>")
  }

  @Test func theMarksOfAllFamilies() {
    for family in 0..<ThoughtMarks.familyCount {
      let marks = ThoughtMarks(family: family)
      #expect(marks.start.utf8CodeUnitCount <= ThoughtMarks.byteCountMax)
      #expect(marks.end.utf8CodeUnitCount <= ThoughtMarks.byteCountMax)
      let found = parts("\(marks.start)\na\n\(marks.end)b", family: family)
      #expect(found.thoughts == "a" && found.said == "b", "\(marks.start)")
    }
  }
}
