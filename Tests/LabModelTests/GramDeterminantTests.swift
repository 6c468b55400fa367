import Foundation
import Testing

@testable import LabModel

@Suite struct GramDeterminantTests {
  private func logarithm(_ rows: [[Float]]) -> Double {
    let flat = rows.flatMap(\.self)
    return flat.withUnsafeBufferPointer { flat in
      GramDeterminant.logarithm(
        rows.indices.map {
          UnsafeBufferPointer(rebasing: flat[$0 * rows[0].count..<($0 + 1) * rows[0].count])
        })
    }
  }

  /// By hand; the ridge adds `size * ridge` at most where the matrix is not near a singular one.
  @Test func smallMatrices() {
    #expect(abs(logarithm([[1, 0], [0, 1]])) < 3e-9)
    // |det K| = 6
    #expect(abs(logarithm([[2, 0], [1, 3]]) - log(36)) < 2e-8)
    // One row: its squared length.
    #expect(abs(logarithm([[3, 4, 12]]) - log(169)) < 2e-9)
    // More rows than columns: Kᵀ K = [[5, 2], [2, 5]].
    #expect(abs(logarithm([[1, 0], [0, 2], [2, 1]]) - log(21)) < 1e-8)
    // Twice the rows: 2ⁿ times the volume's square, n = 2 columns.
    let rows: [[Float]] = [[1, 0], [0, 2], [2, 1]]
    #expect(abs(logarithm(rows + rows) - log(84)) < 1e-8)
  }

  /// L = [[2, 0, 0], [1, 2, 0], [1, 1, 2]], so that det(L Lᵀ) = 64.
  @Test func choleskysDecomposition() {
    var matrix: [Double] = [4, 2, 2, 2, 5, 3, 2, 3, 6]
    #expect(abs(GramDeterminant.logDeterminant(&matrix, size: 3) - log(64)) < 1e-14)
    #expect(
      [matrix[0], matrix[3], matrix[4], matrix[6], matrix[7], matrix[8]] == [2, 1, 2, 1, 1, 2])
    var indefinite: [Double] = [1, 2, 2, 1]
    #expect(GramDeterminant.logDeterminant(&indefinite, size: 2) == -.infinity)
  }

  /// numpy.linalg.slogdet of Kᵀ K, and of K Kᵀ of the first four rows.
  @Test func numpysValues() {
    let rows: [[Float]] = (0..<8).map { i in
      (0..<5).map { j in
        let value = (7 * i + 3 * j * j + i * j) % 11
        return Float(value - 5)
      }
    }
    #expect(abs(logarithm(rows) - 19.70549163063444) < 1e-6)
    #expect(abs(logarithm(Array(rows[..<4])) - 13.79627371058445) < 1e-6)
  }

  @Test func dependentRowsAreFinite() {
    let value = logarithm([[1, 2, 3], [2, 4, 6], [1, 0, 0]])
    #expect(value.isFinite && value < -10)
  }
}
