import Kernels

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
    visitPacked(&visitor)
    visitor.visit("round-rows", RoundingWorkload.rows)
    visitor.visit("attention", AttentionWorkload.single)
    visitor.visit("attention-half", AttentionWorkload.half)
    visitor.visit("evict", EvictionWorkload.block)
    visitor.visit("evict-long", EvictionWorkload.longBlock)
    visitor.visit("evict-token", EvictionWorkload.token)
  }

  private static func visitPacked<Visitor: WorkloadVisitor & ~Copyable>(_ visitor: inout Visitor) {
    visitor.visit("q4_0-tile") { BitsWorkload.tiles(&$0, .q4_0, count: $1) }
    visitor.visit("q4_0-four") { BitsWorkload.four(&$0, .q4_0, count: $1) }
    visitor.visit("q4_0-row") { BitsWorkload.row(&$0, .q4_0, count: $1) }
    visitor.visit("q5_0-tile") { BitsWorkload.tiles(&$0, .q5_0, count: $1) }
    visitor.visit("q5_0-four") { BitsWorkload.four(&$0, .q5_0, count: $1) }
    visitor.visit("q5_0-row") { BitsWorkload.row(&$0, .q5_0, count: $1) }
    visitor.visit("iq4_nl-tile") { BitsWorkload.tiles(&$0, .iq4_nl, count: $1) }
    visitor.visit("iq4_nl-row") { BitsWorkload.row(&$0, .iq4_nl, count: $1) }
    visitor.visit("q4_k-tile") { BitsWorkload.tiles(&$0, .q4_k, count: $1) }
    visitor.visit("q4_k-four") { BitsWorkload.four(&$0, .q4_k, count: $1) }
    visitor.visit("q4_k-row") { BitsWorkload.row(&$0, .q4_k, count: $1) }
    visitor.visit("q5_k-tile") { BitsWorkload.tiles(&$0, .q5_k, count: $1) }
    visitor.visit("q5_k-four") { BitsWorkload.four(&$0, .q5_k, count: $1) }
    visitor.visit("q5_k-row") { BitsWorkload.row(&$0, .q5_k, count: $1) }
    visitor.visit("q6_k-tile") { BitsWorkload.tiles(&$0, .q6_k, count: $1) }
    visitor.visit("q6_k-four") { BitsWorkload.four(&$0, .q6_k, count: $1) }
    visitor.visit("q6_k-row") { BitsWorkload.row(&$0, .q6_k, count: $1) }
    visitor.visit("iq4_xs-tile") { BitsWorkload.tiles(&$0, .iq4_xs, count: $1) }
    visitor.visit("iq4_xs-row") { BitsWorkload.row(&$0, .iq4_xs, count: $1) }
    visitor.visit("q8_0-tile") { BitsWorkload.tiles(&$0, .q8_0, count: $1) }
    visitor.visit("q8_0-four") { BitsWorkload.four(&$0, .q8_0, count: $1) }
    visitor.visit("q8_0-row") { BitsWorkload.row(&$0, .q8_0, count: $1) }
  }
}
