import CInstructions

#if !arch(x86_64)
  /// NEON with the dot product extension: 8 tokens by 8 outputs, 16 accumulators.
  public enum DotProductKernel: Int8Kernel {
    public static func tile(
      _ activations: UnsafePointer<Int8>, _ weights: UnsafePointer<Int8>,
      _ starts: UnsafePointer<Int32>, kPadded: Int, into sink: some SumSink
    ) {
      var low = InlineArray<8, SIMD4<Int32>>(repeating: SIMD4())
      var high = low
      var a = UnsafeRawPointer(activations)
      var w = UnsafeRawPointer(weights)
      for _ in 0..<kPadded / 4 {
        let wLow = w.loadUnaligned(as: SIMD16<Int8>.self)
        let wHigh = w.loadUnaligned(fromByteOffset: 16, as: SIMD16<Int8>.self)
        let aLow = a.loadUnaligned(as: SIMD16<Int8>.self)
        let aHigh = a.loadUnaligned(fromByteOffset: 16, as: SIMD16<Int8>.self)
        multiply(&low, 0, wLow, aLow)
        multiply(&low, 4, wLow, aHigh)
        multiply(&high, 0, wHigh, aLow)
        multiply(&high, 4, wHigh, aHigh)
        a += 32
        w += 32
      }
      for row in 0..<8 {
        sink.put(low[unchecked: row], row: row, column: 0)
        sink.put(high[unchecked: row], row: row, column: 4)
      }
    }

    /// Four rows by four outputs, one quad of K.
    @inline(__always)
    private static func multiply(
      _ sums: inout InlineArray<8, SIMD4<Int32>>, _ row: Int, _ w: SIMD16<Int8>, _ a: SIMD16<Int8>
    ) {
      sums[unchecked: row] = edge_sdot_lane0(sums[unchecked: row], w, a)
      sums[unchecked: row &+ 1] = edge_sdot_lane1(sums[unchecked: row &+ 1], w, a)
      sums[unchecked: row &+ 2] = edge_sdot_lane2(sums[unchecked: row &+ 2], w, a)
      sums[unchecked: row &+ 3] = edge_sdot_lane3(sums[unchecked: row &+ 3], w, a)
    }

    public static func row(
      _ activations: UnsafePointer<Int8>, _ weights: UnsafePointer<Int8>,
      _ starts: UnsafePointer<Int32>, kPadded: Int, into sink: some SumSink
    ) {
      var low = InlineArray<4, SIMD4<Int32>>(repeating: SIMD4())
      var high = low
      var a = UnsafeRawPointer(activations)
      var w = UnsafeRawPointer(weights)
      for _ in 0..<kPadded / 16 {
        let quads = a.loadUnaligned(as: SIMD16<Int8>.self)
        low[unchecked: 0] = edge_sdot_lane0(low[unchecked: 0], load(w, 0), quads)
        high[unchecked: 0] = edge_sdot_lane0(high[unchecked: 0], load(w, 16), quads)
        low[unchecked: 1] = edge_sdot_lane1(low[unchecked: 1], load(w, 32), quads)
        high[unchecked: 1] = edge_sdot_lane1(high[unchecked: 1], load(w, 48), quads)
        low[unchecked: 2] = edge_sdot_lane2(low[unchecked: 2], load(w, 64), quads)
        high[unchecked: 2] = edge_sdot_lane2(high[unchecked: 2], load(w, 80), quads)
        low[unchecked: 3] = edge_sdot_lane3(low[unchecked: 3], load(w, 96), quads)
        high[unchecked: 3] = edge_sdot_lane3(high[unchecked: 3], load(w, 112), quads)
        a += 16
        w += 128
      }
      sink.put(
        (low[unchecked: 0] &+ low[unchecked: 1]) &+ (low[unchecked: 2] &+ low[unchecked: 3]),
        row: 0, column: 0)
      sink.put(
        (high[unchecked: 0] &+ high[unchecked: 1]) &+ (high[unchecked: 2] &+ high[unchecked: 3]),
        row: 0, column: 4)
    }

    @inline(__always)
    private static func load(_ w: UnsafeRawPointer, _ offset: Int) -> SIMD16<Int8> {
      w.loadUnaligned(fromByteOffset: offset, as: SIMD16<Int8>.self)
    }
  }
#endif
