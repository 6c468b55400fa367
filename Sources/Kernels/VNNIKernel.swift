import CInstructions

#if arch(x86_64)
  /// AVX-512 VNNI: 8 tokens by 32 outputs, 16 accumulators.
  public enum VNNIKernel: Int8Kernel {
    public static func tile(
      _ activations: UnsafePointer<Int8>, _ weights: UnsafePointer<Int8>,
      _ starts: UnsafePointer<Int32>, kPadded: Int, into sink: some SumSink
    ) {
      let startsBase = UnsafeRawPointer(starts)
      var low = InlineArray<8, SIMD16<Int32>>(
        repeating: startsBase.loadUnaligned(as: SIMD16<Int32>.self))
      var high = InlineArray<8, SIMD16<Int32>>(
        repeating: startsBase.loadUnaligned(fromByteOffset: 64, as: SIMD16<Int32>.self))
      var a = UnsafeRawPointer(activations)
      var w = UnsafeRawPointer(weights)
      for _ in 0..<kPadded / 4 {
        let wLow = w.loadUnaligned(as: SIMD16<Int32>.self)
        let wHigh = w.loadUnaligned(fromByteOffset: 64, as: SIMD16<Int32>.self)
        for row in 0..<8 {
          let quad = SIMD16(
            repeating: a.loadUnaligned(fromByteOffset: row &* 4, as: Int32.self))
          low[unchecked: row] = edge_dpbusd(low[unchecked: row], quad, wLow)
          high[unchecked: row] = edge_dpbusd(high[unchecked: row], quad, wHigh)
        }
        a += 32
        w += 128
      }
      for row in 0..<8 {
        sink.put(low[unchecked: row], row: row, column: 0)
        sink.put(high[unchecked: row], row: row, column: 16)
      }
    }

    /// Four independent pairs of sums hide the latency of the multiply-add.
    public static func row(
      _ activations: UnsafePointer<Int8>, _ weights: UnsafePointer<Int8>,
      _ starts: UnsafePointer<Int32>, kPadded: Int, into sink: some SumSink
    ) {
      let startsBase = UnsafeRawPointer(starts)
      var low = InlineArray<4, SIMD16<Int32>>(repeating: SIMD16())
      var high = low
      low[unchecked: 0] = startsBase.loadUnaligned(as: SIMD16<Int32>.self)
      high[unchecked: 0] = startsBase.loadUnaligned(fromByteOffset: 64, as: SIMD16<Int32>.self)
      var a = UnsafeRawPointer(activations)
      var w = UnsafeRawPointer(weights)
      for _ in 0..<kPadded / 16 {
        for quadIndex in 0..<4 {
          let quad = SIMD16(
            repeating: a.loadUnaligned(fromByteOffset: quadIndex &* 4, as: Int32.self))
          let wLow = w.loadUnaligned(fromByteOffset: quadIndex &* 128, as: SIMD16<Int32>.self)
          let wHigh = w.loadUnaligned(
            fromByteOffset: quadIndex &* 128 &+ 64, as: SIMD16<Int32>.self)
          low[unchecked: quadIndex] = edge_dpbusd(low[unchecked: quadIndex], quad, wLow)
          high[unchecked: quadIndex] = edge_dpbusd(high[unchecked: quadIndex], quad, wHigh)
        }
        a += 16
        w += 512
      }
      sink.put(
        (low[unchecked: 0] &+ low[unchecked: 1]) &+ (low[unchecked: 2] &+ low[unchecked: 3]),
        row: 0, column: 0)
      sink.put(
        (high[unchecked: 0] &+ high[unchecked: 1]) &+ (high[unchecked: 2] &+ high[unchecked: 3]),
        row: 0, column: 16)
    }
  }
#endif
