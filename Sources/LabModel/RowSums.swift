/// What is kept of many rows: enough for their norms and their angles to their mean.
struct RowSums {
  private(set) var count = 0
  /// Σ xᵢ
  private(set) var sum: [Double]
  /// Σ xᵢ / |xᵢ|
  private var unitSum: [Double]
  private var normSum = 0.0
  private var squaredNormSum = 0.0

  init(length: Int) {
    sum = [Double](repeating: 0, count: length)
    unitSum = sum
  }

  mutating func add(_ row: UnsafeBufferPointer<Float>) {
    var squares = 0.0
    for value in row { squares += Double(value) * Double(value) }
    let norm = squares.squareRoot()
    count += 1
    normSum += norm
    squaredNormSum += squares
    let scale = norm > 0 ? 1 / norm : 0
    for index in row.indices {
      let value = Double(row[index])
      sum[index] += value
      unitSum[index] += value * scale
    }
  }

  /// Mean over the rows of cos(x̄, xᵢ), x̄ the mean of the rows: Σ (xᵢ / |xᵢ|) · x̄ / |x̄| / n.
  var meanCosineToMean: Double {
    let products = zip(unitSum, sum).reduce(0) { $0 + $1.0 * $1.1 }
    return products / Double(count) / max(norm(sum), .leastNormalMagnitude)
  }

  var meanNorm: Double { normSum / Double(count) }

  /// Standard deviation of the norms over their mean.
  var relativeNormDeviation: Double {
    let variance = squaredNormSum / Double(count) - meanNorm * meanNorm
    return max(variance, 0).squareRoot() / max(meanNorm, .leastNormalMagnitude)
  }
}

func norm(_ vector: some Sequence<Double>) -> Double {
  vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
}

/// cos(a, b); 0 if one of them is 0.
func cosine(_ a: [Double], _ b: [Double]) -> Double {
  let products = zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
  let norms = norm(a) * norm(b)
  return norms > 0 ? products / norms : 0
}
