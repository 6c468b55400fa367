import Foundation
import TestSupport
import Testing

@testable import Kernels

/// Tokens of one head.
private struct Head {
  /// Rows have what does not belong to the head behind queries, keys and values.
  static let padding = 5

  let keyDim: Int
  let valueDim: Int
  let count: Int
  var rows: [Float]
  var decays: [Float]
  var rates: [Float]
  static let epsilon: Float = 1e-6
  var stride: Int { 2 * keyDim + valueDim + Self.padding }

  init(keyDim: Int, valueDim: Int, count: Int, _ random: inout SeededGenerator) {
    (self.keyDim, self.valueDim, self.count) = (keyDim, valueDim, count)
    rows = (0..<count * (2 * keyDim + valueDim + Self.padding)).map { _ in
      Float.random(in: -2...2, using: &random)
    }
    decays = (0..<count).map { _ in Float.random(in: 0...1, using: &random) }
    rates = (0..<count).map { _ in Float.random(in: 0...1, using: &random) }
  }

  func query(_ token: Int) -> [Float] { part(token, 0, keyDim) }
  func key(_ token: Int) -> [Float] { part(token, keyDim, keyDim) }
  func value(_ token: Int) -> [Float] { part(token, 2 * keyDim, valueDim) }

  private func part(_ token: Int, _ first: Int, _ count: Int) -> [Float] {
    Array(rows[token * stride + first..<token * stride + first + count])
  }

  mutating func setKey(_ token: Int, _ key: [Float]) {
    rows.replaceSubrange(token * stride + keyDim..<token * stride + 2 * keyDim, with: key)
  }

  mutating func setQuery(_ token: Int, _ query: [Float]) {
    rows.replaceSubrange(token * stride..<token * stride + keyDim, with: query)
  }
}

/// What a head gives and leaves.
private struct Outcome: Equatable {
  var outputs: [Float]
  var state: [Float]
  static let outputPadding = 3

  /// - Parameter parts: tokens in turns, each in one call if it is a chunk, or one by one.
  init(_ head: Head, parts: [Int], isChunked: Bool, shift: Int = 0) {
    let rule = { (state: UnsafeMutablePointer<Float>) in
      DeltaRule(keyDim: head.keyDim, valueDim: head.valueDim, state: state)
    }
    let outputStride = head.valueDim + Self.outputPadding
    var out = [Float](repeating: .nan, count: head.count * outputStride + shift)
    var state = [Float](repeating: 0, count: head.keyDim * head.valueDim + shift)
    let scratchCount = DeltaScratch.count(keyDim: head.keyDim, valueDim: head.valueDim)
    var scratch = [Float](repeating: .nan, count: scratchCount)
    head.rows.withUnsafeBufferPointer { rows in
      out.withUnsafeMutableBufferPointer { out in
        state.withUnsafeMutableBufferPointer { state in
          scratch.withUnsafeMutableBufferPointer { scratch in
            var first = 0
            for count in parts {
              let row = rows.baseAddress! + first * head.stride
              head.decays.withUnsafeBufferPointer { decays in
                head.rates.withUnsafeBufferPointer { rates in
                  let tokens = DeltaTokens(
                    queries: row, keys: row + head.keyDim, values: row + 2 * head.keyDim,
                    stride: head.stride, decays: decays.baseAddress! + first,
                    rates: rates.baseAddress! + first, rateStride: 1,
                    outputs: out.baseAddress! + shift + first * outputStride,
                    outputStride: outputStride)
                  let rule = rule(state.baseAddress! + shift)
                  if isChunked {
                    rule.run(
                      tokens, count: count, epsilon: Head.epsilon,
                      scratch: DeltaScratch(
                        memory: scratch.baseAddress!, keyDim: head.keyDim,
                        valueDim: head.valueDim))
                  } else {
                    rule.step(tokens, count: count, epsilon: Head.epsilon)
                  }
                }
              }
              first += count
            }
          }
        }
      }
    }
    for token in 0..<head.count {
      for place in head.valueDim..<outputStride {
        #expect(out[shift + token * outputStride + place].isNaN, "no write past an output")
      }
    }
    outputs = (0..<head.count).flatMap { token in
      out[shift + token * outputStride..<shift + token * outputStride + head.valueDim]
    }
    self.state = Array(state.dropFirst(shift))
  }
}

/// The definition in Double, token by token.
private struct Definition {
  var outputs: [Double] = []
  var state: [[Double]]
  /// The largest number that the state or a value has had.
  var largest = 0.0

  init(_ head: Head) {
    state = Array(repeating: Array(repeating: 0, count: head.valueDim), count: head.keyDim)
    for token in 0..<head.count {
      let (key, query) = (Self.unit(head.key(token)), Self.unit(head.query(token)))
      let (value, decay, rate) = (
        head.value(token), Double(head.decays[token]), Double(head.rates[token])
      )
      for column in 0..<head.valueDim {
        let known = (0..<head.keyDim).reduce(0) { $0 + state[$1][column] * key[$1] }
        let change = (Double(value[column]) - decay * known) * rate
        largest = max(largest, abs(Double(value[column])))
        var sum = 0.0
        for row in 0..<head.keyDim {
          state[row][column] = decay * state[row][column] + key[row] * change
          largest = max(largest, abs(state[row][column]))
          sum += state[row][column] * query[row]
        }
        outputs.append(sum / Double(head.keyDim).squareRoot())
      }
    }
  }

  private static func unit(_ row: [Float]) -> [Double] {
    let length = row.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
    return row.map { Double($0) / max(length, Double(Head.epsilon)) }
  }

  /// The largest difference, in units of the largest number.
  func error(_ outcome: Outcome) -> Double {
    let outputs = zip(outcome.outputs, self.outputs).map { abs(Double($0) - $1) }
    let state = zip(outcome.state, self.state.flatMap { $0 }).map { abs(Double($0) - $1) }
    let worst = (outputs + state).reduce(0) { $1.isNaN ? .infinity : max($0, $1) }
    return worst / max(largest, 1e-30)
  }
}

/// The gated delta rule, token by token and in chunks.
@Suite struct DeltaRuleTests {
  private static let sizes = [(16, 16), (24, 48), (64, 32), (128, 128), (256, 16)]
  /// Of chunks, up to the largest one; ends are ragged.
  private static let parts = [
    [1], [3, 1, 2], [4, 5, 8], [16, 17, 7], [31, 32, 15], [32, 32, 32, 1], [9, 30],
  ]
  /// The measured error of both forms is at most 2^-21.2.
  private static let bound = 0x1p-19

  private func expectAlike(_ head: Head, _ parts: [Int], _ comment: Comment? = nil) {
    let definition = Definition(head)
    let stepped = Outcome(head, parts: parts, isChunked: false)
    let chunked = Outcome(head, parts: parts, isChunked: true)
    let (step, chunk) = (definition.error(stepped), definition.error(chunked))
    #expect(step < Self.bound, comment)
    #expect(chunk < Self.bound, comment)
    #expect(Outcome(head, parts: parts, isChunked: true, shift: 1) == chunked)
    #expect(
      Outcome(head, parts: Array(repeating: 1, count: head.count), isChunked: false) == stepped)
  }

  /// Among them a key and a query of zeros, decays and rates of 0 and 1.
  @Test(arguments: sizes, parts) func randomTokens(size: (Int, Int), parts: [Int]) {
    var random = SeededGenerator(seed: UInt64(size.0 * 1000 + parts.count))
    let count = parts.reduce(0, +)
    var head = Head(keyDim: size.0, valueDim: size.1, count: count, &random)
    let zeros = [Float](repeating: 0, count: size.0)
    for token in 0..<count {
      switch token % 11 {
      case 2: head.decays[token] = 0
      case 3: head.decays[token] = 1
      case 4: head.setKey(token, zeros)
      case 5: head.setQuery(token, zeros)
      case 6: head.rates[token] = 0
      case 7: head.rates[token] = 1
      case 8: head.decays[token] = 1e-30
      default: break
      }
    }
    expectAlike(head, parts)
  }

  /// Decays and rates near their ends, and keys that are nearly the same or repeat: where the triangular
  /// system is farthest from a diagonal one.
  @Test(
    arguments: sizes,
    [(1, 1), (0.9999, 0.9999), (1, 1e-4), (1e-4, 1), (1e-20, 0.5), (0, 1), (1, 0)])
  func extremes(size: (Int, Int), rule: (Float, Float)) {
    for keyKind in 0..<4 {
      var random = SeededGenerator(seed: UInt64(size.0 + keyKind))
      var head = Head(keyDim: size.0, valueDim: size.1, count: 80, &random)
      let first = head.key(0)
      for token in 0..<head.count {
        head.decays[token] = rule.0
        head.rates[token] = rule.1
        switch keyKind {
        case 1: head.setKey(token, first)
        case 2: head.setKey(token, zip(first, head.key(token)).map { $0 + 0.01 * $1 })
        case 3: head.setKey(token, first.map { token % 2 == 0 ? $0 : -3 * $0 })
        default: break
        }
      }
      expectAlike(head, [32, 32, 16], "keys \(keyKind)")
    }
  }

  /// Lengths of keys do not matter, as long as their squares are numbers.
  @Test func lengthsOfKeys() {
    var random = SeededGenerator(seed: 5)
    var head = Head(keyDim: 32, valueDim: 32, count: 40, &random)
    for token in 0..<head.count {
      let factor: Float = [1e-4, 1, 1e5][token % 3]
      head.setKey(token, head.key(token).map { $0 * factor })
      head.setQuery(token, head.query(token).map { $0 * factor })
    }
    expectAlike(head, [32, 8])
  }

  /// What is not a number stays one.
  @Test func notANumber() {
    var random = SeededGenerator(seed: 6)
    var head = Head(keyDim: 16, valueDim: 16, count: 20, &random)
    head.rates[7] = .nan
    let outcome = Outcome(head, parts: [20], isChunked: true)
    for output in outcome.outputs.dropFirst(7 * 16).prefix(16) + outcome.outputs.suffix(16) {
      #expect(output.isNaN)
    }
    let state = outcome.state.reduce(0, +)
    #expect(state.isNaN)
  }

  @Test func decays() {
    for (alpha, bias, factor) in [
      (0, 0, -1), (3, -2, -0.5), (-40, 1, -8), (50, 3, -0.25), (90, 0, -16), (1, 1, 0),
    ] as [(Float, Float, Float)] {
      let x = Double(alpha + bias)
      let expected = exp(Double(factor) * (x > 30 ? x : log1p(exp(x))))
      let found = Double(DeltaRule.decay(alpha: alpha, bias: bias, factor: factor))
      #expect(abs(found - expected) <= 1e-7 * expected + 1e-45, "\(alpha) \(bias) \(factor)")
    }
    for x in [-100, -3, 0, 0.5, 20, 200] as [Float] {
      #expect(abs(Double(Elementary.sigmoid(x)) - 1 / (1 + exp(-Double(x)))) < 1e-7)
    }
  }
}
