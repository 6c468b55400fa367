import Model

/// How the rows of a tensor lie in a matrix.
public enum RowOrder {
  case asStored
  /// Llama's GGUF files keep the two halves of a head's rotated pairs interleaved: row 2 i of a
  /// head goes to place i, row 2 i + 1 to place headDim / 2 + i.
  case splitHalves(headDim: Int)

  /// That of a layer's query and key rows, which rotary embedding turns.
  @export(interface)
  public init(ofRotated layer: LayerSpec, _ architecture: Architecture) {
    switch architecture.description.rotatedPairs {
    case .interleaved: self = .splitHalves(headDim: layer.headDim)
    case .halves: self = .asStored
    }
  }

  @export(interface)
  public func place(_ row: Int) -> Int {
    switch self {
    case .asStored: return row
    case .splitHalves(let headDim):
      let inHead = row % headDim
      return row - inHead + inHead % 2 * (headDim / 2) + inHead / 2
    }
  }
}
