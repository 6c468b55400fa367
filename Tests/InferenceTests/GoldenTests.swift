import Foundation
import Inference
import Platform
import Profile
import TestSupport
import Testing

private struct FullGolden: Decodable {
  let tokens: [Int32]
  let nll: [Double]
  /// The five best ids of each of the first 256 positions, with log-probabilities.
  let top: [[[Double]]]
}

/// The float32 reference's figures (`what` in the files says how they were made) against the int8
/// runtime. The reference with the same int8 rounding moves by as much as the tolerances' halves,
/// and differently rounded sums move it as much again.
@Suite(.serialized) struct GoldenTests {
  @Test(.enabled(if: Files.hasGolden("full.json"), "needs the default model and full.json"))
  func fullCacheLikelihoodAndBestIds() throws {
    let golden = try JSONDecoder().decode(
      FullGolden.self, from: Data(contentsOf: Files.golden("full.json")))
    var fixture = try Fixture.open(
      Files.model!, settings(.full, block: 128, budget: 1024))
    var sureCount = 0
    var agreeingCount = 0
    let likelihoods = try fixture.negativeLogLikelihoods(
      golden.tokens,
      row: { position, logits in
        guard position < golden.top.count else { return }
        let best = golden.top[position]
        guard best[0][1] - best[1][1] > 0.5 else { return }
        sureCount += 1
        if Int(logits.best()) == Int(best[0][0]) { agreeingCount += 1 }
      })
    let perplexity = exp(mean(likelihoods))
    let reference = exp(mean(golden.nll))
    print("full cache: perplexity \(perplexity), reference \(reference)")
    print("best ids: \(agreeingCount) of \(sureCount) sure positions agree")
    #expect(abs(perplexity / reference - 1) < 0.006)
    #expect(sureCount > 100)
    #expect(Double(agreeingCount) >= 0.99 * Double(sureCount))
  }

  @Test(
    .enabled(if: Files.hasGolden("kept.json"), "needs the default model and kept.json"),
    arguments: [
      "keydiff", "keydiff recent=0.25 sinks=4", "keydiff-normalized", "keydiff-pairwise",
      "keydiff-median", "keydiff-dot", "keydiff-euclidean", "sink", "tova", "h2o", "snapkv", "l2",
    ])
  func keptPositions(name: String) throws {
    let json =
      try JSONSerialization.jsonObject(with: Data(contentsOf: Files.golden("kept.json")))
      as! [String: Any]
    let tokens = (json["tokens"] as! [NSNumber]).map(\.int32Value)
    let golden = (json["kept"] as! [String: Any])[name] as! [String: Any]
    let policyName = Array(name.prefix { $0 != " " }.utf8)
    let policy = Policy(name: policyName.span)!
    let hasRecent = name.contains("recent")
    var fixture = try Fixture.open(
      Files.model!,
      settings(
        policy, block: 64, budget: 256, sinks: hasRecent ? 4 : 0, recent: hasRecent ? 64 : 0))
    var shares: [Double] = []
    let likelihoods = try fixture.negativeLogLikelihoods(
      tokens,
      afterBlock: { engine, block in
        for layer in 0..<engine.shape.layerCount {
          guard let heads = golden["block \(block) layer \(layer)"] as? [[NSNumber]] else {
            continue
          }
          for (kvHead, expected) in heads.enumerated() {
            let kept = Set(engine.keptPositions(layer: layer, kvHead: kvHead))
            #expect(kept.count == expected.count)
            let common = kept.intersection(expected.map(\.uint32Value))
            shares.append(Double(common.count) / Double(expected.count))
          }
        }
      })
    let scored = mean(likelihoods[320...])
    let reference = (golden["mean nll of tokens 321..767"] as! NSNumber).doubleValue
    print("\(name): kept \(mean(shares)), nll \(scored), reference \(reference)")
    #expect(shares.count == 45)
    #expect(mean(shares) >= (policy == .sink ? 1 : 0.97))
    #expect(abs(scored - reference) < 0.05)
  }

  @Test(
    .enabled(if: Files.hasGolden("wikitext.tokens"), "needs the default model and wikitext.tokens"),
    arguments: [
      LongText(.full, 3.0214), LongText(.keydiff, 3.1142),
      LongText(.keydiff, sinks: 4, recent: 256, 3.0871), LongText(.keydiffNormalized, 3.1155),
      LongText(.sink, 3.0643), LongText(.tova, 3.0852), LongText(.snapkv, 3.0748),
      LongText(.h2o, 3.1710), LongText(.l2, 3.2044),
    ])
  func longTextLikelihood(_ run: LongText) throws {
    let text = try String(contentsOf: Files.golden("wikitext.tokens"), encoding: .utf8)
    let tokens = text.split(whereSeparator: \.isWhitespace).prefix(4096).map { Int32($0)! }
    var fixture = try Fixture.open(
      Files.model!,
      settings(
        run.policy, block: 128, budget: run.policy == .full ? 4096 : 1024, sinks: run.sinks,
        recent: run.recent))
    let likelihoods = try fixture.negativeLogLikelihoods(tokens)
    let scored = mean(likelihoods[1152...])
    print("4096 tokens, \(run): nll \(scored)")
    #expect(abs(scored - run.reference) < 0.02)
  }

  /// A policy, and the reference's mean likelihood under it.
  struct LongText {
    let policy: Policy
    let sinks: Int
    let recent: Int
    let reference: Double

    init(_ policy: Policy, sinks: Int = 0, recent: Int = 0, _ reference: Double) {
      (self.policy, self.sinks, self.recent, self.reference) = (policy, sinks, recent, reference)
    }
  }

  /// Float32's perplexity of these 2,048 tokens is 15.1026. Float16 attention is tested where this
  /// processor computes in it; its share of the error is what the two cases differ by.
  @Test(
    .enabled(if: Files.hasGolden("wikitext.tokens"), "needs the default model and wikitext.tokens"),
    arguments: BuildFeatures.hasFloat16Arithmetic ? [false, true] : [false])
  func perplexity(usesFloat16: Bool) throws {
    let text = try String(contentsOf: Files.golden("wikitext.tokens"), encoding: .utf8)
    let tokens = text.split(whereSeparator: \.isWhitespace).prefix(2048).map { Int32($0)! }
    var fixture = try Fixture.open(
      Files.model!, settings(.full, block: 128, budget: 2048, usesFloat16: usesFloat16))
    let perplexity = exp(mean(try fixture.negativeLogLikelihoods(tokens)))
    print("2048 tokens, Float16 \(usesFloat16): perplexity \(perplexity), reference 15.1026")
    #expect(abs(perplexity / 15.1026 - 1) < 0.005)
  }

  @Test(
    .enabled(if: Files.hasGolden("full.json"), "needs the default model and full.json"),
    arguments: [Policy.keydiff, .h2o, .snapkv])
  func resultsDoNotDependOnTheThreadCount(policy: Policy) throws {
    let golden = try JSONDecoder().decode(
      FullGolden.self, from: Data(contentsOf: Files.golden("full.json")))
    let tokens = Array(golden.tokens.prefix(300))
    var results: [[Double]] = []
    for threads in [1, 2, 3] {
      var fixture = try Fixture.open(
        Files.model!, settings(policy, block: 64, budget: 128, threads: threads))
      results.append(try fixture.negativeLogLikelihoods(tokens))
    }
    #expect(results[0] == results[1])
    #expect(results[0] == results[2])
  }
}
