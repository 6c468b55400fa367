import Kernels

/// Products of packed codes.
public enum BitsWorkload {
  public static let k = 768
  /// Tokens of a block, whole tiles.
  public static let tokens = 64
  public static let outputs = 64
  /// Outputs for a single token.
  public static let rowOutputs = 512

  /// One run: `tokens * outputs * k` products.
  static func tiles(_ context: inout CheckContext, _ kind: BitsKind, count: Int) {
    run(&context, kind, tokens: tokens, outputs: outputs, count: count)
  }

  /// One run: `rowOutputs * k` products.
  static func row(_ context: inout CheckContext, _ kind: BitsKind, count: Int) {
    run(&context, kind, tokens: 1, outputs: rowOutputs, count: count)
  }

  /// Four tokens, as proposals make them. One run: `4 * rowOutputs * k` products.
  static func four(_ context: inout CheckContext, _ kind: BitsKind, count: Int) {
    run(&context, kind, tokens: 4, outputs: rowOutputs, count: count)
  }

  private static func run(
    _ context: inout CheckContext, _ kind: BitsKind, tokens: Int, outputs: Int, count: Int
  ) {
    context.begin("tokens", tokens, "outputs", outputs, "K", k)
    let w = BitsFixture(&context, kind, outputs: outputs, k: k)
    let x = BitsActivations(
      &context, form: w.matrix.format.form, tokens: tokens, k: k, blockLength: kind.blockLength,
      isExtreme: false)
    let stride = MatrixFormat.outputCapacity(outputs)
    let out = context.take(Float.self, tokens * stride)
    for _ in 0..<count {
      Matmul.store(
        x.rows, w.matrix, groups: 0..<w.matrix.groupCount,
        into: ProductOutput(out, stride: stride), l2ByteCount: 1 << 18)
    }
  }
}
