import CInstructions

#if arch(x86_64)
  /// AVX-512 VNNI: 8 tokens by 32 outputs, 16 accumulators. It multiplies unsigned by signed, so
  /// that activations are stored with a bias.
  public enum VNNIKernel: Int8Kernel {
    public static var tileRows: Int { 8 }
    public static var groupOutputs: Int { 32 }
    public static var run: Int { 4 }
    public static var activationBias: UInt8 { 0x80 }

    public static func tiles(
      _ activations: UnsafePointer<Int8>, _ weights: UnsafePointer<Int8>,
      _ starts: UnsafePointer<Int32>, kPadded: Int, tileCount: Int, into sink: some SumSink
    ) {
      var a = unsafe UnsafeRawPointer(activations)
      let (startsLow, startsHigh) = unsafe load(starts)
      for tile in 0..<tileCount {
        // [row][low sixteen outputs, high sixteen]
        var sums = sixteenTimes(startsLow)
        for row in 0..<8 { unsafe sums[unchecked: row &* 2 &+ 1] = startsHigh }
        var w = unsafe UnsafeRawPointer(weights)
        // The tiles together have the whole next panel brought nearer: few tiles use a panel up sooner
        // than the processor fetches it by itself.
        let lines = (15 &+ tileCount) / tileCount
        var next = unsafe w + (kPadded &* groupOutputs &+ tile &* (kPadded / 32) &* lines &* 64)
        for _ in 0..<kPadded / 32 {
          for _ in 0..<lines {
            unsafe edge_prefetch(next)
            unsafe next += 64
          }
          for _ in 0..<8 {
            unsafe multiply(&sums, 0, rows: 8, a, rowStride: 4, w)
            unsafe a += 32
            unsafe w += 128
          }
        }
        sink.put(sums, rows: tileRows, firstRow: tile &* tileRows, group: 0)
      }
    }

    /// Rows by thirty-two outputs, one run of K.
    /// - Parameters:
    ///   - first: of the sums.
    ///   - rowStride: bytes from a row's run to the next row's.
    @inline(__always)
    private static func multiply<let count: Int>(
      _ sums: inout InlineArray<count, SumVector>, _ first: Int, rows: Int, _ a: UnsafeRawPointer,
      rowStride: Int, _ w: UnsafeRawPointer
    ) {
      let (low, high) = unsafe load(w)
      for row in 0..<rows {
        let (run, place) = unsafe (repeated(a, row &* rowStride), first &+ row &* 2)
        unsafe sums[unchecked: place] = edge_dpbusd(sums[unchecked: place], run, low)
        unsafe sums[unchecked: place &+ 1] = edge_dpbusd(sums[unchecked: place &+ 1], run, high)
      }
    }

    public static func rows(
      _ activations: UnsafePointer<Int8>, rowCount: Int, _ weights: UnsafePointer<Int8>,
      _ starts: UnsafePointer<Int32>, kPadded: Int, groupCount: Int, into sink: some SumSink
    ) {
      let a = unsafe UnsafeRawPointer(activations)
      var (w, starts) = unsafe (UnsafeRawPointer(weights), starts)
      for group in 0..<groupCount {
        switch rowCount {
        case 2: unsafe twoRows(a, w, starts, kPadded, group, sink)
        case 3, 4: unsafe fourRows(a, rowCount, w, starts, kPadded, group, sink)
        default: unsafe eightRows(a, rowCount, w, starts, kPadded, group, sink)
        }
        unsafe w += kPadded &* groupOutputs
        unsafe starts += groupOutputs
      }
    }

    /// Two sets of sums hide the latency.
    @inline(__always)
    private static func twoRows(
      _ a: UnsafeRawPointer, _ w: UnsafeRawPointer, _ starts: UnsafePointer<Int32>,
      _ kPadded: Int, _ group: Int, _ sink: some SumSink
    ) {
      // [even and odd runs][row][low, high]
      var sums = eightTimes(SumVector())
      let (low, high) = unsafe load(starts)
      for row in 0..<2 {
        unsafe (sums[unchecked: row &* 2], sums[unchecked: row &* 2 &+ 1]) = (low, high)
      }
      for offset in stride(from: 0, to: kPadded, by: 8) {
        let (a, w) = unsafe (a + offset, w + offset &* groupOutputs)
        unsafe multiply(&sums, 0, rows: 2, a, rowStride: kPadded, w)
        unsafe multiply(&sums, 4, rows: 2, a + 4, rowStride: kPadded, w + 128)
      }
      for place in 0..<4 { unsafe sums[unchecked: place] &+= sums[unchecked: place &+ 4] }
      sink.put(sums, rows: 2, firstRow: 0, group: group)
    }

    @inline(__always)
    private static func fourRows(
      _ a: UnsafeRawPointer, _ rowCount: Int, _ w: UnsafeRawPointer,
      _ starts: UnsafePointer<Int32>, _ kPadded: Int, _ group: Int, _ sink: some SumSink
    ) {
      let (low, high) = unsafe load(starts)
      var sums = eightTimes(low)
      for row in 0..<4 { unsafe sums[unchecked: row &* 2 &+ 1] = high }
      for offset in stride(from: 0, to: kPadded, by: 4) {
        unsafe multiply(
          &sums, 0, rows: 4, a + offset, rowStride: kPadded, w + offset &* groupOutputs)
      }
      sink.put(sums, rows: rowCount, firstRow: 0, group: group)
    }

    @inline(__always)
    private static func eightRows(
      _ a: UnsafeRawPointer, _ rowCount: Int, _ w: UnsafeRawPointer,
      _ starts: UnsafePointer<Int32>, _ kPadded: Int, _ group: Int, _ sink: some SumSink
    ) {
      let (low, high) = unsafe load(starts)
      var sums = sixteenTimes(low)
      for row in 0..<8 { unsafe sums[unchecked: row &* 2 &+ 1] = high }
      for offset in stride(from: 0, to: kPadded, by: 4) {
        unsafe multiply(
          &sums, 0, rows: 8, a + offset, rowStride: kPadded, w + offset &* groupOutputs)
      }
      sink.put(sums, rows: rowCount, firstRow: 0, group: group)
    }

    /// Four independent pairs of sums hide the latency of the multiply-add.
    public static func row(
      _ activations: UnsafePointer<Int8>, _ weights: UnsafePointer<Int8>,
      _ starts: UnsafePointer<Int32>, kPadded: Int, groupCount: Int, into sink: some SumSink
    ) {
      var w = unsafe UnsafeRawPointer(weights)
      for group in 0..<groupCount {
        // [run][low, high]
        var sums = eightTimes(SumVector())
        unsafe (sums[unchecked: 0], sums[unchecked: 1]) = load(starts + group &* groupOutputs)
        var a = unsafe UnsafeRawPointer(activations)
        for _ in 0..<kPadded / 16 {
          for index in 0..<4 {
            let run = unsafe repeated(a, index &* 4)
            let (low, high) = unsafe load(w + index &* 128)
            unsafe sums[unchecked: index &* 2] = edge_dpbusd(sums[unchecked: index &* 2], run, low)
            unsafe sums[unchecked: index &* 2 &+ 1] = edge_dpbusd(
              sums[unchecked: index &* 2 &+ 1], run, high)
          }
          unsafe a += 16
          unsafe w += 512
        }
        var reduced = twice(SumVector())
        for half in 0..<2 {
          unsafe reduced[unchecked: half] =
            (sums[unchecked: half] &+ sums[unchecked: half &+ 2])
            &+ (sums[unchecked: half &+ 4] &+ sums[unchecked: half &+ 6])
        }
        sink.put(reduced, rows: 1, firstRow: 0, group: group)
      }
    }

    @inline(__always)
    private static func repeated(_ a: UnsafeRawPointer, _ offset: Int) -> SumVector {
      unsafe SumVector(repeating: a.loadUnaligned(fromByteOffset: offset, as: Int32.self))
    }

    /// Two vectors.
    @inline(__always)
    private static func load(_ from: UnsafeRawPointer) -> (SumVector, SumVector) {
      unsafe (
        from.loadUnaligned(as: SumVector.self),
        from.loadUnaligned(fromByteOffset: 64, as: SumVector.self)
      )
    }
  }
#endif
