/// 2 to the power of each lane, relative error below 3e-7. Below -126 the result is 0; the argument
/// must not exceed 127.
///
/// x = n + f with n the nearest integer; 2^f is a polynomial of degree 6 on [-1/2, 1/2] (the Taylor
/// terms ln(2)^k / k!, whose remainder is 1.2e-7 there); n is added to the exponent field.
@inline(__always)
public func exp2(_ x: NativeFloats) -> NativeFloats {
  // Adding 1.5 * 2^23 rounds to an integer and leaves it in the low bits.
  let magic = NativeFloats(repeating: 12_582_912)
  let shifted = x + magic
  let f = x - (shifted - magic)
  var p = NativeFloats(repeating: 1.540353e-4)
  p = NativeFloats(repeating: 1.333356e-3).addingProduct(p, f)
  p = NativeFloats(repeating: 9.618129e-3).addingProduct(p, f)
  p = NativeFloats(repeating: 5.550411e-2).addingProduct(p, f)
  p = NativeFloats(repeating: 2.402265e-1).addingProduct(p, f)
  p = NativeFloats(repeating: 6.931472e-1).addingProduct(p, f)
  p = NativeFloats(repeating: 1).addingProduct(p, f)
  let exponent = unsafeBitCast(shifted, to: NativeInts.self) &<< 23
  let scaled = unsafeBitCast(
    unsafeBitCast(p, to: NativeInts.self) &+ exponent, to: NativeFloats.self)
  return scaled.replacing(with: 0, where: x .< -126)
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
