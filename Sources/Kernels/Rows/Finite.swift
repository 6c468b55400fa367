import CInstructions

/// Whether none of `count` values is infinite or NaN.
@export(interface)
public func areFinite(_ values: UnsafePointer<Float>, count: Int) -> Bool {
  var check = FiniteCheck()
  unsafe check.add(values, count: count)
  return check.allFinite
}

/// A finite number times 0 is 0, others give NaN: the products' sum says whether there was such a one.
struct FiniteCheck {
  private var sums = SIMD16<Float>()
  private var others = SIMD16<Float>()
  private var rest: Float = 0

  @inline(__always)
  mutating func add(_ values: UnsafePointer<Float>, count: Int) {
    var index = 0
    while index &+ 32 <= count {
      sums = unsafe edge_fma_f32x16(sums, values.lanes(index), SIMD16())
      others = unsafe edge_fma_f32x16(others, values.lanes(index &+ 16), SIMD16())
      index &+= 32
    }
    if index &+ 16 <= count {
      sums = unsafe edge_fma_f32x16(sums, values.lanes(index), SIMD16())
      index &+= 16
    }
    while index < count {
      unsafe rest += values[index] * 0
      index &+= 1
    }
  }

  var allFinite: Bool { sums == SIMD16() && others == SIMD16() && rest == 0 }
}
