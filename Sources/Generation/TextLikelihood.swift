import Inference
import Kernels
import Platform

/// The likelihood of a text under the cache policy: the sum of -log p over its tokens, each one
/// predicted from those before it.
public struct TextLikelihood {
  /// Rows of logits that are made at a time: each batch reads the whole output head.
  public static let logitRowCountMax = 16
  private let skippedCount: Int
  public private(set) var tokenCount = 0
  /// Tokens whose likelihood was taken.
  public private(set) var scoredCount = 0
  private var sum = 0.0

  /// - Parameter skippedCount: tokens after the first one that do not count.
  public init(skippedCount: Int) { self.skippedCount = skippedCount }

  /// The mean of -log p, 0 if there is none.
  public var mean: Double { scoredCount > 0 ? sum / Double(scoredCount) : 0 }

  public var perplexity: Double { Elementary.exp(mean) }

  /// Takes the block that the engine read last.
  /// - Parameters:
  ///   - following: the text's token after the block, nil at its end.
  ///   - logits: gets all rows as Float32, if `writesLogits`.
  @export(interface)
  public mutating func addBlock(
    _ engine: borrowing Engine, tokenCount count: Int, following: Int32?,
    logits: inout TextOutput, writesLogits: Bool
  ) throws(NumberFault) {
    let batch = engine.settings.logitRowCount
    var first = 0
    while first < count {
      let rowCount = min(batch, count - first)
      try engine.makeCheckedLogits(firstRow: first, rowCount: rowCount)
      for row in 0..<rowCount {
        let values = engine.logits(row)
        let place = first + row + 1
        let next = unsafe place < count ? engine.block[place] : following
        if let next { add(values, next: next, index: tokenCount + place) }
        if writesLogits { unsafe logits.write(raw: values.bytes) }
      }
      first += rowCount
    }
    tokenCount += count
  }

  /// - Parameter index: of the predicted token in the text.
  private mutating func add(_ logits: LogitRow, next: Int32, index: Int) {
    if index <= skippedCount { return }
    sum += logits.negativeLogLikelihood(of: next)
    scoredCount += 1
  }
}
