/// A text to hide something in: cut to a length in tokens, and opened at a depth.
public struct Haystack: Sendable {
  /// Words with the white space after them.
  private let words: [Substring]
  /// Places in `words` where a sentence begins.
  private let beginnings: [Int]

  public init(file path: String) throws(TaskFileError) {
    self.init(text: try TaskFile.text(path))
    guard !words.isEmpty else { throw TaskFileError("\(path): has no words") }
  }

  public init(text: String) {
    var words: [Substring] = []
    var beginnings: [Int] = []
    var rest = text.drop(while: \.isWhitespace)
    var begins = true
    while let first = rest.firstIndex(where: { !$0.isWhitespace }) {
      let end = rest[first...].firstIndex(where: \.isWhitespace) ?? rest.endIndex
      let next = rest[end...].firstIndex { !$0.isWhitespace } ?? rest.endIndex
      if begins { beginnings.append(words.count) }
      let word = rest[first..<next]
      words.append(word)
      begins = Self.endsSentence(word)
      rest = rest[next...]
    }
    self.words = words
    self.beginnings = beginnings
  }

  /// With a full stop, question or exclamation mark, or a line's end, in Latin or Chinese.
  private static func endsSentence(_ word: Substring) -> Bool {
    if word.contains(where: \.isNewline) { return true }
    guard let last = word.last(where: { !$0.isWhitespace && !"\"'”’)".contains($0) }) else {
      return false
    }
    return ".?!。？！".contains(last)
  }

  /// A sentence to hide, and the share of the haystack's tokens before it, 0 to 1.
  public struct Needle: Sendable {
    let text: String
    let depth: Double

    public init(_ text: String, depth: Double) {
      self.text = text
      self.depth = depth
    }
  }

  /// The haystack with `needles` in it as sentences.
  ///
  /// - Parameters:
  ///   - needles: each comes before the sentence whose beginning is nearest to its depth, or at the
  ///     end, where a sentence may be cut off. Those of one place stand in the given order.
  ///   - start: which of the text's sentences it begins with, counted around; after the text's end
  ///     it goes on at its beginning.
  ///   - length: tokens that `tokens` may count at most; as many words are taken as fit.
  ///   - tokens: tokens of the whole prompt for a haystack.
  /// - Returns: nil if not even the needles fit.
  public func hiding(
    _ needles: [Needle], start: Int, length: Int, tokens: (String) throws -> Int
  ) rethrows -> String? {
    let first = beginnings[start % beginnings.count]
    func prompt(_ places: [Int], _ count: Int) -> String {
      opened(first, count, at: zip(places, needles).map { (min($0, count), $1.text) })
    }
    // A word has one token at least.
    let front = needles.map { _ in 0 }
    var (count, most) = (-1, length)
    while count < most {
      let middle = (count + most + 1) / 2
      if try tokens(prompt(front, middle)) <= length { count = middle } else { most = middle - 1 }
    }
    guard count >= 0 else { return nil }
    let places = try needles.map {
      try place(depth: $0.depth, first: first, count: count, tokens: tokens)
    }
    // Where a needle stands changes the number of tokens by one or two.
    while count > 0, try tokens(prompt(places, count)) > length { count -= 1 }
    return prompt(places, count)
  }

  /// `count` words from `first` on, with each sentence before the word of its place.
  private func opened(_ first: Int, _ count: Int, at sentences: [(place: Int, text: String)])
    -> String
  {
    var text = ""
    var done = 0
    let order = sentences.indices.sorted {
      (sentences[$0].place, $0) < (sentences[$1].place, $1)
    }
    for (place, sentence) in order.map({ sentences[$0] }) {
      text += self.text(first + done, place - done, ending: true)
      if text.last?.isWhitespace == false { text += " " }
      text += sentence
      if place < count { text += " " }
      done = place
    }
    return text + self.text(first + done, count - done, ending: false)
  }

  /// How many of `count` words from `first` on come before the needle.
  private func place(
    depth: Double, first: Int, count: Int, tokens: (String) throws -> Int
  ) rethrows -> Int {
    guard depth > 0, count > 0 else { return 0 }
    let empty = try tokens("")
    let wanted = depth * Double(try tokens(text(first, count, ending: false)) - empty)
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if Double(try tokens(text(first, middle, ending: false)) - empty) < wanted {
        low = middle + 1
      } else {
        high = middle
      }
    }
    let before = stride(from: low, to: 0, by: -1).first { begins(first + $0) } ?? 0
    let after = (low..<max(low, count)).first { begins(first + $0) } ?? count
    return low - before <= after - low ? before : after
  }

  private func begins(_ word: Int) -> Bool {
    let word = word % words.count
    return word == 0 || Self.endsSentence(words[word - 1])
  }

  /// - Parameter ending: white space at the end: as the text has it, a space at least; or none.
  private func text(_ first: Int, _ count: Int, ending: Bool) -> String {
    var text = ""
    for word in first..<first + count {
      if !text.isEmpty, text.last?.isWhitespace == false { text += " " }
      text += words[word % words.count]
    }
    if ending {
      if text.last?.isWhitespace == false { text += " " }
    } else {
      while text.last?.isWhitespace == true { text.removeLast() }
    }
    return text
  }
}
