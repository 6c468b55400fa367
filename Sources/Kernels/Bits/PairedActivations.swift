import CInstructions

#if !arch(x86_64)
  /// A unit of a token's activations.
  struct PairedUnit {
    let first: edge_runs
    let second: edge_runs
    /// What sums of bytes have in addition to those of codes.
    let start: CodeSums
  }

  /// A token's activations and their sums (`PairedSums`), from a unit on.
  @safe struct PairedActivations<Kind: PackedType> {
    private var values: UnsafeRawPointer
    private var sums: UnsafeRawPointer
    private var scales: UnsafePointer<Float>
    private let end: UnsafeRawPointer

    private var format: PackedFormat { @inline(__always) get { Kind.format } }

    @inline(__always)
    init(_ x: BlockRows) {
      unsafe values = UnsafeRawPointer(x.values)
      unsafe sums = UnsafeRawPointer(x.sums)
      unsafe scales = UnsafePointer(x.scales)
      unsafe end = values + x.k
    }

    @inline(__always) var isAtEnd: Bool { unsafe values == end }

    @inline(__always)
    mutating func nextScale() -> Float {
      let scale = unsafe scales[0]
      unsafe scales += 1
      return scale
    }

    /// A unit that is a block, and the sum of its activations in formats with minimums.
    @inline(__always)
    mutating func nextShort() -> (unit: PairedUnit, sum: CodeSums) {
      let first = unsafe sums.assumingMemoryBound(to: Int32.self)
      unsafe sums += edge_in_register(PairedSums.unitByteCount)
      if !format.hasMinimums {
        return unsafe (nextUnit(start: edge_load_repeated_sum(first)), CodeSums())
      }
      let sum = unsafe edge_load_repeated_sum(first + 1)
      return (nextUnit(start: edge_lifted_sums(sum, 7)), sum)
    }

    /// A unit of a long block.
    @inline(__always)
    mutating func nextLong() -> PairedUnit {
      let place = unsafe sums.assumingMemoryBound(to: Int32.self)
      unsafe sums = edge_advance(sums, 4)
      return unsafe nextUnit(start: edge_load_repeated_sum(place))
    }

    /// What the sums of a long block's units are made of, behind its last unit.
    @inline(__always)
    mutating func nextParts() -> edge_runs {
      let parts = unsafe edge_load_runs(sums)
      unsafe sums += PairedSums.longBlockByteCount - PairedSums.lowParts
      return parts
    }

    /// Has its next unit read when another has been multiplied.
    @inline(__always)
    mutating func follow(_ totals: PairedTotals) {
      unsafe values = totals.sums.after(values)
    }

    @inline(__always)
    private mutating func nextUnit(start: CodeSums) -> PairedUnit {
      let unit = unsafe PairedUnit(
        first: edge_load_runs(values), second: edge_load_runs(values + 16), start: start)
      unsafe values += PackedFormat.unitLength
      return unit
    }
  }
#endif
