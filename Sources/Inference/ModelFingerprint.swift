import Kernels
import Model
import Platform

extension ModelWeights {
  /// A hash by which a model is known again, the same on all processors: of its description, of the
  /// rotary frequencies, of norms and biases, and of each matrix's scales, which change with its
  /// weights.
  func fingerprint(_ rotary: RotaryTable) -> UInt64 {
    var hash = XXHash64()
    shape.add(to: &hash)
    hash.update(
      UnsafeRawBufferPointer(UnsafeBufferPointer(start: rotary.frequencies, count: rotary.half)))
    var visitor = FingerprintVisitor(hash: hash)
    forEach(&visitor)
    return visitor.hash.finish()
  }
}

private struct FingerprintVisitor: WeightVisitor {
  var hash: XXHash64

  mutating func visit(norm: UnsafeMutablePointer<Float>, count: Int) {
    update(UnsafeBufferPointer(start: norm, count: count))
  }

  mutating func visit(bias: UnsafeMutablePointer<Float>, count: Int) {
    update(UnsafeBufferPointer(start: bias, count: count))
  }

  mutating func visit(matrix: WeightMatrix, number: Int) {
    hash.update(UInt64(matrix.k))
    update(matrix.scales)
  }

  private mutating func update(_ values: UnsafeBufferPointer<Float>) {
    hash.update(UnsafeRawBufferPointer(values))
  }
}
