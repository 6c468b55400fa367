/// Products of rounded activations with weights, for a range of output groups: one switch a product,
/// then the family of the matrix.
///
/// Rows must have been rounded for the matrix (`WeightMatrix.rows`). `l2ByteCount`, the calling
/// thread's part of the second-level cache, changes the order of the outputs, not their bits.
public enum Matmul {
  /// out = x·W
  public static func store(
    _ x: ActivationRows, _ w: WeightMatrix, groups: Range<Int>, into out: ProductOutput,
    l2ByteCount: Int
  ) {
    switch (x, w) {
    case (.int8(let x), .int8(let w)):
      Int8Product.store(x, w, groups: groups, into: out, l2ByteCount: l2ByteCount)
    }
  }

  /// out += x·W
  public static func add(
    _ x: ActivationRows, _ w: WeightMatrix, groups: Range<Int>, to out: ProductOutput,
    l2ByteCount: Int
  ) {
    switch (x, w) {
    case (.int8(let x), .int8(let w)):
      Int8Product.add(x, w, groups: groups, to: out, l2ByteCount: l2ByteCount)
    }
  }

  /// out = bias + x·W
  /// - Parameter bias: as many values as the matrix has outputs, and padding.
  @export(interface)
  public static func add(
    _ x: ActivationRows, _ w: WeightMatrix, groups: Range<Int>, bias: UnsafePointer<Float>,
    into out: ProductOutput, l2ByteCount: Int
  ) {
    let columns =
      switch w {
      case .int8: Int8Matrix.columns(groups)
      }
    for token in 0..<x.tokenCount { out.setRow(token, columns: columns, from: bias) }
    add(x, w, groups: groups, to: out, l2ByteCount: l2ByteCount)
  }

  /// out = silu(x·gate) * (x·up), the gated unit of Llama's feed-forward part.
  public static func gated(
    _ x: ActivationRows, gate: WeightMatrix, up: WeightMatrix, groups: Range<Int>,
    into out: ProductOutput, l2ByteCount: Int
  ) {
    switch (x, gate, up) {
    case (.int8(let x), .int8(let gate), .int8(let up)):
      Int8Product.gated(
        x, gate: gate, up: up, groups: groups, into: out, l2ByteCount: l2ByteCount)
    }
  }
}
