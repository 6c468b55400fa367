import CInstructions

#if !arch(x86_64)
  /// NEON with the dot product extension: 8 tokens by 8 outputs, 16 accumulators.
  public enum DotProductKernel: Int8Kernel {
    public static var tileRows: Int { 8 }
    public static var groupOutputs: Int { 8 }
    public static var run: Int { 4 }
    public static var activationBias: UInt8 { 0 }

    public static func tiles(
      _ activations: UnsafePointer<Int8>, _ weights: UnsafePointer<Int8>,
      _ starts: UnsafePointer<Int32>, kPadded: Int, tileCount: Int, into sink: some SumSink
    ) {
      var a = unsafe UnsafeRawPointer(activations)
      let end = unsafe UnsafeRawPointer(weights) + kPadded &* groupOutputs
      for tile in 0..<tileCount {
        // [row][low four outputs, high four]
        var sums = sixteenTimes(SumVector())
        var w = unsafe UnsafeRawPointer(weights)
        repeat {
          unsafe multiplyTile(&sums, &a, &w)
          unsafe multiplyTile(&sums, &a, &w)
          unsafe multiplyTile(&sums, &a, &w)
          unsafe multiplyTile(&sums, &a, &w)
        } while unsafe w != end
        sink.put(sums, rows: tileRows, firstRow: tile &* tileRows, group: 0)
      }
    }

    /// Eight rows by eight outputs, two runs of K.
    @inline(__always)
    private static func multiplyTile(
      _ sums: inout InlineArray<16, SumVector>, _ a: inout UnsafeRawPointer,
      _ w: inout UnsafeRawPointer
    ) {
      let rows = unsafe load(&a)
      let outputs = unsafe load(&w)
      multiply(&sums, 0, rows.first, outputs.first, outputs.second)
      multiply(&sums, 8, rows.second, outputs.first, outputs.second)
      multiply(&sums, 0, rows.third, outputs.third, outputs.fourth)
      multiply(&sums, 8, rows.fourth, outputs.third, outputs.fourth)
    }

    @inline(__always)
    private static func load(_ from: inout UnsafeRawPointer) -> edge_i8x16x4 {
      let loaded = unsafe edge_load_i8x16x4(from)
      unsafe from = edge_advance(from, 64)
      return loaded
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
      // [even and odd runs][row][low four outputs, high four]
      var sums = eightTimes(SumVector())
      var a = unsafe a
      let end = unsafe w + kPadded &* groupOutputs
      repeat {
        let rows: InlineArray<2, SIMD16<Int8>> = unsafe [
          load(a, row: 0, kPadded), load(a, row: 1, kPadded),
        ]
        unsafe multiplyRows(&sums, rows, odd: 4, &w)
        unsafe a = edge_advance(a, 16)
      } while unsafe w != end
      for place in 0..<4 { unsafe sums[unchecked: place] &+= sums[unchecked: place &+ 4] }
      sink.put(sums, rows: 2, firstRow: 0, group: group)
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
        let rows: InlineArray<4, SIMD16<Int8>> = unsafe [
          load(a, row: 0, kPadded), load(a, row: 1, kPadded), load(a, row: 2, kPadded),
          load(a, row: 3, kPadded),
        ]
        unsafe multiplyRows(&sums, rows, odd: 0, &w)
        unsafe a = edge_advance(a, 16)
      } while unsafe w != end
      sink.put(sums, rows: rowCount, firstRow: 0, group: group)
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
        let rows: InlineArray<8, SIMD16<Int8>> = unsafe [
          load(a, row: 0, kPadded), load(a, row: 1, kPadded), load(a, row: 2, kPadded),
          load(a, row: 3, kPadded), load(a, row: 4, kPadded), load(a, row: 5, kPadded),
          load(a, row: 6, kPadded), load(a, row: 7, kPadded),
        ]
        unsafe multiplyRows(&sums, rows, odd: 0, &w)
        unsafe a = edge_advance(a, 16)
      } while unsafe w != end
      sink.put(sums, rows: rowCount, firstRow: 0, group: group)
    }

    @inline(__always)
    private static func load(_ a: UnsafeRawPointer, row: Int, _ kPadded: Int) -> SIMD16<Int8> {
      unsafe a.loadUnaligned(fromByteOffset: row &* kPadded, as: SIMD16<Int8>.self)
    }

    /// Four runs of each row by eight outputs.
    /// - Parameter odd: where the sums of odd runs begin.
    @inline(__always)
    private static func multiplyRows<let rowCount: Int, let sumCount: Int>(
      _ sums: inout InlineArray<sumCount, SumVector>, _ rows: InlineArray<rowCount, SIMD16<Int8>>,
      odd: Int, _ w: inout UnsafeRawPointer
    ) {
      let early = unsafe load(&w)
      for row in 0..<rowCount {
        let (place, a) = unsafe (row &* 2, rows[unchecked: row])
        unsafe sums[unchecked: place] = edge_sdot_lane0(sums[unchecked: place], early.first, a)
        unsafe sums[unchecked: place &+ 1] = edge_sdot_lane0(
          sums[unchecked: place &+ 1], early.second, a)
      }
      for row in 0..<rowCount {
        let (place, a) = unsafe (odd &+ row &* 2, rows[unchecked: row])
        unsafe sums[unchecked: place] = edge_sdot_lane1(sums[unchecked: place], early.third, a)
        unsafe sums[unchecked: place &+ 1] = edge_sdot_lane1(
          sums[unchecked: place &+ 1], early.fourth, a)
      }
      let late = unsafe load(&w)
      for row in 0..<rowCount {
        let (place, a) = unsafe (row &* 2, rows[unchecked: row])
        unsafe sums[unchecked: place] = edge_sdot_lane2(sums[unchecked: place], late.first, a)
        unsafe sums[unchecked: place &+ 1] = edge_sdot_lane2(
          sums[unchecked: place &+ 1], late.second, a)
      }
      for row in 0..<rowCount {
        let (place, a) = unsafe (odd &+ row &* 2, rows[unchecked: row])
        unsafe sums[unchecked: place] = edge_sdot_lane3(sums[unchecked: place], late.third, a)
        unsafe sums[unchecked: place &+ 1] = edge_sdot_lane3(
          sums[unchecked: place &+ 1], late.fourth, a)
      }
    }

    /// One token: the lanes of `a` are consecutive runs of K. Four pairs of sums hide the latency.
    public static func row(
      _ activations: UnsafePointer<Int8>, _ weights: UnsafePointer<Int8>,
      _ starts: UnsafePointer<Int32>, kPadded: Int, groupCount: Int, into sink: some SumSink
    ) {
      var w = unsafe UnsafeRawPointer(weights)
      for group in 0..<groupCount {
        var sums = InlineArray<8, SumVector>(repeating: SIMD4())
        var a = unsafe UnsafeRawPointer(activations)
        let end = unsafe w + kPadded &* groupOutputs
        repeat {
          let runs = unsafe load(&a)
          unsafe multiplyRow(&sums, runs.first, &w)
          unsafe multiplyRow(&sums, runs.second, &w)
          unsafe multiplyRow(&sums, runs.third, &w)
          unsafe multiplyRow(&sums, runs.fourth, &w)
        } while unsafe w != end
        var reduced = InlineArray<2, SumVector>(repeating: SIMD4())
        for half in 0..<2 {
          unsafe reduced[unchecked: half] =
            (sums[unchecked: half] &+ sums[unchecked: half &+ 2])
            &+ (sums[unchecked: half &+ 4] &+ sums[unchecked: half &+ 6])
        }
        sink.put(reduced, rows: 1, firstRow: 0, group: group)
      }
    }

    @inline(__always)
    private static func multiplyRow(
      _ sums: inout InlineArray<8, SumVector>, _ a: SIMD16<Int8>,
      _ w: inout UnsafeRawPointer
    ) {
      let early = unsafe load(&w)
      let late = unsafe load(&w)
      unsafe sums[unchecked: 0] = edge_sdot_lane0(sums[unchecked: 0], early.first, a)
      unsafe sums[unchecked: 1] = edge_sdot_lane0(sums[unchecked: 1], early.second, a)
      unsafe sums[unchecked: 2] = edge_sdot_lane1(sums[unchecked: 2], early.third, a)
      unsafe sums[unchecked: 3] = edge_sdot_lane1(sums[unchecked: 3], early.fourth, a)
      unsafe sums[unchecked: 4] = edge_sdot_lane2(sums[unchecked: 4], late.first, a)
      unsafe sums[unchecked: 5] = edge_sdot_lane2(sums[unchecked: 5], late.second, a)
      unsafe sums[unchecked: 6] = edge_sdot_lane3(sums[unchecked: 6], late.third, a)
      unsafe sums[unchecked: 7] = edge_sdot_lane3(sums[unchecked: 7], late.fourth, a)
    }

    /// Four rows, the lanes of `a`, by eight outputs: one run of K.
    @inline(__always)
    private static func multiply(
      _ sums: inout InlineArray<16, SumVector>, _ first: Int, _ a: SIMD16<Int8>,
      _ low: SIMD16<Int8>, _ high: SIMD16<Int8>
    ) {
      unsafe sums[unchecked: first] = edge_sdot_lane0(sums[unchecked: first], low, a)
      unsafe sums[unchecked: first &+ 1] = edge_sdot_lane0(sums[unchecked: first &+ 1], high, a)
      unsafe sums[unchecked: first &+ 2] = edge_sdot_lane1(sums[unchecked: first &+ 2], low, a)
      unsafe sums[unchecked: first &+ 3] = edge_sdot_lane1(sums[unchecked: first &+ 3], high, a)
      unsafe sums[unchecked: first &+ 4] = edge_sdot_lane2(sums[unchecked: first &+ 4], low, a)
      unsafe sums[unchecked: first &+ 5] = edge_sdot_lane2(sums[unchecked: first &+ 5], high, a)
      unsafe sums[unchecked: first &+ 6] = edge_sdot_lane3(sums[unchecked: first &+ 6], low, a)
      unsafe sums[unchecked: first &+ 7] = edge_sdot_lane3(sums[unchecked: first &+ 7], high, a)
    }
  }
#endif
