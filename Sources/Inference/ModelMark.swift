import Kernels
import Model
import Platform
import Profile

extension Engine {
  /// A hash by which a model is known again whatever format its matrices are held in: of its description,
  /// its norms and its biases.
  public var modelMark: UInt64 {
    var hash = XXHash64()
    shape.add(to: &hash)
    var visitor = MarkVisitor(hash: hash)
    weights.forEach(&visitor)
    return visitor.hash.finish()
  }

  /// The head budgets must have been made for the model that was loaded.
  public func checkHeadShares() throws(HeadSharesError) {
    guard let kept = settings.headShares else { return }
    if kept.shares.modelMark != modelMark { throw .otherModel }
  }
}

extension ModelShape {
  /// Whether shares by head are of a model of as many layers and heads.
  @export(interface)
  public func check(_ kept: KeptHeadShares) throws(HeadSharesError) {
    if kept.shares.layerCount != layerCount {
      throw .otherLayers(found: kept.shares.layerCount, expected: layerCount)
    }
    for layer in 0..<layerCount {
      let (found, expected) = (kept.shares.headCount(layer: layer), self.layer(layer).keptHeadCount)
      if found != expected { throw .otherHeads(layer: layer, found: found, expected: expected) }
    }
  }
}

private struct MarkVisitor: WeightVisitor {
  var hash: XXHash64

  mutating func visit(norm: UnsafeMutablePointer<Float>, count: Int) {
    unsafe hash.update(UnsafeRawBufferPointer(UnsafeBufferPointer(start: norm, count: count)))
  }

  mutating func visit(bias: UnsafeMutablePointer<Float>, count: Int) {
    unsafe hash.update(UnsafeRawBufferPointer(UnsafeBufferPointer(start: bias, count: count)))
  }

  mutating func visit(convolution: UnsafeMutablePointer<Float>, count: Int) {
    unsafe hash.update(
      UnsafeRawBufferPointer(UnsafeBufferPointer(start: convolution, count: count)))
  }

  mutating func visit(router: UnsafeMutablePointer<Float>, count: Int) {
    unsafe hash.update(UnsafeRawBufferPointer(UnsafeBufferPointer(start: router, count: count)))
  }

  mutating func visit(decay: UnsafeMutablePointer<Float>, count: Int) {
    unsafe hash.update(UnsafeRawBufferPointer(UnsafeBufferPointer(start: decay, count: count)))
  }

  mutating func visit(matrix: WeightMatrix, number: Int) {}
}
