/// 2 to the power of each lane, relative error below 3e-7. Arguments below -126 count as -126; none
/// may exceed 127.
///
/// x = n + f with n the nearest integer; 2^f is a polynomial of degree 5 on [-1/2, 1/2], 1 at 0,
/// whose largest relative error is least (9.2e-8); n is added to the exponent field.
@inline(__always)
public func exp2(_ x: NativeFloats) -> NativeFloats {
  let bounded = maximum(x, NativeFloats(repeating: -126))
  // Adding 1.5 * 2^23 rounds to an integer and leaves it in the low bits.
  let magic = NativeFloats(repeating: 12_582_912)
  let shifted = bounded + magic
  let f = bounded - (shifted - magic)
  var p = NativeFloats(repeating: 1.326472731e-3)
  p = NativeFloats(repeating: 9.671512991e-3).addingProduct(p, f)
  p = NativeFloats(repeating: 5.550733581e-2).addingProduct(p, f)
  p = NativeFloats(repeating: 2.402224243e-1).addingProduct(p, f)
  p = NativeFloats(repeating: 6.931470037e-1).addingProduct(p, f)
  p = NativeFloats(repeating: 1).addingProduct(p, f)
  let exponent = unsafeBitCast(shifted, to: NativeInts.self) &<< 23
  return unsafeBitCast(
    unsafeBitCast(p, to: NativeInts.self) &+ exponent, to: NativeFloats.self)
}

/// log2(e)
public let log2OfE: Float = 1.442_695_04

/// x * sigmoid(x) of each lane.
@inline(__always)
public func silu(_ x: NativeFloats) -> NativeFloats {
  // Above 88 the sigmoid is 1 in Float32; below -87 the product stays -1.5e-36, nearly 0.
  let bounded = maximum(x, NativeFloats(repeating: -87))
  let e = exp2(bounded * -log2OfE)
  return bounded / (e + 1)
}
