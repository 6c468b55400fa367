import Kernels

/// Attention of 32 tokens, three query heads on a KV head, behind 480 slots, with the anchor's row.
public enum AttentionWorkload {
  private static let headDim = 64
  private static let group = 3
  private static let tokens = 32
  private static let slotsBefore = 480

  /// Multiplications of scores and of values in one run; hidden ones are left out.
  public static var size: Int {
    (tokens * slotsBefore + tokens * (tokens + 1) / 2) * group * headDim * 2
  }

  static func single(_ context: inout CheckContext, count: Int) {
    run(&context, usesFloat16: false, count: count)
  }

  static func half(_ context: inout CheckContext, count: Int) {
    run(&context, usesFloat16: true, count: count)
  }

  private static func run(_ context: inout CheckContext, usesFloat16: Bool, count: Int) {
    context.begin("tokens", tokens, "slots", slotsBefore)
    let problem = AttentionProblem(
      &context, headDim: headDim, group: group, tokens: tokens, slotsBefore: slotsBefore)
    problem.fill(.moderate, &context.random)
    let rows = tokens * group
    let attention = problem.setUp(0, rows, usesFloat16: usesFloat16)
    for _ in 0..<count { problem.attend(attention, 0, rows) }
  }
}
