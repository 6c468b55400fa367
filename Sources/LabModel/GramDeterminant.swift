import Foundation

/// The volume that rows span.
public enum GramDeterminant {
  /// What is added to each diagonal element, as a share of the diagonal's mean, so that dependent
  /// rows have a finite result.
  public static let ridge = 1e-9

  /// log det(K Kᵀ), or log det(Kᵀ K) where K has more rows than columns: K Kᵀ has rank d at most
  /// then, and the product of its non-zero eigenvalues is det(Kᵀ K). The rows are not normalized. By
  /// Cholesky's decomposition in Double.
  /// - Parameter rows: n rows of d values each, at least one.
  public static func logarithm(_ rows: [UnsafeBufferPointer<Float>]) -> Double {
    let (count, length) = (rows.count, rows[0].count)
    var gram = count > length ? columnProducts(rows) : rowProducts(rows)
    let size = min(count, length)
    let trace = (0..<size).reduce(0) { $0 + gram[$1 * size + $1] }
    for index in 0..<size { gram[index * size + index] += ridge * trace / Double(size) }
    return logDeterminant(&gram, size: size)
  }

  private static func rowProducts(_ rows: [UnsafeBufferPointer<Float>]) -> [Double] {
    rows.flatMap { row in
      rows.map { other in zip(row, other).reduce(0) { $0 + Double($1.0) * Double($1.1) } }
    }
  }

  private static func columnProducts(_ rows: [UnsafeBufferPointer<Float>]) -> [Double] {
    let size = rows[0].count
    var gram = [Double](repeating: 0, count: size * size)
    gram.withUnsafeMutableBufferPointer { gram in
      for row in rows {
        for i in 0..<size {
          let factor = Double(row[i])
          for j in 0..<size { gram[i * size + j] += factor * Double(row[j]) }
        }
      }
    }
    return gram
  }

  /// Of a symmetric, positive definite matrix, which is overwritten; -infinity where rounding left
  /// it none.
  static func logDeterminant(_ matrix: inout [Double], size: Int) -> Double {
    var logarithm = 0.0
    for column in 0..<size {
      for row in column..<size {
        var sum = matrix[row * size + column]
        for k in 0..<column { sum -= matrix[row * size + k] * matrix[column * size + k] }
        if row == column {
          if sum <= 0 { return -.infinity }
          matrix[row * size + column] = sum.squareRoot()
          logarithm += log(sum)
        } else {
          matrix[row * size + column] = sum / matrix[column * size + column]
        }
      }
    }
    return logarithm
  }
}
