extension ProductOutput {
  /// Gates of some output groups become the clamped unit of gpt-oss, g sigmoid(1.702 g) (u + 1), with g the
  /// gate, at most 7, and u what it gates, from -7 to 7.
  @export(interface)
  public func gateClamped(_ ups: ProductOutput, rowCount: Int, groups: Range<Int>) {
    let columns = Int8Matrix.columns(groups)
    for row in 0..<rowCount {
      let gates = unsafe values + row * stride
      let ups = unsafe ups.values + row * ups.stride
      for column in Swift.stride(
        from: columns.lowerBound, to: columns.upperBound, by: NativeFloats.scalarCount)
      {
        unsafe clampedUnit(.load(gates + column), .load(ups + column)).store(gates + column)
      }
    }
  }
}

@inline(__always)
private func clampedUnit(_ gate: NativeFloats, _ up: NativeFloats) -> NativeFloats {
  let limit = NativeFloats(repeating: 7)
  // Below -50 the outcome is nearly 0.
  let bounded = maximum(minimum(gate, limit), NativeFloats(repeating: -50))
  let e = exp2(bounded * (-1.702 * log2OfE))
  return bounded / (e + 1) * (maximum(minimum(up, limit), -limit) + 1)
}

@inline(__always)
private func minimum(_ a: NativeFloats, _ b: NativeFloats) -> NativeFloats { -maximum(-a, -b) }
