/// What becomes of the old output and the new product.
protocol Combination {
  static func combine(_ old: NativeFloats, _ product: NativeFloats) -> NativeFloats
}

enum Replace: Combination {
  @inline(__always)
  static func combine(_ old: NativeFloats, _ product: NativeFloats) -> NativeFloats { product }
}

enum Add: Combination {
  @inline(__always)
  static func combine(_ old: NativeFloats, _ product: NativeFloats) -> NativeFloats {
    old + product
  }
}

/// The output holds the gate's product.
enum Gate: Combination {
  @inline(__always)
  static func combine(_ old: NativeFloats, _ product: NativeFloats) -> NativeFloats {
    silu(old) * product
  }
}

/// As above, with GELU.
enum GateGELU: Combination {
  @inline(__always)
  static func combine(_ old: NativeFloats, _ product: NativeFloats) -> NativeFloats {
    gelu(old) * product
  }
}
