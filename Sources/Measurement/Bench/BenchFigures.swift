import Inference
import Memory
import Model
import Platform

/// What a prompt's result comes to: speeds, and how near they are to the machine's limits.
struct BenchFigures {
  private let result: BenchResult
  private let generateCount: Int
  private let limits: MachineLimits
  /// Multiply-adds of a prompt token's matrix products. The output head is left out: of a prompt
  /// only the last token has logits.
  let macsPerToken: Int
  /// Weights, scales and norms that a generated token reads, with the output head.
  private let weightByteCount: Int
  /// Multiply-adds of the prompt's attention, with products of queries and keys and sums of values.
  let attentionMacs: Int
  /// A slot's keys and values in all layers.
  private let slotByteCount: Int

  init(
    _ result: BenchResult, generateCount: Int, _ limits: MachineLimits, _ shape: ModelShape,
    _ settings: RunSettings, _ plan: MemoryPlan
  ) {
    self.result = result
    self.generateCount = generateCount
    self.limits = limits
    macsPerToken = shape.layerMatrixWeightCount
    weightByteCount =
      plan.byteCount(of: .weights) + plan.byteCount(of: .norms)
      + plan.byteCount(of: shape.isOutputTied ? .embeddings : .outputHead)
    attentionMacs = Self.attentionMacs(result.promptLength, shape, settings)
    slotByteCount =
      2 * shape.layers.sum { $0.keptLength } * MemoryLayout<UInt16>.stride
  }

  private var promptMacs: Int { macsPerToken * result.promptLength }

  /// Multiply-adds a second in the time of the matrix products.
  var linearMacsPerSecond: Double { rate(promptMacs, nanoseconds: result.prefillTimes.linear) }

  /// Of a prompt whose KV heads have equal budgets: with others it is their mean that counts.
  private static func attentionMacs(
    _ promptLength: Int, _ shape: ModelShape, _ settings: RunSettings
  ) -> Int {
    let step = settings.blockSize
    return shape.layers.sum { layer in
      var seen = 0
      for start in stride(from: 0, to: layer.kvLength > 0 ? promptLength : 0, by: step) {
        let tokens = min(step, promptLength - start)
        var before = settings.evicts ? min(start, settings.cacheBudget) : start
        if case .window(let window) = layer.span { before = min(before, window) }
        seen += tokens * before + tokens * (tokens + 1) / 2
      }
      return 2 * layer.queryLength * seen
    }
  }

  /// Multiply-adds a second in the time of attention.
  var attentionMacsPerSecond: Double {
    rate(attentionMacs, nanoseconds: result.prefillTimes.attention)
  }
  var attentionOfPeak: Double {
    Self.ratio(attentionMacsPerSecond, limits.multiplyAddsPerSecond)
  }

  /// Multiply-adds a second in the time of the whole prompt.
  var macsPerSecond: Double { rate(promptMacs, nanoseconds: result.prefill.median) }

  var linearOfPeak: Double { Self.ratio(linearMacsPerSecond, limits.macsPerSecond) }
  var ofPeak: Double { Self.ratio(macsPerSecond, limits.macsPerSecond) }

  /// Weights and the mean of the cache slots that were there.
  var bytesPerToken: Int { weightByteCount + slotByteCount * result.slotSum / generateCount }

  var bytesPerSecond: Double {
    rate(bytesPerToken * generateCount, nanoseconds: result.decode.median)
  }
  var ofReading: Double { Self.ratio(bytesPerSecond, limits.readBytesPerSecond) }

  private static func ratio(_ value: Double, _ limit: Double) -> Double {
    limit > 0 ? value / limit : 0
  }
}
