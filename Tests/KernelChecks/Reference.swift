import Kernels

/// Slow definitions in Double that several checks share.
enum Reference {
  /// The Walsh-Hadamard transform of every `block` values by its definition:
  /// y[i] = sum over j of (-1)^(bits common to i and j) x[j].
  static func hadamard(
    _ x: UnsafePointer<Double>, count: Int, block: Int, into y: UnsafeMutablePointer<Double>
  ) {
    for start in stride(from: 0, to: count - block + 1, by: block) {
      for i in 0..<block {
        var sum = 0.0
        for j in 0..<block {
          let isOdd = (i & j).nonzeroBitCount & 1 == 1
          sum += isOdd ? -x[start + j] : x[start + j]
        }
        y[start + i] = sum
      }
    }
  }

  /// A bound for the error of a Float32 transform's value `index`: each of the log2(block) stages
  /// rounds once, and no partial sum exceeds the sum of the block's magnitudes.
  static func hadamardError(_ x: UnsafePointer<Double>, block: Int, index: Int) -> Double {
    let start = index / block * block
    var sum = 0.0
    for j in start..<start + block { sum += x[j].magnitude }
    return Double(block.trailingZeroBitCount) * roundoff * sum
  }

  static func largestMagnitude(_ x: UnsafePointer<Double>, count: Int) -> Double {
    var largest = 0.0
    for index in 0..<count { largest = max(largest, x[index].magnitude) }
    return largest
  }

  /// The root of a number that is not negative, by Newton's method; the standard library's would
  /// need the C library's `sqrt` for negative numbers.
  static func squareRoot(_ x: Double) -> Double {
    if x == 0 { return 0 }
    let exponent = Int(x.exponent) & ~1
    let scaled = x * Double(sign: .plus, exponent: -exponent, significand: 1)
    // From 1 to 4: six steps are exact in Double.
    var root = (1 + scaled) / 2
    for _ in 0..<6 { root = (root + scaled / root) / 2 }
    return root * Double(sign: .plus, exponent: exponent / 2, significand: 1)
  }

  /// x * sigmoid(x)
  static func silu(_ x: Double) -> Double {
    x < -700 ? 0 : x > 700 ? x : x / (1 + Elementary.exp(-x))
  }
}

/// Readers of the packed layouts, from their descriptions.
enum Layout {
  /// Weights: `[outputs / G][K / run][G][run]`.
  static func weight(
    _ weights: UnsafePointer<Int8>, output: Int, index: Int, kPadded: Int
  ) -> Int8 {
    let (g, run) = (Int8Geometry.groupOutputs, Int8Geometry.run)
    return weights[
      output / g * g * kPadded + index / run * g * run + output % g * run + index % run]
  }

  /// Activations: `[tokens / R][K / run][R][run]`, or `[tokens][K]` of a few tokens, with the build's bias.
  static func activation(
    _ values: UnsafePointer<Int8>, token: Int, index: Int, kPadded: Int, tokenCount: Int
  ) -> Int8 {
    let place = activationPlace(
      token: token, index: index, kPadded: kPadded, tokenCount: tokenCount)
    return Int8(bitPattern: UInt8(bitPattern: values[place]) ^ Int8Geometry.activationBias)
  }

  /// Where a value of a token lies.
  static func activationPlace(token: Int, index: Int, kPadded: Int, tokenCount: Int) -> Int {
    if tokenCount <= Int8Geometry.plainRowsMax { return token * kPadded + index }
    let (rows, run) = (Int8Geometry.tileRows, Int8Geometry.run)
    return token / rows * rows * kPadded + index / run * rows * run + token % rows * run
      + index % run
  }
}
