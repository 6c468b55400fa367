import CInstructions

/// An instruction path for int8 products. All paths give the same Int32 sums from the same packed
/// weights and activations.
public protocol Int8Kernel {
  /// Eight tokens by one group of outputs.
  static func tile(
    _ activations: UnsafePointer<Int8>, _ weights: UnsafePointer<Int8>,
    _ starts: UnsafePointer<Int32>, kPadded: Int, into sink: some SumSink)

  /// One token by one group of outputs.
  static func row(
    _ activations: UnsafePointer<Int8>, _ weights: UnsafePointer<Int8>,
    _ starts: UnsafePointer<Int32>, kPadded: Int, into sink: some SumSink)
}

/// What becomes of the sums of a tile.
public protocol SumSink {
  /// - Parameters:
  ///   - row: the token's row in the tile.
  ///   - column: the first output's place in the group.
  func put(_ sums: NativeInts, row: Int, column: Int)
}

/// The definition, in plain integer arithmetic.
public enum PortableKernel: Int8Kernel {
  public static func tile(
    _ activations: UnsafePointer<Int8>, _ weights: UnsafePointer<Int8>,
    _ starts: UnsafePointer<Int32>, kPadded: Int, into sink: some SumSink
  ) {
    for row in 0..<Int8Geometry.tileRows {
      products(
        activations + row * 4, quadStride: Int8Geometry.tileRows * 4, weights, starts,
        kPadded: kPadded, row: row, into: sink)
    }
  }

  public static func row(
    _ activations: UnsafePointer<Int8>, _ weights: UnsafePointer<Int8>,
    _ starts: UnsafePointer<Int32>, kPadded: Int, into sink: some SumSink
  ) {
    products(
      activations, quadStride: 4, weights, starts, kPadded: kPadded, row: 0, into: sink)
  }

  private static func products(
    _ activations: UnsafePointer<Int8>, quadStride: Int, _ weights: UnsafePointer<Int8>,
    _ starts: UnsafePointer<Int32>, kPadded: Int, row: Int, into sink: some SumSink
  ) {
    let bias = Int8Geometry.activationBias
    for column in stride(from: 0, to: Int8Geometry.groupOutputs, by: Int8Geometry.lanes) {
      var sums = NativeInts()
      for lane in 0..<Int8Geometry.lanes {
        let output = column + lane
        // With a bias the starts hold -128 * sum(w), which is taken back here.
        var sum: Int32 = 0
        for quad in 0..<kPadded / 4 {
          for j in 0..<4 {
            let a = Int8(bitPattern: UInt8(bitPattern: activations[quad * quadStride + j]) ^ bias)
            let w = weights[quad * PackedMatrix.quadStride + output * 4 + j]
            sum &+= Int32(a) &* Int32(w)
          }
        }
        sums[lane] = sum
      }
      sink.put(sums, row: row, column: column)
    }
  }
}
