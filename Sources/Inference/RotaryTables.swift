import Kernels
import Memory
import Model

/// The tables of rotary embedding that the layers of a model name by number, for the tokens of a block,
/// and one more that turns nothing, if there are layers without rotary embedding.
struct RotaryTables: BitwiseCopyable {
  private var tables: InlineArray<3, RotaryTable>
  /// Tables that layers name.
  let count: Int
  private let hasPlain: Bool

  init(carver: inout Carver, shape: ModelShape, block: Int) {
    count = shape.ropeTables.count
    precondition(count <= RopeTables.countMax)
    tables = InlineArray(
      repeating: RotaryTable(carver: &carver, shape.ropeTables[0], block: block))
    for index in 1..<max(count, 1) {
      tables[index] = RotaryTable(carver: &carver, shape.ropeTables[index], block: block)
    }
    let plainDim = shape.layers.largest {
      $0.attends && $0.ropeTable == nil ? $0.headDim : 0
    }
    hasPlain = plainDim > 0
    if hasPlain {
      tables[count] = RotaryTable(
        carver: &carver, headDim: plainDim, block: block, turning: 0)
    }
  }

  subscript(index: Int) -> RotaryTable { tables[index] }

  /// The table of a layer.
  @inline(__always)
  subscript(spec: LayerSpec) -> RotaryTable { tables[spec.ropeTable ?? count] }

  /// Makes all frequencies, without factors that a model's file gives.
  @export(interface)
  func setFrequencies(_ shape: ModelShape) {
    for index in 0..<count { tables[index].setFrequencies(shape.ropeTables[index]) }
  }

  func setToken(_ token: Int, position: Int) {
    for index in 0..<(hasPlain ? count + 1 : count) {
      tables[index].setToken(token, position: position)
    }
  }
}

extension RotaryTable {
  fileprivate init(carver: inout Carver, _ rope: RopeSpec, block: Int) {
    self.init(
      carver: &carver, headDim: rope.headDim, block: block, turning: rope.dimensionCount / 2,
      magnitude: rope.magnitude)
  }
}
