import CInstructions

/// What is done with each check.
public protocol CheckVisitor: ~Copyable {
  mutating func visit(_ name: StaticString, _ check: (inout CheckContext) -> Void)
}

/// All checks of the kernels, by name. The same list runs natively and on a board or its emulator.
public enum CheckList {
  public static func visit<Visitor: CheckVisitor & ~Copyable>(_ visitor: inout Visitor) {
    visitor.visit("int8.every-k", Int8KernelChecks.everyLength)
    visitor.visit("int8.extremes", Int8KernelChecks.extremes)
    visitor.visit("matmul.store", Int8ProductChecks.store)
    visitor.visit("matmul.add", Int8ProductChecks.add)
    visitor.visit("matmul.gated", Int8ProductChecks.gated)
    visitor.visit("matmul.blocked", Int8ProductChecks.blocked)
    visitor.visit("matmul.rounding", Int8ProductChecks.approximatesTrueProduct)
    visitor.visit("matrix.int8", MatrixChecks.int8)
    visitor.visit("bits.row-products", BitsChecks.rowProducts)
    visitor.visit("bits.tile-products", BitsChecks.tileProducts)
    visitor.visit("bits.extremes", BitsChecks.extremes)
    visitor.visit("bits.rows", BitsChecks.decodedRows)
    visitor.visit("bits.joined", BitsChecks.joined)
    visitor.visit("bits.not-finite", BitsChecks.notFinite)
    visitor.visit("bits.zero", BitsChecks.zeroActivations)
    visitor.visit("packed-matrix.rows", Int8MatrixChecks.rows)
    visitor.visit("packed-matrix.ties", Int8MatrixChecks.ties)
    visitor.visit("packed-matrix.zero-and-tiny", Int8MatrixChecks.zeroAndTiny)
    visitor.visit("packed-matrix.not-finite", Int8MatrixChecks.notFinite)
    visitor.visit("hadamard.exact", HadamardChecks.exact)
    visitor.visit("hadamard.real", HadamardChecks.real)
    visitor.visit("activations.rows", Int8RowsChecks.rows)
    visitor.visit("activations.normalized", Int8RowsChecks.normalized)
    visitor.visit("activations.zero-and-tiny", Int8RowsChecks.zeroAndTiny)
    visitor.visit("exp2", ElementwiseChecks.powersOfTwo)
    visitor.visit("exp2-half", ElementwiseChecks.halfPowersOfTwo)
    visitor.visit("silu", ElementwiseChecks.siluValues)
    visitor.visit("rows.sums-and-rounding", ElementwiseChecks.sumsAndRounding)
    visitor.visit("clamped-gate.units", ClampedGateChecks.units)
    visitor.visit("clamped-gate.added-rows", ClampedGateChecks.addedRows)
    visitor.visit("log-sum-exp", LogSumExpChecks.values)
    visitor.visit("elementary.table", ElementaryChecks.table)
    visitor.visit("rotary.frequencies", RotaryChecks.frequencies)
    visitor.visit("rotary.rotate", RotaryChecks.rotate)
    visitor.visit("rotary.turn-back", RotaryChecks.turnBack)
    visitor.visit("float-tile.single", FloatTileChecks.single)
    visitor.visit("float-tile.widened", FloatTileChecks.widened)
    visitor.visit("attention.shapes", AttentionChecks.shapes)
    visitor.visit("attention.extreme-scores", AttentionChecks.extremeScores)
    visitor.visit("attention.columns", AttentionChecks.columns)
    visitor.visit("attention.segments", AttentionChecks.segments)
    visitor.visit("key-passes", KeyPassChecks.all)
    visitor.visit("cache-rows.float16", CacheRowsChecks.float16)
    visitor.visit("cache-rows.slots", CacheRowsChecks.slots)
    visitor.visit("cache-rows.sums", CacheRowsChecks.sums)
    visitor.visit("selection.orders", SelectionChecks.orders)
    visitor.visit("selection.rank-limits", SelectionChecks.rankLimits)
    visitor.visit("victims.found", VictimChecks.found)
    visitor.visit("victims.retained", VictimChecks.retained)
    if computesInFloat16 {
      visitor.visit("float-tile.half", FloatTileChecks.half)
      visitor.visit("attention.half", AttentionChecks.half)
      visitor.visit("attention.half-columns", AttentionChecks.halfColumns)
      visitor.visit("attention.half-segments", AttentionChecks.halfSegments)
      visitor.visit("attention.range", AttentionChecks.range)
      visitor.visit("attention.value-range", AttentionChecks.valueRange)
    }
  }

  /// Whether this build has Float16 arithmetic; without it some checks are not in the list.
  public static var computesInFloat16: Bool {
    edge_built_with_fp16() || edge_built_with_avx512_fp16()
  }
}
