import Memory
import TestSupport
import Testing

@testable import Generation

/// The same by its definition: all tokens are kept, and every place is looked at.
private struct SlowHistory {
  private let capacity: Int
  private var tokens: [Int32] = []

  init(capacity: Int) { self.capacity = capacity }

  mutating func append(_ token: Int32) { tokens.append(token) }

  /// The latest place before the end that as many tokens lead to.
  func latest(_ length: Int) -> Int? {
    if tokens.count <= length { return nil }
    let oldest = max(length, tokens.count - capacity + length)
    return stride(from: tokens.count - 1, through: oldest, by: -1).first {
      tokens[$0 - length..<$0] == tokens.suffix(length)
    }
  }

  /// Tokens before a place that are those at the end.
  func matchedCount(before start: Int) -> Int {
    let remembered = tokens.count - start
    return (0..<16).prefix {
      start - 1 - $0 >= 0 && remembered + $0 + 1 <= capacity
        && tokens[start - 1 - $0] == tokens[tokens.count - 1 - $0]
    }.count
  }

  func following(_ start: Int, _ count: Int) -> [Int32] {
    var text = tokens
    for index in 0..<count { text.append(text[start + index]) }
    return Array(text.suffix(count))
  }
}

/// A history in memory of its own.
private struct Fixture: ~Copyable {
  var history: TokenHistory
  private let arena: Arena

  static func make(capacity: Int) throws -> Fixture {
    var measuring = Carver.measuring
    _ = TokenHistory(carver: &measuring, capacity: capacity)
    let arena = try Arena(plan: measuring.measured())
    var carver = arena.carver()
    let history = TokenHistory(carver: &carver, capacity: capacity)
    carver.seal()
    return Fixture(history: history, arena: arena)
  }

  mutating func append(_ token: Int32) { history.append(token) }
  func find() -> TokenHistory.Match? { history.find() }
  func following(_ match: TokenHistory.Match, _ count: Int) -> [Int32] {
    (0..<count).map { history.following(match, $0) }
  }
  mutating func removeAll() { history.removeAll() }
}

@Suite struct TokenHistoryTests {
  /// Whatever is found is right; and while n-grams are few, all that there is is found.
  @Test(arguments: [(2, 64), (3, 256), (4, 1024), (200, 256), (50_000, 64)])
  func asTheSlowOne(kinds: Int32, capacity: Int) throws {
    var fixture = try Fixture.make(capacity: capacity)
    var slow = SlowHistory(capacity: capacity)
    var random = SeededGenerator(seed: UInt64(kinds))
    var (foundCount, missedCount) = (0, 0)
    for _ in 0..<3000 {
      let token = Int32.random(in: 0..<kinds, using: &random)
      fixture.append(token)
      slow.append(token)
      let found = fixture.find()
      let longest = slow.latest(4)
      let expected = longest ?? slow.latest(2)
      guard let found else {
        if expected != nil { missedCount += 1 }
        continue
      }
      foundCount += 1
      #expect(found.length == slow.matchedCount(before: found.start))
      let isLatest = found.start == longest || found.start == slow.latest(2)
      #expect(isLatest)
      if found.length >= 4 { #expect(found.start == longest) }
      #expect(fixture.following(found, 9) == slow.following(found.start, 9))
    }
    if kinds <= 4 { #expect(foundCount > 2900 && missedCount < 60, "\(foundCount) \(missedCount)") }
    if kinds == 50_000 { #expect(foundCount < 5) }
  }

  /// A text that repeats is found again as soon as four of its tokens have come.
  @Test func repeatedText() throws {
    var fixture = try Fixture.make(capacity: 1 << 14)
    let text = (0..<500).map { Int32($0 * 97 % 5003) }
    for token in text { fixture.append(token) }
    for place in 0..<text.count {
      fixture.append(text[place])
      if place < 3 { continue }
      let found = fixture.find()
      let match = try #require(found)
      #expect(match.start == place + 1 && match.length == min(place + 1, 16))
    }
  }

  /// A short text that goes round is proposed beyond its end.
  @Test func periods() throws {
    var fixture = try Fixture.make(capacity: 64)
    for index in 0..<200 { fixture.append(Int32(index % 3)) }
    let found = fixture.find()
    let match = try #require(found)
    #expect(fixture.following(match, 7) == [2, 0, 1, 2, 0, 1, 2])
  }

  @Test func forgets() throws {
    var fixture = try Fixture.make(capacity: 64)
    #expect(fixture.find() == nil)
    for _ in 0..<3 { for token in [Int32(1), 2, 3] { fixture.append(token) } }
    #expect(fixture.find() != nil)
    fixture.removeAll()
    #expect(fixture.find() == nil)
    for token in [Int32(1), 2, 3] { fixture.append(token) }
    #expect(fixture.find() == nil)
  }
}
