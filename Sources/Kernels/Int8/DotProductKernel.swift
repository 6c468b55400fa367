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
      let rows = unsafe loadFour(&a)
      let outputs = unsafe loadFour(&w)
      multiply(&sums, 0, rows.first, outputs.first, outputs.second)
      multiply(&sums, 8, rows.second, outputs.first, outputs.second)
      multiply(&sums, 0, rows.third, outputs.third, outputs.fourth)
      multiply(&sums, 8, rows.fourth, outputs.third, outputs.fourth)
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
    /// - Parameters:
    ///   - first: the place of the first row's sums.
    ///   - odd: how far behind the sums of odd runs lie.
    @inline(__always)
    private static func multiplyRows<let rowCount: Int, let sumCount: Int>(
      _ sums: inout InlineArray<sumCount, SumVector>, _ rows: InlineArray<rowCount, SIMD16<Int8>>,
      first: Int = 0, odd: Int, _ w: inout UnsafeRawPointer
    ) {
      let early = unsafe loadFour(&w)
      for row in 0..<rowCount {
        let (place, a) = unsafe (first &+ row &* 2, rows[unchecked: row])
        unsafe sums[unchecked: place] = edge_sdot_lane0(sums[unchecked: place], early.first, a)
        unsafe sums[unchecked: place &+ 1] = edge_sdot_lane0(
          sums[unchecked: place &+ 1], early.second, a)
      }
      for row in 0..<rowCount {
        let (place, a) = unsafe (first &+ odd &+ row &* 2, rows[unchecked: row])
        unsafe sums[unchecked: place] = edge_sdot_lane1(sums[unchecked: place], early.third, a)
        unsafe sums[unchecked: place &+ 1] = edge_sdot_lane1(
          sums[unchecked: place &+ 1], early.fourth, a)
      }
      let late = unsafe loadFour(&w)
      for row in 0..<rowCount {
        let (place, a) = unsafe (first &+ row &* 2, rows[unchecked: row])
        unsafe sums[unchecked: place] = edge_sdot_lane2(sums[unchecked: place], late.first, a)
        unsafe sums[unchecked: place &+ 1] = edge_sdot_lane2(
          sums[unchecked: place &+ 1], late.second, a)
      }
      for row in 0..<rowCount {
        let (place, a) = unsafe (first &+ odd &+ row &* 2, rows[unchecked: row])
        unsafe sums[unchecked: place] = edge_sdot_lane3(sums[unchecked: place], late.third, a)
        unsafe sums[unchecked: place &+ 1] = edge_sdot_lane3(
          sums[unchecked: place &+ 1], late.fourth, a)
      }
    }

    /// One token, four groups at a time: their eight sums hide the latency.
    public static func row(
      _ activations: UnsafePointer<Int8>, _ weights: UnsafePointer<Int8>,
      _ starts: UnsafePointer<Int32>, kPadded: Int, groupCount: Int, into sink: some SumSink
    ) {
      let a = unsafe UnsafeRawPointer(activations)
      var w = unsafe UnsafeRawPointer(weights)
      for four in 0..<groupCount / 4 { unsafe fourGroups(a, &w, kPadded, four &* 4, sink) }
      for group in groupCount / 4 &* 4..<groupCount { unsafe oneGroup(a, &w, kPadded, group, sink) }
    }

    @inline(__always)
    private static func fourGroups(
      _ a: UnsafeRawPointer, _ w: inout UnsafeRawPointer, _ kPadded: Int, _ group: Int,
      _ sink: some SumSink
    ) {
      // [group][low four outputs, high four]
      var sums = eightTimes(SumVector())
      var a = unsafe a
      let end = unsafe w + kPadded &* groupOutputs
      var second = unsafe end
      var third = unsafe end + kPadded &* groupOutputs
      var fourth = unsafe third + kPadded &* groupOutputs
      repeat {
        let runs = unsafe loadFour(&a)
        unsafe multiplyGroups(&sums, runs.first, &w, &second, &third, &fourth)
        unsafe multiplyGroups(&sums, runs.second, &w, &second, &third, &fourth)
        unsafe multiplyGroups(&sums, runs.third, &w, &second, &third, &fourth)
        unsafe multiplyGroups(&sums, runs.fourth, &w, &second, &third, &fourth)
      } while unsafe w != end
      unsafe w = fourth
      sink.putRow(sums, group: group)
    }

    /// Four runs of one row by four groups.
    @inline(__always)
    private static func multiplyGroups(
      _ sums: inout InlineArray<8, SumVector>, _ row: SIMD16<Int8>, _ first: inout UnsafeRawPointer,
      _ second: inout UnsafeRawPointer, _ third: inout UnsafeRawPointer,
      _ fourth: inout UnsafeRawPointer
    ) {
      unsafe multiplyRows(&sums, [row], first: 0, odd: 0, &first)
      unsafe second = edge_after_sums(
        edge_after_sums(second, sums[unchecked: 0]), sums[unchecked: 1])
      unsafe multiplyRows(&sums, [row], first: 2, odd: 0, &second)
      unsafe third = edge_after_sums(
        edge_after_sums(third, sums[unchecked: 2]), sums[unchecked: 3])
      unsafe multiplyRows(&sums, [row], first: 4, odd: 0, &third)
      unsafe fourth = edge_after_sums(
        edge_after_sums(fourth, sums[unchecked: 4]), sums[unchecked: 5])
      unsafe multiplyRows(&sums, [row], first: 6, odd: 0, &fourth)
      unsafe first = edge_after_sums(
        edge_after_sums(first, sums[unchecked: 6]), sums[unchecked: 7])
    }

    /// Sums of even and of odd runs, four in all: fewer would wait longer for each other.
    private static func oneGroup(
      _ a: UnsafeRawPointer, _ w: inout UnsafeRawPointer, _ kPadded: Int, _ group: Int,
      _ sink: some SumSink
    ) {
      var sums = InlineArray<4, SumVector>(repeating: SIMD4())
      var a = unsafe a
      let end = unsafe w + kPadded &* groupOutputs
      repeat {
        let run = unsafe a.loadUnaligned(as: SIMD16<Int8>.self)
        unsafe multiplyRows(&sums, [run], odd: 2, &w)
        unsafe a = edge_advance(a, 16)
      } while unsafe w != end
      let reduced: InlineArray<2, SumVector> = unsafe [
        sums[unchecked: 0] &+ sums[unchecked: 2], sums[unchecked: 1] &+ sums[unchecked: 3],
      ]
      sink.put(reduced, rows: 1, firstRow: 0, group: group)
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
