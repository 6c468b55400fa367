import CInstructions

#if arch(x86_64)
  /// AVX2: 4 tokens by 16 outputs, 8 accumulators.
  ///
  /// `vpmaddubsw` multiplies unsigned by signed: the sign of a weight goes to the activation first,
  /// and a pair of products, at most 2 * 127 * 127, fits 16 bits.
  public enum AVX2Kernel: Int8Kernel {
    public static var tileRows: Int { 4 }
    public static var groupOutputs: Int { 16 }
    public static var run: Int { 4 }
    public static var activationBias: UInt8 { 0 }

    public static func tiles(
      _ activations: UnsafePointer<Int8>, _ weights: UnsafePointer<Int8>,
      _ starts: UnsafePointer<Int32>, kPadded: Int, tileCount: Int, into sink: some SumSink
    ) {
      var a = unsafe UnsafeRawPointer(activations)
      for tile in 0..<tileCount {
        var low = fourTimes(SIMD8<Int32>())
        var high = low
        var w = unsafe UnsafeRawPointer(weights)
        for _ in 0..<kPadded / 4 {
          let outputs = unsafe WeightPair(w)
          for row in 0..<4 {
            let run = unsafe repeated(a, row &* 4)
            unsafe outputs.multiply(run, &low[unchecked: row], &high[unchecked: row])
          }
          unsafe a += 16
          unsafe w += 64
        }
        var sums = fourTimes(SumVector())
        for row in 0..<4 {
          unsafe sums[unchecked: row] = edge_join_i32x8(low[unchecked: row], high[unchecked: row])
        }
        sink.put(sums, rows: tileRows, firstRow: tile &* tileRows, group: 0)
      }
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
          if count == 1 {
            unsafe fewRows(a, 1, w, kPadded, rows: 1, firstRow: first, group, sink)
          } else if count == 2 {
            unsafe fewRows(a, 2, w, kPadded, rows: 2, firstRow: first, group, sink)
          } else {
            unsafe fewRows(a, 4, w, kPadded, rows: count, firstRow: first, group, sink)
          }
        }
        unsafe w += kPadded &* groupOutputs
      }
    }

    /// - Parameters:
    ///   - width: rows that are multiplied, `rows` of them for the sink.
    @inline(__always)
    private static func fewRows(
      _ a: UnsafeRawPointer, _ width: Int, _ w: UnsafeRawPointer, _ kPadded: Int, rows: Int,
      firstRow: Int, _ group: Int, _ sink: some SumSink
    ) {
      var low = fourTimes(SIMD8<Int32>())
      var high = low
      for offset in stride(from: 0, to: kPadded, by: 4) {
        let outputs = unsafe WeightPair(w + offset &* groupOutputs)
        for row in 0..<width {
          let run = unsafe repeated(a, offset &+ row &* kPadded)
          unsafe outputs.multiply(run, &low[unchecked: row], &high[unchecked: row])
        }
      }
      var sums = fourTimes(SumVector())
      for row in 0..<width {
        unsafe sums[unchecked: row] = edge_join_i32x8(low[unchecked: row], high[unchecked: row])
      }
      sink.put(sums, rows: rows, firstRow: firstRow, group: group)
    }

    /// Four pairs of sums hide the latency.
    public static func row(
      _ activations: UnsafePointer<Int8>, _ weights: UnsafePointer<Int8>,
      _ starts: UnsafePointer<Int32>, kPadded: Int, groupCount: Int, into sink: some SumSink
    ) {
      var w = unsafe UnsafeRawPointer(weights)
      for group in 0..<groupCount {
        var low = fourTimes(SIMD8<Int32>())
        var high = low
        var a = unsafe UnsafeRawPointer(activations)
        for _ in 0..<kPadded / 16 {
          for run in 0..<4 {
            unsafe WeightPair(w + run &* 64).multiply(
              repeated(a, run &* 4), &low[unchecked: run], &high[unchecked: run])
          }
          unsafe a += 16
          unsafe w += 256
        }
        let sum =
          unsafe (low[unchecked: 0] &+ low[unchecked: 1])
          &+ (low[unchecked: 2] &+ low[unchecked: 3])
        let highSum =
          unsafe (high[unchecked: 0] &+ high[unchecked: 1])
          &+ (high[unchecked: 2] &+ high[unchecked: 3])
        sink.put(
          InlineArray<1, SumVector>(repeating: edge_join_i32x8(sum, highSum)), rows: 1,
          firstRow: 0, group: group)
      }
    }

    @inline(__always)
    private static func repeated(_ a: UnsafeRawPointer, _ offset: Int) -> SIMD32<Int8> {
      unsafe unsafeBitCast(
        SIMD8<Int32>(repeating: a.loadUnaligned(fromByteOffset: offset, as: Int32.self)),
        to: SIMD32<Int8>.self)
    }

    /// One run of sixteen outputs.
    private struct WeightPair {
      private let low: SIMD32<Int8>
      private let high: SIMD32<Int8>

      @inline(__always)
      init(_ from: UnsafeRawPointer) {
        low = unsafe from.loadUnaligned(as: SIMD32<Int8>.self)
        high = unsafe from.loadUnaligned(fromByteOffset: 32, as: SIMD32<Int8>.self)
      }

      @inline(__always)
      func multiply(
        _ a: SIMD32<Int8>, _ lowSums: inout SIMD8<Int32>, _ highSums: inout SIMD8<Int32>
      ) {
        lowSums &+= edge_add_pairs_i16x16(
          edge_maddubs(edge_abs_i8x32(low), edge_sign_i8x32(a, low)))
        highSums &+= edge_add_pairs_i16x16(
          edge_maddubs(edge_abs_i8x32(high), edge_sign_i8x32(a, high)))
      }
    }
  }
#endif
