/// Float32 rows that a product goes to: `[tokens][stride]`. Columns up to the matrix's padded
/// output count are written.
@safe public struct ProductOutput {
  let values: UnsafeMutablePointer<Float>
  let stride: Int

  public init(_ values: UnsafeMutablePointer<Float>, stride: Int) {
    unsafe self.values = values
    self.stride = stride
  }

  /// The same rows from a column on.
  func from(column: Int) -> ProductOutput { unsafe ProductOutput(values + column, stride: stride) }

  /// Values x of some output groups become limit * tanh(x / limit).
  @export(interface)
  public func cap(at limit: Float, rowCount: Int, groups: Range<Int>) {
    let columns = Int8Matrix.columns(groups)
    for row in 0..<rowCount {
      var place = unsafe values + (row * stride + columns.lowerBound)
      let end = unsafe place + columns.count
      while unsafe place < end {
        // tanh(y) = 1 - 2 / (e^(2 y) + 1); from 10 on it is 1 in Float32.
        let least = NativeFloats(repeating: -10)
        let negative = unsafe maximum(NativeFloats.load(place) / -limit, least)
        let e = exp2(maximum(-negative, least) * (2 * log2OfE))
        unsafe ((1 - 2 / (e + 1)) * limit).store(place)
        unsafe place += NativeFloats.scalarCount
      }
    }
  }

  /// Adds a row to all rows, in the columns of some output groups.
  /// - Parameter row: a value for each column, from the first of all columns on.
  @export(interface)
  public func addRow(_ row: UnsafePointer<Float>, rowCount: Int, groups: Range<Int>) {
    let columns = Int8Matrix.columns(groups)
    for token in 0..<rowCount {
      unsafe add(
        row + columns.lowerBound, to: values + (token * stride + columns.lowerBound),
        count: columns.count)
    }
  }

  /// Values of some columns of one token, which `Matmul.add` then adds to.
  /// - Parameter source: one for each column, from the first of all columns on.
  func setRow(_ token: Int, columns: Range<Int>, from source: UnsafePointer<Float>) {
    unsafe copy(
      source + columns.lowerBound, to: values + (token * stride + columns.lowerBound),
      count: columns.count)
  }
}
