/// target = gelu(gate) * input
/// - Parameter count: a multiple of 16.
public func gateByGELU(
  _ gate: UnsafePointer<Float>, _ input: UnsafePointer<Float>, count: Int,
  into target: UnsafeMutablePointer<Float>
) {
  var index = 0
  while index < count {
    unsafe (gelu(NativeFloats.load(gate + index)) * NativeFloats.load(input + index))
      .store(target + index)
    index &+= NativeFloats.scalarCount
  }
}
