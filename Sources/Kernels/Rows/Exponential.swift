import CInstructions

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
  return unsafe scale(p, unsafeBitCast(shifted, to: NativeInts.self) &<< 23)
}

/// 2 to the power of each lane, computed in Float16: relative error below 5.5e-4, of which a rounding
/// to Float16 alone would be 4.9e-4. No argument may be above 0; those below -126 count as -126.
///
/// As above, with a polynomial of degree 3 in Float16, whose coefficients were searched for the least
/// error with all roundings; n, in the low bits after Float16's 1.5 * 2^10 was added, goes to the
/// exponent of Float32.
@inline(__always)
package func exp2(_ x: NativeHalves) -> (low: NativeFloats, high: NativeFloats) {
  let magic = NativeHalves(repeating: 1536)
  let bounded = edge_halves_max(x, NativeHalves(repeating: -126))
  let shifted = edge_halves_add(bounded, magic)
  let f = edge_halves_subtract(bounded, edge_halves_subtract(shifted, magic))
  var p = NativeHalves(repeating: 0.054473877)
  p = edge_halves_fma(NativeHalves(repeating: 0.24194336), p, f)
  p = edge_halves_fma(NativeHalves(repeating: 0.69335938), p, f)
  p = edge_halves_fma(NativeHalves(repeating: 1), p, f)
  return (
    scale(edge_halves_low(p), edge_halves_exponents_low(shifted)),
    scale(edge_halves_high(p), edge_halves_exponents_high(shifted))
  )
}

@inline(__always)
private func scale(_ v: NativeFloats, _ exponents: NativeInts) -> NativeFloats {
  unsafe unsafeBitCast(unsafeBitCast(v, to: NativeInts.self) &+ exponents, to: NativeFloats.self)
}

/// log2(e)
public let log2OfE: Float = 1.442_695_04

/// GELU of each lane in its form with tanh, x (1 + tanh(z)) / 2 with z = sqrt(2 / pi) (x + 0.044715 x^3),
/// which is x * sigmoid(2 z) (Hendrycks and Gimpel, "Gaussian Error Linear Units", 2016).
@inline(__always)
public func gelu(_ x: NativeFloats) -> NativeFloats {
  let twice = NativeFloats(repeating: 1.595_769_12)
  let cubic = NativeFloats(repeating: 0.071_354_816)
  let z = x * twice.addingProduct(cubic, x * x)
  // Below -87 the outcome is nearly 0.
  let e = exp2(maximum(z, NativeFloats(repeating: -87)) * -log2OfE)
  return x / (e + 1)
}

/// x * sigmoid(x) of each lane.
@inline(__always)
public func silu(_ x: NativeFloats) -> NativeFloats {
  // Above 88 the sigmoid is 1 in Float32; below -87 the product stays -1.5e-36, nearly 0.
  let bounded = maximum(x, NativeFloats(repeating: -87))
  let e = exp2(bounded * -log2OfE)
  return bounded / (e + 1)
}
