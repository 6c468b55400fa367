import CInstructions

/// An instruction path for int8 products, and the layouts it reads. All paths give the same Int32
/// sums from the same values.
///
/// A run is the number of consecutive K values that one instruction multiplies for one output.
/// Weights of a group: `[K / run][groupOutputs][run]`. Activations of a tile:
/// `[K / run][tileRows][run]`; up to `Int8Geometry.plainRowsMax` tokens are plain rows, one after the other.
/// Values lie within -127 ... 127.
public protocol Int8Kernel {
  /// Activation rows (tokens) in a tile.
  static var tileRows: Int { get }
  /// Outputs in a group.
  static var groupOutputs: Int { get }
  static var run: Int { get }
  /// What is added to activations (modulo 256) as they are stored. With 128 each output's sum
  /// starts at -128 times the sum of its weights, otherwise at 0.
  static var activationBias: UInt8 { get }

  /// Tiles of `tileRows` tokens, one after the other, by one group of outputs.
  static func tiles(
    _ activations: UnsafePointer<Int8>, _ weights: UnsafePointer<Int8>,
    _ starts: UnsafePointer<Int32>, kPadded: Int, tileCount: Int, into sink: some SumSink)

  /// One token by groups of outputs, one after the other.
  static func row(
    _ activations: UnsafePointer<Int8>, _ weights: UnsafePointer<Int8>,
    _ starts: UnsafePointer<Int32>, kPadded: Int, groupCount: Int, into sink: some SumSink)

  /// A few tokens by groups of outputs, one after the other: weights are read once, in straight lines. Memory of
  /// whole tiles' rows is read, whatever rows there are.
  /// - Parameter rowCount: 2 to `Int8Geometry.plainRowsMax`.
  static func rows(
    _ activations: UnsafePointer<Int8>, rowCount: Int, _ weights: UnsafePointer<Int8>,
    _ starts: UnsafePointer<Int32>, kPadded: Int, groupCount: Int, into sink: some SumSink)
}

/// What a kernel hands its sums over in.
public typealias SumVector = edge_sums

/// What becomes of the sums of a tile or a row.
public protocol SumSink {
  /// - Parameters:
  ///   - sums: `[rows][groupOutputs / SumVector.scalarCount]`; more may follow, unused.
  ///   - rows: of `sums`, from 1 on.
  ///   - firstRow: the token of the first row.
  ///   - group: counted from the first that the kernel was given.
  func put<let count: Int>(
    _ sums: InlineArray<count, SumVector>, rows: Int, firstRow: Int, group: Int)
  /// The sums of one token and of several groups, whose outputs are eight vectors.
  func putRow(_ sums: InlineArray<8, SumVector>, group: Int)
}

/// The geometry of int8 matrix products in this build: its kernel's.
public enum Int8Geometry {
  /// K is padded with zeros to a multiple of this: kernels handle so much between two tests for
  /// the end.
  public static let kStep = 64
  /// The longest K: 65,536 * 255 * 127 is below 2^31, so that Int32 sums are exact.
  public static let kMax = 65536
  /// Tokens at most that lie in plain rows, each of which a thread of its own can write, and pass by weights in
  /// straight lines; more lie in tiles.
  public static let plainRowsMax = 8

  #if arch(x86_64)
    /// Activation rows (tokens) in a tile.
    public static var tileRows: Int {
      edge_has_vnni() ? VNNIKernel.tileRows : AVX2Kernel.tileRows
    }
    /// Outputs in a group.
    public static var groupOutputs: Int {
      edge_has_vnni() ? VNNIKernel.groupOutputs : AVX2Kernel.groupOutputs
    }
    package static var run: Int { edge_has_vnni() ? VNNIKernel.run : AVX2Kernel.run }
    package static var activationBias: UInt8 {
      edge_has_vnni() ? VNNIKernel.activationBias : AVX2Kernel.activationBias
    }
  #else
    public static var tileRows: Int {
      edge_built_with_i8mm()
        ? MatrixMultiplyKernel.tileRows
        : edge_has_dot_product() ? DotProductKernel.tileRows : WideningKernel.tileRows
    }
    public static var groupOutputs: Int {
      edge_built_with_i8mm()
        ? MatrixMultiplyKernel.groupOutputs
        : edge_has_dot_product() ? DotProductKernel.groupOutputs : WideningKernel.groupOutputs
    }
    package static var run: Int {
      edge_built_with_i8mm()
        ? MatrixMultiplyKernel.run
        : edge_has_dot_product() ? DotProductKernel.run : WideningKernel.run
    }
    package static var activationBias: UInt8 { 0 }
  #endif
}
