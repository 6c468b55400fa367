import CInstructions

#if !arch(x86_64)
  /// NEON of ARMv8.0: 4 tokens by 4 outputs, an accumulator a pair.
  ///
  /// Three instructions multiply and add 16 products: `smull` takes the low eight, `smlal2` adds
  /// the high eight in 16 bits, where 2 * 127 * 127 fits, and `sadalp` adds pairs of them to 32
  /// bits.
  public enum WideningKernel: Int8Kernel {
    public static var tileRows: Int { 4 }
    public static var groupOutputs: Int { 4 }
    public static var run: Int { 16 }
    public static var activationBias: UInt8 { 0 }

    public static func tiles(
      _ activations: UnsafePointer<Int8>, _ weights: UnsafePointer<Int8>,
      _ starts: UnsafePointer<Int32>, kPadded: Int, tileCount: Int, into sink: some SumSink
    ) {
      var a = unsafe UnsafeRawPointer(activations)
      let end = unsafe UnsafeRawPointer(weights) + kPadded &* groupOutputs
      for tile in 0..<tileCount {
        // [row][output]
        var sums = sixteenTimes(SumVector())
        var w = unsafe UnsafeRawPointer(weights)
        repeat {
          unsafe multiplyTile(&sums, &a, &w)
          unsafe multiplyTile(&sums, &a, &w)
          unsafe multiplyTile(&sums, &a, &w)
          unsafe multiplyTile(&sums, &a, &w)
        } while unsafe w != end
        var reduced = fourTimes(total(sums, 0))
        unsafe reduced[unchecked: 1] = total(sums, 4)
        unsafe reduced[unchecked: 2] = total(sums, 8)
        unsafe reduced[unchecked: 3] = total(sums, 12)
        sink.put(reduced, rows: tileRows, firstRow: tile &* tileRows, group: 0)
      }
    }

    /// Four rows by four outputs, one run of K.
    @inline(__always)
    private static func multiplyTile(
      _ sums: inout InlineArray<16, SIMD4<Int32>>, _ a: inout UnsafeRawPointer,
      _ w: inout UnsafeRawPointer
    ) {
      let rows = unsafe loadFour(&a)
      let outputs = unsafe loadFour(&w)
      multiply(&sums, 0, rows.first, outputs)
      multiply(&sums, 4, rows.second, outputs)
      multiply(&sums, 8, rows.third, outputs)
      multiply(&sums, 12, rows.fourth, outputs)
    }

    public static func rows(
      _ activations: UnsafePointer<Int8>, rowCount: Int, _ weights: UnsafePointer<Int8>,
      _ starts: UnsafePointer<Int32>, kPadded: Int, groupCount: Int, into sink: some SumSink
    ) {
      var w = unsafe UnsafeRawPointer(weights)
      for group in 0..<groupCount {
        for first in stride(from: 0, to: rowCount, by: 4) {
          let a = unsafe UnsafeRawPointer(activations) + first &* kPadded
          let count = min(rowCount &- first, 4)
          if count <= 2 {
            unsafe twoRows(a, w, kPadded, rows: count, firstRow: first, group, sink)
          } else {
            unsafe fourRows(a, w, kPadded, rows: count, firstRow: first, group, sink)
          }
        }
        unsafe w += kPadded &* groupOutputs
      }
    }

    @inline(__always)
    private static func twoRows(
      _ a: UnsafeRawPointer, _ w: UnsafeRawPointer, _ kPadded: Int, rows: Int, firstRow: Int,
      _ group: Int, _ sink: some SumSink
    ) {
      // [row][output]
      var sums = eightTimes(SumVector())
      var (a, w) = unsafe (a, w)
      let end = unsafe w + kPadded &* groupOutputs
      repeat {
        let outputs = unsafe loadFour(&w)
        unsafe multiply(&sums, 0, load(a, row: 0, kPadded), outputs)
        unsafe multiply(&sums, 4, load(a, row: 1, kPadded), outputs)
        unsafe a = edge_advance(a, 16)
      } while unsafe w != end
      let reduced: InlineArray<2, SumVector> = [total(sums, 0), total(sums, 4)]
      sink.put(reduced, rows: rows, firstRow: firstRow, group: group)
    }

    @inline(__always)
    private static func fourRows(
      _ a: UnsafeRawPointer, _ w: UnsafeRawPointer, _ kPadded: Int, rows: Int, firstRow: Int,
      _ group: Int, _ sink: some SumSink
    ) {
      // [row][output]
      var sums = sixteenTimes(SumVector())
      var (a, w) = unsafe (a, w)
      let end = unsafe w + kPadded &* groupOutputs
      repeat {
        let outputs = unsafe loadFour(&w)
        unsafe multiply(&sums, 0, load(a, row: 0, kPadded), outputs)
        unsafe multiply(&sums, 4, load(a, row: 1, kPadded), outputs)
        unsafe multiply(&sums, 8, load(a, row: 2, kPadded), outputs)
        unsafe multiply(&sums, 12, load(a, row: 3, kPadded), outputs)
        unsafe a = edge_advance(a, 16)
      } while unsafe w != end
      let reduced: InlineArray<4, SumVector> = [
        total(sums, 0), total(sums, 4), total(sums, 8), total(sums, 12),
      ]
      sink.put(reduced, rows: rows, firstRow: firstRow, group: group)
    }

    @inline(__always)
    private static func load(_ a: UnsafeRawPointer, row: Int, _ kPadded: Int) -> SIMD16<Int8> {
      unsafe a.loadUnaligned(fromByteOffset: row &* kPadded, as: SIMD16<Int8>.self)
    }

    /// Two sets of accumulators hide the latency of their chains.
    public static func row(
      _ activations: UnsafePointer<Int8>, _ weights: UnsafePointer<Int8>,
      _ starts: UnsafePointer<Int32>, kPadded: Int, groupCount: Int, into sink: some SumSink
    ) {
      var w = unsafe UnsafeRawPointer(weights)
      for group in 0..<groupCount {
        var sums = eightTimes(SumVector())
        var a = unsafe UnsafeRawPointer(activations)
        let end = unsafe w + kPadded &* groupOutputs
        repeat {
          let runs = unsafe loadFour(&a)
          unsafe multiply(&sums, 0, runs.first, loadFour(&w))
          unsafe multiply(&sums, 4, runs.second, loadFour(&w))
          unsafe multiply(&sums, 0, runs.third, loadFour(&w))
          unsafe multiply(&sums, 4, runs.fourth, loadFour(&w))
        } while unsafe w != end
        for output in 0..<4 { unsafe sums[unchecked: output] &+= sums[unchecked: output &+ 4] }
        sink.put(
          InlineArray<1, SumVector>(repeating: total(sums, 0)), rows: 1, firstRow: 0, group: group)
      }
    }

    /// One row by four outputs, 16 values of K.
    @inline(__always)
    private static func multiply<let count: Int>(
      _ sums: inout InlineArray<count, SIMD4<Int32>>, _ first: Int, _ a: SIMD16<Int8>,
      _ w: edge_i8x16x4
    ) {
      // Four chains side by side, for processors that execute in order.
      let low = (
        edge_smull(w.first, a), edge_smull(w.second, a), edge_smull(w.third, a),
        edge_smull(w.fourth, a)
      )
      let both = (
        edge_smlal2(low.0, w.first, a), edge_smlal2(low.1, w.second, a),
        edge_smlal2(low.2, w.third, a), edge_smlal2(low.3, w.fourth, a)
      )
      unsafe sums[unchecked: first] = edge_sadalp(sums[unchecked: first], both.0)
      unsafe sums[unchecked: first &+ 1] = edge_sadalp(sums[unchecked: first &+ 1], both.1)
      unsafe sums[unchecked: first &+ 2] = edge_sadalp(sums[unchecked: first &+ 2], both.2)
      unsafe sums[unchecked: first &+ 3] = edge_sadalp(sums[unchecked: first &+ 3], both.3)
    }

    /// The sums of the lanes of four accumulators.
    @inline(__always)
    private static func total<let count: Int>(
      _ sums: InlineArray<count, SIMD4<Int32>>, _ first: Int
    ) -> SIMD4<Int32> {
      unsafe edge_addp(
        edge_addp(sums[unchecked: first], sums[unchecked: first &+ 1]),
        edge_addp(sums[unchecked: first &+ 2], sums[unchecked: first &+ 3]))
    }
  }
#endif
