import Foundation
import LabResults
import TestSupport
import Testing

@testable import LabTasks

/// A word is a token, and so is a line's end: simple enough to count by hand.
private func count(_ text: String) -> Int {
  text.split(whereSeparator: \.isWhitespace).count + text.count { $0 == "\n" }
}

@Suite struct HaystackTests {
  /// 10 sentences of 10 words: "s0w0 … s0w9."
  private let hay = Haystack(
    text: (0..<10).map { s in (0..<10).map { "s\(s)w\($0)" }.joined(separator: " ") + "." }
      .joined(separator: " "))

  @Test(arguments: [
    (0.0, 0), (0.04, 0), (0.06, 10), (0.26, 30), (0.5, 50), (0.96, 100), (1.0, 100),
  ])
  func depth(depth: Double, wordsBefore: Int) throws {
    let text = try #require(
      hay.hiding([.init("NEEDLE.", depth: depth)], start: 0, length: 101, tokens: count))
    let words = text.split(separator: " ")
    #expect(words.count == 101)
    #expect(words.firstIndex(of: "NEEDLE.") == wordsBefore)
  }

  @Test func goesAround() throws {
    let text = try #require(
      hay.hiding([.init("NEEDLE.", depth: 0.5)], start: 29, length: 251, tokens: count))
    #expect(text.hasPrefix("s9w0 s9w1"))
    #expect(text.contains(" s9w9. s0w0 "))
    #expect(count(text) == 251)
    #expect(text.components(separatedBy: "NEEDLE.").count == 2)
    #expect(text.contains(". NEEDLE. s"))
  }

  @Test func tooShort() {
    #expect(hay.hiding([.init("a b c", depth: 0)], start: 0, length: 2, tokens: count) == nil)
    #expect(hay.hiding([.init("a b c", depth: 1)], start: 0, length: 3, tokens: count) == "a b c")
  }

  @Test func severalNeedles() throws {
    let text = try #require(
      hay.hiding(
        [
          .init("LAST.", depth: 1), .init("SECOND.", depth: 0.5), .init("FIRST.", depth: 0),
          .init("THIRD.", depth: 0.5), .init("END.", depth: 1),
        ], start: 0, length: 105, tokens: count))
    let words = text.split(separator: " ", omittingEmptySubsequences: false)
    let places = ["FIRST.", "SECOND.", "THIRD.", "LAST.", "END."].map {
      words.firstIndex(of: $0[...])
    }
    #expect(places == [0, 51, 52, 103, 104])
    #expect(words.count == 105)
  }

  @Test func sentences() throws {
    // At line ends, too; and after 。 there is a beginning.
    let lines = Haystack(text: "\n = Title = \n\n one two\nthree 四。 five")
    let text = try #require(
      lines.hiding(
        [.init("N", depth: 0.4)], start: 0, length: 9,
        tokens: { count($0) - $0.count { $0 == "\n" } }))
    #expect(text == "= Title = \n\n N one two\nthree 四。 five")
  }

  @Test func emptyFile() throws {
    let folder = try Folder()
    let path = try folder.write("e.txt", " \n")
    let error = #expect(throws: TaskFileError.self) { try Haystack(file: path) }
    #expect(error?.description == "\(path): has no words")
  }
}

@Suite struct NeedleTaskTests {
  private let hay = Haystack(
    text: (0..<200).map { "This is the sentence of number \($0)." }.joined(separator: "\n"))

  @Test func items() throws {
    var task = NeedleTask()
    task.lengths = [100, 300]
    task.depths = [0, 50, 100]
    task.samples = 2
    let items = try task.items(hay, tokens: count)
    #expect(items.count == 12)
    let depths = items.map { $0.item["depth"]!.number! }
    #expect(depths == [0, 0, 50, 50, 100, 100, 0, 0, 50, 50, 100, 100])
    for item in items {
      let length = Int(item.item["length"]!.number!)
      #expect(count(item.prompt) <= length)
      #expect(count(item.prompt) >= length - 3)
      let value = try #require(item.expected).dropFirst()
      #expect(item.prompt.contains("The special magic number for "))
      #expect(item.prompt.contains(" is \(value)."))
      #expect(item.score(" \(value). It is") == ["match": 1])
      #expect(item.score(" \(value)0") == ["match": 0])
      #expect(!item.prefill.contains("{"))
    }
    // A sample has the same needle at every depth and length; another sample has another one.
    #expect(Set(items.map { "\($0.item["sample"]!) \($0.expected!)" }).count == 2)
    #expect(try task.items(hay, tokens: count).map(\.prompt) == items.map(\.prompt))
    task.seed = 1
    #expect(try task.items(hay, tokens: count)[0].expected != items[0].expected)
  }

  /// One is asked for, at its depth; the others have other cities.
  @Test func oneOfSix() throws {
    var task = NeedleTask()
    task.lengths = [600]
    task.depths = [0, 50]
    task.samples = 4
    let alone = try task.items(hay, tokens: count)
    task.needleCount = 6
    let items = try task.items(hay, tokens: count)
    for (item, single) in zip(items, alone) {
      #expect(item.expected == single.expected)
      #expect(item.item["needles"] == .number(6) && single.item["needles"] == nil)
      let facts = item.prompt.components(separatedBy: "The special magic number for ").dropFirst()
        .map { $0.components(separatedBy: ".")[0] }
      #expect(Set(facts.map { $0.components(separatedBy: " ")[0] }).count == 6)
      #expect(facts.count { $0.hasSuffix(" is\(item.expected!)") } == 1)
      #expect(count(item.prompt) <= 600)
      if item.item["depth"] == .number(0) { #expect(facts[0].hasSuffix(item.expected!)) }
    }
  }

  @Test func ownTexts() throws {
    var task = NeedleTask()
    task.needle = "The best thing to do in San Francisco is to eat a sandwich."
    task.question = "What is the best thing to do in San Francisco?"
    task.answer = "eat a sandwich"
    task.prefill = ""
    task.depths = [50]
    task.lengths = [120]
    let item = try task.items(hay, tokens: count)[0]
    #expect(item.expected == "eat a sandwich")
    #expect(item.prompt.contains(task.needle))
    #expect(item.prompt.hasSuffix(task.question))
    #expect(item.score("You could Eat a\nsandwich!") == ["match": 1])
    task.lengths = [10]
    #expect(throws: TaskFileError.self) { try task.items(hay, tokens: count) }
  }

  @Test(.enabled(if: Files.shared("data/text/wiki.test.raw") != nil, "needs ../shared/data/text"))
  func realText() throws {
    var task = NeedleTask()
    task.lengths = [2_000]
    task.depths = [0, 10, 50, 90, 100]
    task.samples = 3
    for item in try task.items(
      Haystack(file: Files.shared("data/text/wiki.test.raw")!), tokens: count)
    {
      #expect((1_995...2_000).contains(count(item.prompt)))
      let text = item.prompt.components(separatedBy: "\n\n").dropFirst().dropLast()
        .joined(separator: "\n\n")
      let parts = text.components(separatedBy: "The special magic number for ")
      try #require(parts.count == 2)
      let share = Double(count(parts[0])) / Double(count(parts[0]) + count(parts[1])) * 100
      // Half a sentence of a few dozen words away at most.
      #expect(abs(share - item.item["depth"]!.number!) < 2)
    }
  }
}

@Suite struct PhonebookTaskTests {
  @Test func items() throws {
    var task = PhonebookTask()
    task.entries = [1, 40, 3_500]
    task.samples = 2
    let items = task.items()
    #expect(items.count == 6)
    for item in items {
      let lines = item.prompt.components(separatedBy: "\n")
      let entries = lines.filter { $0.contains(": ") }
      #expect(entries.count == Int(item.item["entries"]!.number!))
      #expect(Set(entries.map { $0.components(separatedBy: ": ")[0] }).count == entries.count)
      // The asked entry stands where it says, with the expected number.
      let asked = entries[Int(item.item["place"]!.number!)].components(separatedBy: ": ")
      #expect(item.prompt.hasSuffix("phone number of \(asked[0])?"))
      #expect(item.expected == " " + asked[1])
      #expect(item.prefill == "The phone number of \(asked[0]) is")
      #expect(item.score("\(asked[1]).") == ["match": 1])
      #expect(item.score("\(asked[1])7") == ["match": 0])
      #expect(asked[1].wholeMatch(of: #/[2-9]\d\d-[2-9]\d\d-\d{4}/#) != nil)
    }
    #expect(task.items().map(\.prompt) == items.map(\.prompt))
    task.seed = 9
    #expect(task.items()[2].prompt != items[2].prompt)
    #expect(items[2].prompt != items[3].prompt)
  }
}

@Suite struct LinesTaskTests {
  @Test func generated() throws {
    let items = LinesTask().items(lines: [5, 300], samples: 2, seed: 3)
    #expect(items.count == 4)
    for item in items {
      let lines = item.prompt.components(separatedBy: "\n").filter { $0.hasPrefix("line ") }
      #expect(lines.count == Int(item.item["lines"]!.number!))
      let asked = lines[Int(item.item["place"]!.number!)]
      let match = try #require(asked.wholeMatch(of: #/line (\S+): REGISTER_CONTENT is <(\d+)>/#))
      #expect(item.prompt.hasSuffix("<REGISTER_CONTENT> in line \(match.1)? I need the number. "))
      #expect(item.expected == String(match.2))
      #expect(item.score("line 7: <\(match.2)>") == ["match": 1, "first": 0])
      #expect(item.score("\(match.2) 9") == ["match": 0, "first": 1])
      #expect(item.score("") == ["match": 0, "first": 0])
    }
    #expect(LinesTask().items(lines: [5], samples: 1, seed: 3)[0].prompt == items[0].prompt)
    #expect(LinesTask().items(lines: [5], samples: 1, seed: 4)[0].prompt != items[0].prompt)
  }

  @Test(arguments: [
    (#"{"prompt":"p","expected_number":2.5,"random_idx":["a",1]}"#, "\"expected_number\" is not"),
    (#"{"prompt":"p","expected_number":2,"random_idx":[]}"#, "\"random_idx\" does not begin"),
    (#"{"expected_number":2,"random_idx":["a",1]}"#, "\"prompt\" is missing"),
  ])
  func hostile(line: String, reason: String) throws {
    let folder = try Folder()
    let path = try folder.write("l.jsonl", line)
    let error = #expect(throws: TaskFileError.self) { try LinesTask().items(file: path) }
    #expect(error?.description.hasPrefix("\(path): line 1: \(reason)") == true)
  }

  @Test(
    .enabled(
      if: Files.shared("data/longeval/200_lines.jsonl") != nil, "needs ../shared/data/longeval"))
  func realFile() throws {
    var task = LinesTask()
    task.begins = true
    let items = try task.items(file: Files.shared("data/longeval/200_lines.jsonl")!, limit: 3)
    #expect(items.count == 3)
    // The first line of the file.
    #expect(items[0].expected == "2416")
    #expect(items[0].item["lines"] == .number(200))
    #expect(items[0].prefill == "line torpid-kid: REGISTER_CONTENT is <")
    // The generated prompts have the file's own frame, to the letter.
    let own = LinesTask().items(lines: [3], samples: 1, seed: 0)[0].prompt
    #expect(items[0].prompt.commonPrefix(with: own).hasSuffix("Now the record start:\n\nline "))
    #expect(items[0].prompt.hasSuffix("in line torpid-kid? I need the number. "))
  }
}

@Suite struct MiddleTruncationTests {
  @Test func halves() {
    let tokens: (String) -> [Int32] = { $0.unicodeScalars.map { Int32($0.value) } }
    let text: ([Int32]) -> String = { String($0.map { Character(Unicode.Scalar(UInt32($0))!) }) }
    func short(_ limit: Int) -> String {
      MiddleTruncation.shortened("abcdefgh", to: limit, tokens: tokens, text: text)
    }
    #expect(short(8) == "abcdefgh")
    #expect(short(6) == "abcfgh")
    // int(7 / 2) on both sides, as in LongBench.
    #expect(short(7) == "abcfgh")
    #expect(short(0) == "")
  }
}
