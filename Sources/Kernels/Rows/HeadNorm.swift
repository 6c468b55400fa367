/// target = RMS norm of a row: x / sqrt(mean(x^2) + epsilon) * weight
/// - Returns: the sum of x^2, which is not finite if an x is not, or is past Float32's root.
public func normalizeRow(
  _ row: UnsafePointer<Float>, weight: UnsafePointer<Float>, count: Int, epsilon: Float,
  into target: UnsafeMutablePointer<Float>
) -> Float {
  let squares = unsafe sumOfProducts(row, row, count: count)
  let factor = 1 / squareRoot(squares / Float(count) + epsilon)
  for index in 0..<count { unsafe target[index] = row[index] * factor * weight[index] }
  return squares
}

/// RMS norm of one value head without weights, in place.
public func normalizeHead(_ head: UnsafeMutablePointer<Float>, count: Int, epsilon: Float) {
  let squares = unsafe sumOfProducts(head, head, count: count)
  let factor = 1 / squareRoot(squares / Float(count) + epsilon)
  for index in 0..<count { unsafe head[index] *= factor }
}

/// RMS norm of one query or key head, in place.
/// - Parameters:
///   - head: `count` values.
///   - weight: as many.
public func normalizeHead(
  _ head: UnsafeMutablePointer<Float>, weight: UnsafePointer<Float>, count: Int, epsilon: Float
) {
  let squares = unsafe sumOfProducts(head, head, count: count)
  let factor = 1 / squareRoot(squares / Float(count) + epsilon)
  for index in 0..<count { unsafe head[index] *= factor * weight[index] }
}
