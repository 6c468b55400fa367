/// A score of each of a KV head's query heads, which joins the softmax of every token and weighs no value.
@safe public struct AttentionSinks: BitwiseCopyable {
  /// `[query heads]`
  let scores: UnsafePointer<Float>
  let group: Int

  public init(scores: UnsafePointer<Float>, group: Int) {
    unsafe self.scores = scores
    self.group = group
  }

  /// Where the sink outweighs all slots by more than two to this power, they weigh nothing either way.
  private static var exponentMax: Float { 120 }

  /// The sink's weight in a row's softmax, relative to that of a score of `maximum`.
  /// - Parameters:
  ///   - row: of the block: query head row % group.
  ///   - maximum: times log2(e), as scores are.
  @inline(__always)
  func weight(row: Int, above maximum: Float) -> Float {
    let exponent = unsafe scores[row % group] * log2OfE - maximum
    return exp2(NativeFloats(repeating: min(exponent, Self.exponentMax)))[0]
  }
}
