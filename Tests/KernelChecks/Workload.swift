/// What is done with each workload.
public protocol WorkloadVisitor: ~Copyable {
  mutating func visit(_ name: StaticString, _ run: (inout CheckContext, Int) -> Void)
}

/// Single kernels on fixed data, to be run some number of times: what one run costs is a difference
/// of two numbers, in which the preparation cancels out.
public enum WorkloadList {
  public static func visit<Visitor: WorkloadVisitor & ~Copyable>(_ visitor: inout Visitor) {
    visitor.visit("int8-tile", Int8Workload.tiles)
    visitor.visit("int8-row", Int8Workload.row)
    visitor.visit("int8-two", Int8Workload.two)
    visitor.visit("int8-four", Int8Workload.four)
    visitor.visit("int8-eight", Int8Workload.eight)
    visitor.visit("int8-long", LongInt8Workload.whole)
    visitor.visit("int8-long-blocked", LongInt8Workload.blocked)
    visitor.visit("q4_0-tile", BitsWorkload.shortTiles)
    visitor.visit("q4_0-row", BitsWorkload.shortRow)
    visitor.visit("q4_k-tile", BitsWorkload.longTiles)
    visitor.visit("q4_k-row", BitsWorkload.longRow)
    visitor.visit("q8_0-row", BitsWorkload.byteRow)
    visitor.visit("round-rows", RoundingWorkload.rows)
    visitor.visit("attention", AttentionWorkload.single)
    visitor.visit("attention-half", AttentionWorkload.half)
    visitor.visit("evict", EvictionWorkload.block)
    visitor.visit("evict-long", EvictionWorkload.longBlock)
    visitor.visit("evict-token", EvictionWorkload.token)
  }
}
