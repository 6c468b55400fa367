import Kernels

/// Products of SmolLM2-135M's shortest rows.
public enum Int8Workload {
  public static let k = 576
  /// Tokens of a block, whole tiles.
  public static let tokens = 64
  public static let outputs = 64
  /// Outputs for a single token.
  public static let rowOutputs = 512

  /// One run: `tokens * outputs * k` products.
  static func tiles(_ context: inout CheckContext, count: Int) {
    run(&context, tokens: tokens, outputs: outputs, count: count)
  }

  /// One run: `rowOutputs * k` products.
  static func row(_ context: inout CheckContext, count: Int) {
    run(&context, tokens: 1, outputs: rowOutputs, count: count)
  }

  /// A few tokens, as with proposals. One run: `tokens * rowOutputs * k` products.
  static func two(_ context: inout CheckContext, count: Int) {
    run(&context, tokens: 2, outputs: rowOutputs, count: count)
  }

  static func four(_ context: inout CheckContext, count: Int) {
    run(&context, tokens: 4, outputs: rowOutputs, count: count)
  }

  static func eight(_ context: inout CheckContext, count: Int) {
    run(&context, tokens: 8, outputs: rowOutputs, count: count)
  }

  private static func run(
    _ context: inout CheckContext, tokens: Int, outputs: Int, count: Int
  ) {
    repeatProduct(
      &context, tokens: tokens, outputs: outputs, k: k, l2ByteCount: largeCache, count: count)
  }

  /// A cache that all activations fit in.
  fileprivate static let largeCache = 1 << 30

  fileprivate static func repeatProduct(
    _ context: inout CheckContext, tokens: Int, outputs: Int, k: Int, l2ByteCount: Int, count: Int
  ) {
    context.begin("tokens", tokens, "outputs", outputs, "K", k)
    let x = ActivationFixture(&context, tokens: tokens, k: k)
    let w = MatrixFixture(&context, outputs: outputs, k: k)
    let out = OutputFixture(&context, tokens: tokens, outputs: outputs)
    for _ in 0..<count {
      Int8Product.store(
        x.activations, w.matrix, groups: 0..<w.matrix.groupCount, into: out.output,
        l2ByteCount: l2ByteCount)
    }
  }
}

/// Products of the longest rows of a model of 1.2 billion weights, as in Llama 3.2 1B's feed-forward
/// part: 1 MiB of activations.
public enum LongInt8Workload {
  public static let k = 8192
  public static let tokens = 128
  public static let outputs = 128
  /// A core's second-level cache on a Cortex-A76 board.
  public static let l2ByteCount = 512 << 10

  /// All tokens by one weight panel after the other. One run: `tokens * outputs * k` products.
  static func whole(_ context: inout CheckContext, count: Int) {
    run(&context, l2ByteCount: Int8Workload.largeCache, count: count)
  }

  /// In parts that fit the cache.
  static func blocked(_ context: inout CheckContext, count: Int) {
    run(&context, l2ByteCount: l2ByteCount, count: count)
  }

  private static func run(_ context: inout CheckContext, l2ByteCount: Int, count: Int) {
    Int8Workload.repeatProduct(
      &context, tokens: tokens, outputs: outputs, k: k, l2ByteCount: l2ByteCount, count: count)
  }
}

/// Rounding of a block's rows, without the transform.
public enum RoundingWorkload {
  public static let k = 576
  public static let tokens = 16

  /// One run: `tokens * k` values.
  static func rows(_ context: inout CheckContext, count: Int) {
    context.begin("tokens", tokens, "K", k)
    let x = ActivationFixture(&context, tokens: tokens, k: k)
    for _ in 0..<count {
      for token in 0..<tokens {
        x.activations.setTransformedToken(
          token, from: x.rows + token * x.activations.kPadded, magnitude: 3, factor: 1)
      }
    }
  }
}
