import Kernels
import Memory
import Model

/// The tables of rotary embedding that the layers of a model name by number, for the tokens of a block.
struct RotaryTables: BitwiseCopyable {
  private var tables: InlineArray<2, RotaryTable>
  let count: Int

  init(carver: inout Carver, shape: ModelShape, block: Int) {
    count = shape.ropeTables.count
    precondition(count <= RopeTables.countMax)
    tables = InlineArray(
      repeating: RotaryTable(carver: &carver, shape.ropeTables[0], block: block))
    for index in 1..<max(count, 1) {
      tables[index] = RotaryTable(carver: &carver, shape.ropeTables[index], block: block)
    }
  }

  subscript(index: Int) -> RotaryTable { tables[index] }

  /// The table of a layer. (Layers without one are refused: see `ComputedLayers`.)
  @inline(__always)
  subscript(spec: LayerSpec) -> RotaryTable { tables[spec.ropeTable ?? 0] }

  /// Makes all frequencies, without factors that a model's file gives.
  func setFrequencies(_ shape: ModelShape) {
    for index in 0..<count { tables[index].setFrequencies(shape.ropeTables[index]) }
  }

  func setToken(_ token: Int, position: Int) {
    for index in 0..<count { tables[index].setToken(token, position: position) }
  }
}

extension RotaryTable {
  fileprivate init(carver: inout Carver, _ rope: RopeSpec, block: Int) {
    self.init(
      carver: &carver, headDim: rope.dimensionCount, block: block,
      magnitude: rope.scaling.magnitude)
  }
}
