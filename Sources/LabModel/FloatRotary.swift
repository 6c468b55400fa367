import Inference
import Kernels
import Model

/// The runtime's rotary embedding for the rows of a block, with memory of its own.
final class FloatRotary {
  private let table: RotaryTable
  private let frequencies: UnsafeMutablePointer<Double>
  private let turns: FloatBuffer

  /// - Parameter factors: divisors of the frequencies, if the model has them.
  init(_ rope: RopeSpec, factors: [Float]?, rowCount: Int) {
    let half = rope.headDim / 2
    frequencies = .allocate(capacity: half)
    turns = FloatBuffer(count: 2 * rowCount * half)
    table = RotaryTable(
      frequencies: frequencies, cosines: turns.start, sines: turns.start + rowCount * half,
      half: half, turning: rope.dimensionCount / 2, magnitude: rope.magnitude)
    table.setFrequencies(rope)
    if let factors { table.divideFrequencies(by: factors) }
  }

  deinit { frequencies.deallocate() }

  func setRow(_ row: Int, position: Int) { table.setToken(row, position: position) }

  /// A head's values, in place.
  func rotate(_ values: UnsafeMutablePointer<Float>, row: Int) {
    table.rotate(values, token: row, factor: 1, into: values)
  }
}
