import CInstructions

/// One head of the gated delta rule (Yang et al., "Gated Delta Networks: Improving Mamba2 with Delta Rule",
/// 2024). For each token with query q, key k and value v, both of length 1, decay a and rate b, the state S
/// becomes a S + b k (v - a Sᵀ k)ᵀ, and Sᵀ q / sqrt(keyDim) comes out.
@safe public struct DeltaRule {
  let keyDim: Int
  let valueDim: Int
  let state: UnsafeMutablePointer<Float>

  /// - Parameters:
  ///   - valueDim: a multiple of 16.
  ///   - state: `[keyDim][valueDim]`, zeros before the text.
  @export(interface)
  public init(keyDim: Int, valueDim: Int, state: UnsafeMutablePointer<Float>) {
    precondition(valueDim % 16 == 0)
    self.keyDim = keyDim
    self.valueDim = valueDim
    unsafe self.state = state
  }

  /// - Parameter memory: as many numbers as the state has.
  /// - Returns: the memory.
  @export(interface)
  public func copyState(to memory: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<Float> {
    unsafe memory.update(from: state, count: keyDim * valueDim)
    return unsafe memory
  }

  /// e^(factor * softplus(alpha + bias)), with a factor that is not above 0.
  @export(interface)
  public static func decay(alpha: Float, bias: Float, factor: Float) -> Float {
    let x = Double(alpha + bias)
    // log(1 + e^x); beyond 30 it is x in Float32.
    let softplus = x > 30 ? x : Elementary.log(1 + Elementary.exp(x))
    return Float(Elementary.exp(Double(factor) * softplus))
  }

  /// The next token.
  /// - Parameters:
  ///   - query, key: `[keyDim]`, of any length; brought to length 1, or divided by epsilon if shorter.
  ///   - out: `[valueDim]`
  @export(interface)
  public func step(
    query: UnsafePointer<Float>, key: UnsafePointer<Float>, value: UnsafePointer<Float>,
    decay: Float, rate: Float, epsilon: Float, into out: UnsafeMutablePointer<Float>
  ) {
    let queryFactor = unsafe Self.inverseLength(query, count: keyDim, epsilon: epsilon)
    let keyFactor = unsafe Self.inverseLength(key, count: keyDim, epsilon: epsilon)
    let outFactor = queryFactor / squareRoot(Float(keyDim))
    var column = 0
    while column < valueDim {
      var known = SIMD16<Float>()
      var place = unsafe state + column
      for index in 0..<keyDim {
        unsafe known.addProduct(place.lanes(0), SIMD16(repeating: key[index]))
        unsafe place += valueDim
      }
      // The decay is taken on the way, and both lengths of the key with the change.
      let change = unsafe (value.lanes(column) - known * (keyFactor * decay)) * (rate * keyFactor)
      var sum = SIMD16<Float>()
      unsafe place = state + column
      for index in 0..<keyDim {
        var row = unsafe place.lanes(0) * decay
        unsafe row.addProduct(change, SIMD16(repeating: key[index]))
        unsafe place.store(row, 0)
        unsafe sum.addProduct(row, SIMD16(repeating: query[index]))
        unsafe place += valueDim
      }
      unsafe out.store(sum * outFactor, column)
      column &+= 16
    }
  }

  static func inverseLength(
    _ row: UnsafePointer<Float>, count: Int, epsilon: Float
  ) -> Float {
    unsafe 1 / max(squareRoot(sumOfProducts(row, row, count: count)), epsilon)
  }
}

/// values[i] *= gate[i] * sigmoid(gate[i])
/// - Parameter count: a multiple of 16.
public func multiplyBySiLU(
  _ values: UnsafeMutablePointer<Float>, of gate: UnsafePointer<Float>, count: Int
) {
  var index = 0
  while index < count {
    unsafe (NativeFloats.load(values + index) * silu(NativeFloats.load(gate + index)))
      .store(values + index)
    index &+= NativeFloats.scalarCount
  }
}

/// values[i] *= sigmoid(gate[i])
@export(interface)
public func multiplyBySigmoid(
  _ values: UnsafeMutablePointer<Float>, of gate: UnsafePointer<Float>, count: Int
) {
  for index in 0..<count {
    // One lane of many: heads may be shorter than a register.
    let bounded = unsafe min(max(gate[index], -87), 87)
    let e = exp2(NativeFloats(repeating: bounded * -log2OfE))[0]
    unsafe values[index] /= e + 1
  }
}
