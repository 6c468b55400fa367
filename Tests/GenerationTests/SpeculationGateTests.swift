import TestSupport
import Testing

@testable import Generation

extension SpeculationGate {
  /// Tokens to propose behind a match, as many as there can be.
  fileprivate func count(matched length: Int, most: Int) -> Int {
    var proposal = Proposal()
    while !proposal.isFull { proposal.append(0, .matched(length + proposal.count)) }
    return choice(proposal, most: most).count
  }

  fileprivate mutating func note(isRight: Bool, matched length: Int) {
    note(isRight: isRight, .matched(length))
  }
}

@Suite struct SpeculationGateTests {
  /// What a text of tokens takes in all, in plain passes, and what it would take without proposals.
  /// - Parameters:
  ///   - costs: of a pass of 1 to 8 tokens.
  ///   - chance: that a proposed token is right.
  ///   - found: of all places, those at which there is something to propose.
  private func time(
    costs: [Double], chance: Double, found: Double, tokens: Int = 4000, matched: Int = 8,
    seed: UInt64 = 1
  ) -> Double {
    var gate = SpeculationGate()
    var random = SeededGenerator(seed: seed)
    var (spent, place) = (0.0, 0)
    while place < tokens {
      let isFound = Double.random(in: 0..<1, using: &random) < found
      let count = isFound ? gate.count(matched: matched, most: 7) : 0
      let cost = costs[count] * Double.random(in: 0.95...1.05, using: &random)
      spent += cost
      gate.note(rows: count + 1, nanoseconds: Int64(cost * 1e6))
      place += 1
      for index in 0..<(isFound ? max(count, 1) : 0) {
        let isRight = Double.random(in: 0..<1, using: &random) < chance
        gate.note(isRight: isRight, matched: matched + index)
        if !isRight { break }
        if index < count { place += 1 }
      }
    }
    return spent / Double(place)
  }

  private static let cheap = [1, 1.05, 1.1, 1.15, 1.2, 1.25, 1.3, 1.35]
  private static let dear = [1, 1.9, 2.8, 3.6, 4.4, 5.2, 6.0, 6.8]

  @Test func repeatedTextIsFaster() {
    #expect(time(costs: Self.cheap, chance: 1, found: 1) < 0.2)
    #expect(time(costs: Self.cheap, chance: 0.8, found: 1) < 0.45)
    #expect(time(costs: Self.cheap, chance: 0.5, found: 0.5) < 0.85)
  }

  /// Wrong proposals, and passes that cost as much as their tokens, take 2 % at most.
  @Test(arguments: [1, 2, 3, 4, 5] as [UInt64]) func nothingIsLost(seed: UInt64) {
    for matched in [2, 3, 5, 8, 16] {
      for chance in [0, 0.02, 0.05, 0.1] {
        for costs in [Self.cheap, Self.dear] {
          let spent = time(costs: costs, chance: chance, found: 0.3, matched: matched, seed: seed)
          #expect(spent < 1.02, "\(matched) \(chance) \(costs[1]): \(spent)")
        }
      }
      let spent = time(costs: Self.dear, chance: 0.7, found: 1, matched: matched, seed: seed)
      #expect(spent < 1.03, "\(matched): \(spent)")
    }
  }

  /// As many as there is room for, and none before a pass has been timed.
  @Test func counts() {
    var gate = SpeculationGate()
    #expect(gate.count(matched: 16, most: 7) == 0)
    gate.note(rows: 1, nanoseconds: 1000)
    for _ in 0..<100 { gate.note(isRight: true, matched: 16) }
    #expect(gate.count(matched: 16, most: 7) == 7)
    for most in 0...3 { #expect(gate.count(matched: 16, most: most) == most) }
    #expect(gate.count(matched: 16, most: -5) == 0)
    #expect(gate.count(matched: 16, most: .max) == 7)
    for _ in 0..<100 { gate.note(isRight: false, matched: 16) }
    #expect(gate.count(matched: 16, most: 7) == 0)
  }

  /// Kinds are learnt one by one, and a proposal is worth what its tokens are.
  @Test func kinds() {
    var gate = SpeculationGate()
    gate.note(rows: 1, nanoseconds: 1000)
    for _ in 0..<100 {
      gate.note(isRight: true, .only)
      gate.note(isRight: false, .end)
    }
    #expect(gate.chance(.only) > 0.99 && gate.chance(.end) < 0.01)
    #expect(gate.chance(.usual) == SpeculationGate().chance(.usual))
    var proposal = Proposal()
    #expect(gate.choice(proposal, most: 7).count == 0)
    for _ in 0..<3 { proposal.append(1, .only) }
    let sure = gate.choice(proposal, most: 7)
    #expect(sure.count == 3 && sure.gain > 2.5)
    proposal.append(1, .end)
    for _ in 0..<3 { proposal.append(1, .only) }
    #expect(gate.choice(proposal, most: 7).count == 3)
    #expect(gate.choice(proposal, most: 2).count == 2)
    var guess = Proposal()
    guess.append(1, .end)
    #expect(gate.choice(guess, most: 7) == (0, 1))
  }

  /// A time that was out of the ordinary is forgotten.
  @Test func interruptions() {
    var gate = SpeculationGate()
    for _ in 0..<50 { gate.note(rows: 1, nanoseconds: 1000) }
    gate.note(rows: 1, nanoseconds: 1_000_000)
    #expect(gate.plainNanoseconds < 1100)
    for _ in 0..<3 { gate.note(rows: 8, nanoseconds: 50_000) }
    let high = gate.cost(rows: 8)
    #expect(high > 4)
    for _ in 0..<12_000 { gate.note(rows: 1, nanoseconds: 1000) }
    #expect(gate.cost(rows: 8) < 1.7)
  }
}
