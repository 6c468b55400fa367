import CInstructions

#if !arch(x86_64)
  /// NEON with the int8 matrix multiply extension: 8 tokens by 8 outputs. `smmla` takes two rows
  /// and two outputs, eight values of K: 16 accumulators of 2 by 2.
  public enum MatrixMultiplyKernel: Int8Kernel {
    public static var tileRows: Int { 8 }
    public static var groupOutputs: Int { 8 }
    public static var run: Int { 8 }
    public static var activationBias: UInt8 { 0 }

    public static func tiles(
      _ activations: UnsafePointer<Int8>, _ weights: UnsafePointer<Int8>,
      _ starts: UnsafePointer<Int32>, kPadded: Int, tileCount: Int, into sink: some SumSink
    ) {
      var a = unsafe UnsafeRawPointer(activations)
      let end = unsafe UnsafeRawPointer(weights) + kPadded &* groupOutputs
      for tile in 0..<tileCount {
        // [pair of rows][pair of outputs]
        var sums = sixteenTimes(SumVector())
        var w = unsafe UnsafeRawPointer(weights)
        repeat {
          unsafe multiplyTile(&sums, &a, &w)
          unsafe multiplyTile(&sums, &a, &w)
          unsafe multiplyTile(&sums, &a, &w)
          unsafe multiplyTile(&sums, &a, &w)
        } while unsafe w != end
        sink.put(
          rowSums(sums, pairCount: 4), rows: tileRows, firstRow: tile &* tileRows, group: 0)
      }
    }

    /// From pairs of rows by pairs of outputs to rows.
    @inline(__always)
    private static func rowSums<let count: Int>(
      _ sums: InlineArray<count, SumVector>, pairCount: Int
    ) -> InlineArray<count, SumVector> {
      var ordered = sums
      for pair in 0..<pairCount {
        for half in 0..<2 {
          let left = unsafe sums[unchecked: pair &* 4 &+ half &* 2]
          let right = unsafe sums[unchecked: pair &* 4 &+ half &* 2 &+ 1]
          unsafe ordered[unchecked: pair &* 4 &+ half] = edge_low_halves(left, right)
          unsafe ordered[unchecked: pair &* 4 &+ 2 &+ half] = edge_high_halves(left, right)
        }
      }
      return ordered
    }

    public static func rows(
      _ activations: UnsafePointer<Int8>, rowCount: Int, _ weights: UnsafePointer<Int8>,
      _ starts: UnsafePointer<Int32>, kPadded: Int, groupCount: Int, into sink: some SumSink
    ) {
      let a = unsafe UnsafeRawPointer(activations)
      var w = unsafe UnsafeRawPointer(weights)
      for group in 0..<groupCount {
        switch rowCount {
        case 2: unsafe twoRows(a, &w, kPadded, group, sink)
        case 3, 4: unsafe fourRows(a, rowCount, &w, kPadded, group, sink)
        default: unsafe eightRows(a, rowCount, &w, kPadded, group, sink)
        }
      }
    }

    /// Two sets of sums hide the latency.
    @inline(__always)
    private static func twoRows(
      _ a: UnsafeRawPointer, _ w: inout UnsafeRawPointer, _ kPadded: Int, _ group: Int,
      _ sink: some SumSink
    ) {
      // [even and odd runs][pair of outputs]
      var sums = eightTimes(SumVector())
      var a = unsafe a
      let end = unsafe w + kPadded &* groupOutputs
      repeat {
        let pair = unsafe RowPair(a, 0, kPadded)
        unsafe multiply(&sums, 0, pair.even, loadFour(&w))
        unsafe multiply(&sums, 4, pair.odd, loadFour(&w))
        unsafe a = edge_advance(a, 16)
      } while unsafe w != end
      for place in 0..<4 { unsafe sums[unchecked: place] &+= sums[unchecked: place &+ 4] }
      sink.put(rowSums(sums, pairCount: 1), rows: 2, firstRow: 0, group: group)
    }

    @inline(__always)
    private static func fourRows(
      _ a: UnsafeRawPointer, _ rowCount: Int, _ w: inout UnsafeRawPointer, _ kPadded: Int,
      _ group: Int, _ sink: some SumSink
    ) {
      var sums = eightTimes(SumVector())
      var a = unsafe a
      let end = unsafe w + kPadded &* groupOutputs
      repeat {
        let (first, second) = unsafe (RowPair(a, 0, kPadded), RowPair(a, 2, kPadded))
        let even = unsafe loadFour(&w)
        multiply(&sums, 0, first.even, even)
        multiply(&sums, 4, second.even, even)
        let odd = unsafe loadFour(&w)
        multiply(&sums, 0, first.odd, odd)
        multiply(&sums, 4, second.odd, odd)
        unsafe a = edge_advance(a, 16)
      } while unsafe w != end
      sink.put(rowSums(sums, pairCount: 2), rows: rowCount, firstRow: 0, group: group)
    }

    @inline(__always)
    private static func eightRows(
      _ a: UnsafeRawPointer, _ rowCount: Int, _ w: inout UnsafeRawPointer, _ kPadded: Int,
      _ group: Int, _ sink: some SumSink
    ) {
      var sums = sixteenTimes(SumVector())
      var a = unsafe a
      let end = unsafe w + kPadded &* groupOutputs
      repeat {
        let (first, second) = unsafe (RowPair(a, 0, kPadded), RowPair(a, 2, kPadded))
        let (third, fourth) = unsafe (RowPair(a, 4, kPadded), RowPair(a, 6, kPadded))
        let even = unsafe loadFour(&w)
        multiply(&sums, 0, first.even, even)
        multiply(&sums, 4, second.even, even)
        multiply(&sums, 8, third.even, even)
        multiply(&sums, 12, fourth.even, even)
        let odd = unsafe loadFour(&w)
        multiply(&sums, 0, first.odd, odd)
        multiply(&sums, 4, second.odd, odd)
        multiply(&sums, 8, third.odd, odd)
        multiply(&sums, 12, fourth.odd, odd)
        unsafe a = edge_advance(a, 16)
      } while unsafe w != end
      sink.put(rowSums(sums, pairCount: 4), rows: rowCount, firstRow: 0, group: group)
    }

    /// Two runs of two plain rows, side by side.
    private struct RowPair {
      let even: SIMD16<Int8>
      let odd: SIMD16<Int8>

      @inline(__always)
      init(_ a: UnsafeRawPointer, _ row: Int, _ kPadded: Int) {
        let first = unsafe a.loadUnaligned(fromByteOffset: row &* kPadded, as: SumVector.self)
        let second = unsafe a.loadUnaligned(
          fromByteOffset: (row &+ 1) &* kPadded, as: SumVector.self)
        even = unsafe unsafeBitCast(edge_low_halves(first, second), to: SIMD16<Int8>.self)
        odd = unsafe unsafeBitCast(edge_high_halves(first, second), to: SIMD16<Int8>.self)
      }
    }

    /// Eight rows by eight outputs, one run of K.
    @inline(__always)
    private static func multiplyTile(
      _ sums: inout InlineArray<16, SumVector>, _ a: inout UnsafeRawPointer,
      _ w: inout UnsafeRawPointer
    ) {
      let rows = unsafe loadFour(&a)
      let outputs = unsafe loadFour(&w)
      multiply(&sums, 0, rows.first, outputs)
      multiply(&sums, 4, rows.second, outputs)
      multiply(&sums, 8, rows.third, outputs)
      multiply(&sums, 12, rows.fourth, outputs)
    }

    /// Two rows by eight outputs, one run of K.
    @inline(__always)
    private static func multiply<let count: Int>(
      _ sums: inout InlineArray<count, SumVector>, _ first: Int, _ rows: SIMD16<Int8>,
      _ outputs: edge_i8x16x4
    ) {
      unsafe sums[unchecked: first] = edge_smmla(sums[unchecked: first], rows, outputs.first)
      unsafe sums[unchecked: first &+ 1] = edge_smmla(
        sums[unchecked: first &+ 1], rows, outputs.second)
      unsafe sums[unchecked: first &+ 2] = edge_smmla(
        sums[unchecked: first &+ 2], rows, outputs.third)
      unsafe sums[unchecked: first &+ 3] = edge_smmla(
        sums[unchecked: first &+ 3], rows, outputs.fourth)
    }

    /// One token: dot products of its runs, each twice in a register, with pairs of outputs. Half
    /// of an `smmla` would go unused, and `sdot` does as much.
    public static func row(
      _ activations: UnsafePointer<Int8>, _ weights: UnsafePointer<Int8>,
      _ starts: UnsafePointer<Int32>, kPadded: Int, groupCount: Int, into sink: some SumSink
    ) {
      var w = unsafe UnsafeRawPointer(weights)
      for group in 0..<groupCount {
        // [even and odd runs][pair of outputs]: the halves of an accumulator are two outputs'.
        var sums = InlineArray<8, SumVector>(repeating: SIMD4())
        var a = unsafe UnsafeRawPointer(activations)
        let end = unsafe w + kPadded &* groupOutputs
        repeat {
          unsafe multiplyRuns(&sums, &a, &w)
          unsafe multiplyRuns(&sums, &a, &w)
        } while unsafe w != end
        for pair in 0..<4 { unsafe sums[unchecked: pair] &+= sums[unchecked: pair &+ 4] }
        var reduced = InlineArray<2, SumVector>(repeating: SIMD4())
        unsafe reduced[unchecked: 0] = edge_addp(sums[unchecked: 0], sums[unchecked: 1])
        unsafe reduced[unchecked: 1] = edge_addp(sums[unchecked: 2], sums[unchecked: 3])
        sink.put(reduced, rows: 1, firstRow: 0, group: group)
      }
    }

    /// One row by eight outputs, four runs of K.
    @inline(__always)
    private static func multiplyRuns(
      _ sums: inout InlineArray<8, SumVector>, _ a: inout UnsafeRawPointer,
      _ w: inout UnsafeRawPointer
    ) {
      let runs = unsafe edge_load_twice_i8x8x4(a)
      unsafe a = edge_advance(a, 32)
      unsafe multiplyRow(&sums, 0, runs.first, loadFour(&w))
      unsafe multiplyRow(&sums, 4, runs.second, loadFour(&w))
      unsafe multiplyRow(&sums, 0, runs.third, loadFour(&w))
      unsafe multiplyRow(&sums, 4, runs.fourth, loadFour(&w))
    }

    @inline(__always)
    private static func multiplyRow(
      _ sums: inout InlineArray<8, SumVector>, _ first: Int, _ run: SIMD16<Int8>,
      _ outputs: edge_i8x16x4
    ) {
      unsafe sums[unchecked: first] = edge_sdot(sums[unchecked: first], outputs.first, run)
      unsafe sums[unchecked: first &+ 1] = edge_sdot(
        sums[unchecked: first &+ 1], outputs.second, run)
      unsafe sums[unchecked: first &+ 2] = edge_sdot(
        sums[unchecked: first &+ 2], outputs.third, run)
      unsafe sums[unchecked: first &+ 3] = edge_sdot(
        sums[unchecked: first &+ 3], outputs.fourth, run)
    }
  }
#endif
