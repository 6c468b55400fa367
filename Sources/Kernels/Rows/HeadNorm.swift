/// RMS norm of one query or key head, in place.
/// - Parameters:
///   - head: `count` values.
///   - weight: as many.
public func normalizeHead(
  _ head: UnsafeMutablePointer<Float>, weight: UnsafePointer<Float>, count: Int, epsilon: Float
) {
  let squares = sumOfProducts(head, head, count: count)
  let factor = 1 / squareRoot(squares / Float(count) + epsilon)
  for index in 0..<count { head[index] *= factor * weight[index] }
}
