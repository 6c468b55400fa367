import Foundation
import Inference
import Memory
import Platform
import Testing

@testable import Generation

/// A sampler in memory of its own.
private struct SamplerFixture: ~Copyable {
  private let arena: Arena
  var sampler: Sampler

  init(_ settings: SamplingSettings, vocabularyCount: Int) throws {
    var measuring = Carver.measuring
    // A mapping is never empty.
    _ = measuring.takeBytes(.tables, count: 64)
    _ = Sampler(carver: &measuring, settings, vocabularyCount: vocabularyCount)
    arena = try Arena(plan: measuring.measured())
    var carver = arena.carver()
    _ = carver.takeBytes(.tables, count: 64)
    sampler = Sampler(carver: &carver, settings, vocabularyCount: vocabularyCount)
    carver.seal()
  }

  mutating func next(_ logits: [Float]) -> Int32 {
    logits.withUnsafeBufferPointer {
      sampler.next(LogitRow(values: $0.baseAddress!, count: $0.count))
    }
  }
}

/// The same by the definition, with arrays and full sorts.
private struct Reference {
  let settings: SamplingSettings
  var generator: SplitMix64
  var history: [Int32] = []

  init(_ settings: SamplingSettings) {
    self.settings = settings
    generator = SplitMix64(seed: settings.seed)
  }

  func penalized(_ logits: [Float]) -> [Float] {
    var result = logits
    for token in Set(history.suffix(64)) {
      let value = logits[Int(token)]
      let penalty = Float(settings.repeatPenalty)
      result[Int(token)] = value > 0 ? value / penalty : value * penalty
    }
    return result
  }

  /// Ids and probabilities, from the likeliest.
  func distribution(_ logits: [Float]) -> [(id: Int32, probability: Double)] {
    let values = penalized(logits)
    var order = values.indices.filter { !values[$0].isNaN }.sorted {
      values[$0] > values[$1] || values[$0] == values[$1] && $0 < $1
    }
    if settings.topK > 0 { order = Array(order.prefix(settings.topK)) }
    let largest = Double(values[order[0]])
    var weights = order.map { exp((Double(values[$0]) - largest) / settings.temperature) }
    let sum = weights.reduce(0, +)
    weights = weights.map { $0 / sum }
    var kept = 0
    var reached = 0.0
    while kept < order.count && (kept == 0 || settings.topP == 1 || reached < settings.topP) {
      reached += weights[kept]
      kept += 1
    }
    let most = weights[0]
    let chosen = (0..<kept).filter { $0 == 0 || weights[$0] >= settings.minP * most }
    let all = chosen.reduce(0) { $0 + weights[$1] }
    return chosen.map { (Int32(order[$0]), weights[$0] / all) }
  }

  mutating func next(_ logits: [Float]) -> Int32 {
    if settings.temperature == 0 {
      let values = penalized(logits)
      return Int32(values.firstIndex(of: values.max()!)!)
    }
    let place = Double(generator.next() >> 11) * 0x1p-53
    var reached = 0.0
    let list = distribution(logits)
    for (id, probability) in list {
      reached += probability
      if reached > place { return id }
    }
    return list[0].id
  }
}

private struct Random: RandomNumberGenerator {
  private var source: SplitMix64
  init(_ seed: UInt64) { source = SplitMix64(seed: seed) }
  mutating func next() -> UInt64 { source.next() }

  /// Logits of one of several kinds: spread, nearly equal, with many ties, far apart.
  mutating func logits(count: Int) -> [Float] {
    let kind = Int.random(in: 0..<4, using: &self)
    return (0..<count).map { _ in
      let value = Float.random(in: -1...1, using: &self)
      return switch kind {
      case 0: value * 12
      case 1: value * 0.01
      case 2: (value * 4).rounded()
      default: value * 1e4
      }
    }
  }

  mutating func settings() -> SamplingSettings {
    var settings = SamplingSettings()
    settings.temperature = [0.0, 0.1, 0.7, 1, 2.5, 100].randomElement(using: &self)!
    settings.topK = [0, 1, 2, 7, 40, 1000].randomElement(using: &self)!
    settings.topP = [0, 0.1, 0.5, 0.95, 1].randomElement(using: &self)!
    settings.minP = [0, 0.05, 0.5, 1].randomElement(using: &self)!
    settings.repeatPenalty = [1, 1.1, 1.5, 0.5].randomElement(using: &self)!
    settings.seed = next()
    return settings
  }
}

@Suite struct SamplerTests {
  @Test func choosesAsTheDefinitionDoes() throws {
    var random = Random(1)
    for _ in 0..<400 {
      let settings = random.settings()
      let count = Int.random(in: 1...300, using: &random)
      var fixture = try SamplerFixture(settings, vocabularyCount: count)
      var reference = Reference(settings)
      for _ in 0..<20 {
        let logits = random.logits(count: count)
        let token = fixture.next(logits)
        #expect(token == reference.next(logits), "\(settings) of \(count)")
        // Few different tokens, so that there are repeats.
        let taken = Bool.random(using: &random) ? token : Int32.random(in: 0..<9, using: &random)
        fixture.sampler.accept(taken % Int32(count))
        reference.history.append(taken % Int32(count))
      }
    }
  }

  /// Settings that come later count in all they say, also where there is room for more candidates.
  @Test func otherSettingsCountAsTheDefinitionDoes() throws {
    var random = Random(2)
    var widest = SamplingSettings()
    (widest.temperature, widest.topK) = (1, 0)
    let count = 300
    var fixture = try SamplerFixture(widest, vocabularyCount: count)
    for _ in 0..<400 {
      let settings = random.settings()
      fixture.sampler.reset()
      fixture.sampler.use(settings)
      var reference = Reference(settings)
      for _ in 0..<5 {
        let logits = random.logits(count: count)
        #expect(fixture.next(logits) == reference.next(logits), "\(settings)")
      }
    }
  }

  @Test func temperatureZeroTakesTheFirstOfTheLargest() throws {
    var fixture = try SamplerFixture(SamplingSettings(), vocabularyCount: 5)
    #expect(fixture.next([1, 3, 2, 3, 0]) == 1)
    #expect(fixture.next([-1, -3, -1, -2, -5]) == 0)
  }

  @Test func theLogitsStayAsTheyAre() throws {
    var settings = SamplingSettings()
    settings.repeatPenalty = 2
    var fixture = try SamplerFixture(settings, vocabularyCount: 3)
    fixture.sampler.accept(1)
    fixture.sampler.accept(1)
    let logits: [Float] = [2.5, 3, 0.1]
    #expect(fixture.next(logits) == 0)
    #expect(logits == [2.5, 3, 0.1])
  }

  @Test func thePenaltyLooksBackOnSixtyFourTokens() throws {
    var settings = SamplingSettings()
    settings.repeatPenalty = 10
    var fixture = try SamplerFixture(settings, vocabularyCount: 3)
    fixture.sampler.accept(0)
    for _ in 0..<63 { fixture.sampler.accept(2) }
    #expect(fixture.next([5, 1, 0]) == 1)
    fixture.sampler.accept(2)
    #expect(fixture.next([5, 1, 0]) == 0)
  }

  @Test(arguments: [0, 2, 5]) func extremeLogits(topK: Int) throws {
    var settings = SamplingSettings()
    settings.temperature = 1
    settings.topK = topK
    settings.topP = 1
    settings.minP = 0
    var fixture = try SamplerFixture(settings, vocabularyCount: 4)
    let huge = Float.greatestFiniteMagnitude
    for _ in 0..<50 {
      #expect(fixture.next([-huge, huge, -.infinity, 0]) == 1)
      #expect(fixture.next([-.infinity, -.infinity, 3, -.infinity]) == 2)
      #expect(fixture.next([.nan, 2, -1e6, .nan]) == 1)
      #expect([1, 3].contains(fixture.next([-1000, 4, .nan, 4])))
    }
    // No softmax: the largest, whatever it is.
    #expect(fixture.next([0, .infinity, 1, .infinity]) == 1)
    #expect((0..<4).contains(fixture.next([.nan, .nan, .nan, .nan])))
    settings.temperature = 1e-300
    var cold = try SamplerFixture(settings, vocabularyCount: 4)
    #expect(cold.next([0, 1, 1.0001, -1]) == 2)
  }

  @Test func aSeedGivesTheSameTokensAgain() throws {
    var settings = SamplingSettings()
    settings.temperature = 1
    settings.seed = 7
    var fixture = try SamplerFixture(settings, vocabularyCount: 100)
    var random = Random(2)
    let rows = (0..<50).map { _ in random.logits(count: 100).map { $0 / 10 } }
    let first = rows.map { fixture.next($0) }
    fixture.sampler.reset()
    #expect(rows.map { fixture.next($0) } == first)
    settings.seed = 8
    var other = try SamplerFixture(settings, vocabularyCount: 100)
    #expect(rows.map { other.next($0) } != first)
  }

  /// Pearson's statistic of 20,000 draws with n candidates has the mean n - 1 and the variance
  /// 2 (n - 1); the bound is five standard deviations above. The seed is fixed.
  @Test(arguments: [(40, 0.95, 0.05), (0, 1, 0), (10, 1, 0), (0, 0.8, 0), (0, 1, 0.2)])
  func tokensComeAsOftenAsTheirProbabilitySays(topK: Int, topP: Double, minP: Double) throws {
    var settings = SamplingSettings()
    settings.temperature = 0.8
    (settings.topK, settings.topP, settings.minP) = (topK, topP, minP)
    settings.seed = 11
    var random = Random(3)
    let logits = (0..<60).map { _ in Float.random(in: -1...1.5, using: &random) }
    let expected = Reference(settings).distribution(logits)
    var fixture = try SamplerFixture(settings, vocabularyCount: logits.count)
    var counts = [Int](repeating: 0, count: logits.count)
    let drawCount = 20_000
    for _ in 0..<drawCount { counts[Int(fixture.next(logits))] += 1 }
    let known = Set(expected.map(\.id))
    for id in counts.indices where !known.contains(Int32(id)) { #expect(counts[id] == 0) }
    let statistic = expected.reduce(0.0) { sum, entry in
      let mean = entry.probability * Double(drawCount)
      return sum + pow(Double(counts[Int(entry.id)]) - mean, 2) / mean
    }
    let freedom = Double(expected.count - 1)
    #expect(freedom >= 5)
    #expect(statistic < freedom + 5 * (2 * freedom).squareRoot(), "\(statistic) of \(freedom)")
  }
}
