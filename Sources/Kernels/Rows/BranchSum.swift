/// target += RMS norm of a row, times a factor: what a layer's branch adds to the residual stream.
/// - Parameters:
///   - row, weight, target: `count` values.
@export(interface)
public func addNormalized(
  _ row: UnsafePointer<Float>, weight: UnsafePointer<Float>, count: Int, epsilon: Float,
  factor: Float, to target: UnsafeMutablePointer<Float>
) {
  let squares = unsafe sumOfProducts(row, row, count: count)
  let scale = factor / squareRoot(squares / Float(count) + epsilon)
  var index = 0
  while index &+ 16 <= count {
    let branch = unsafe row.lanes(index) * scale * weight.lanes(index)
    unsafe target.store(target.lanes(index) + branch, index)
    index &+= 16
  }
  while index < count {
    unsafe target[index] += row[index] * scale * weight[index]
    index &+= 1
  }
}
