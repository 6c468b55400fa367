import Kernels
import Model
import Platform

extension ModelWeights {
  /// A hash by which a model is known again, the same on all processors: of its description, of the
  /// rotary frequencies, of norms and biases, and of each matrix's scales, which change with its
  /// weights.
  /// - Parameter pages: of experts that stay in the file, and are read for this once.
  func fingerprint(_ rotary: RotaryTables, _ pages: ExpertPages?) -> UInt64 {
    if let known = pages?.fingerprint { return known }
    var hash = XXHash64()
    shape.add(to: &hash)
    for index in 0..<rotary.count {
      let table = rotary[index]
      unsafe hash.update(
        UnsafeRawBufferPointer(UnsafeBufferPointer(start: table.frequencies, count: table.half)))
    }
    var visitor = FingerprintVisitor(hash: hash)
    forEach(&visitor, leaving: pages)
    let fingerprint = visitor.hash.finish()
    pages?.keep(fingerprint: fingerprint)
    return fingerprint
  }
}

private struct FingerprintVisitor: WeightVisitor {
  var hash: XXHash64

  mutating func visit(norm: UnsafeMutablePointer<Float>, count: Int) {
    unsafe update(UnsafeBufferPointer(start: norm, count: count))
  }

  mutating func visit(bias: UnsafeMutablePointer<Float>, count: Int) {
    unsafe update(UnsafeBufferPointer(start: bias, count: count))
  }

  mutating func visit(convolution: UnsafeMutablePointer<Float>, count: Int) {
    unsafe update(UnsafeBufferPointer(start: convolution, count: count))
  }

  mutating func visit(router: UnsafeMutablePointer<Float>, count: Int) {
    unsafe update(UnsafeBufferPointer(start: router, count: count))
  }

  mutating func visit(decay: UnsafeMutablePointer<Float>, count: Int) {
    unsafe update(UnsafeBufferPointer(start: decay, count: count))
  }

  mutating func visit(matrix: WeightMatrix, number: Int) {
    hash.update(UInt64(matrix.k))
    switch matrix {
    case .int8(let matrix):
      unsafe update(UnsafeBufferPointer(start: matrix.scales, count: matrix.outputCount))
    case .bits(let matrix): hash.update(matrix.digest)
    }
  }

  private mutating func update(_ values: UnsafeBufferPointer<Float>) {
    unsafe hash.update(UnsafeRawBufferPointer(values))
  }
}
