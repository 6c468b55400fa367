/// Float32 rows that a product goes to: `[tokens][stride]`. Columns up to the matrix's padded
/// output count are written.
public struct ProductOutput {
  let values: UnsafeMutablePointer<Float>
  let stride: Int

  public init(_ values: UnsafeMutablePointer<Float>, stride: Int) {
    self.values = values
    self.stride = stride
  }

  /// The same rows from a column on.
  func from(column: Int) -> ProductOutput { ProductOutput(values + column, stride: stride) }

  /// Values of some columns of one token, which `Matmul.add` then adds to.
  /// - Parameter source: one for each column, from the first of all columns on.
  func setRow(_ token: Int, columns: Range<Int>, from source: UnsafePointer<Float>) {
    copy(
      source + columns.lowerBound, to: values + (token * stride + columns.lowerBound),
      count: columns.count)
  }
}
