import Model

extension LayerSpec {
  /// The order of the rows of queries, and of gates between them if there are any.
  /// - Parameter rotated: that of key rows.
  public func queryOrder(_ rotated: RowOrder) -> RowOrder {
    if !hasOutputGate { return rotated }
    return .gated(
      headDim: headDim, headCount: headCount, rotated: rotated.rotatedCount(headDim: headDim))
  }
}

/// How the rows of a tensor lie in a matrix.
public enum RowOrder {
  case asStored
  /// Llama's GGUF files keep the two halves of a head's rotated pairs interleaved: row 2 i of a
  /// head goes to place i, row 2 i + 1 to place headDim / 2 + i.
  case splitHalves(headDim: Int)
  /// The first `count` rows of a head are rotated, i with count / 2 + i; they go to places i and
  /// headDim / 2 + i. The others fill the places that are left, in order.
  case firstRotated(count: Int, headDim: Int)
  /// Behind each head's query lies its gate. All queries come first, with `rotated` rows of a head that are
  /// rotated, then all gates.
  case gated(headDim: Int, headCount: Int, rotated: Int)

  /// That of a layer's query and key rows, which rotary embedding turns.
  @export(interface)
  public init(ofRotated layer: LayerSpec, _ shape: ModelShape) {
    let headDim = layer.headDim
    let count = layer.ropeTable.map { shape.ropeTables[$0].dimensionCount } ?? headDim
    switch shape.architecture.description.rotatedPairs {
    case .interleaved: self = .splitHalves(headDim: headDim)
    case .halves:
      self = count == headDim ? .asStored : .firstRotated(count: count, headDim: headDim)
    }
  }

  /// Rows of a head that are rotated, if they are its first ones.
  func rotatedCount(headDim: Int) -> Int {
    if case .firstRotated(let count, _) = self { count } else { headDim }
  }

  @export(interface)
  public func place(_ row: Int) -> Int {
    switch self {
    case .asStored: return row
    case .splitHalves(let headDim):
      let inHead = row % headDim
      return row - inHead + inHead % 2 * (headDim / 2) + inHead / 2
    case .gated(let headDim, let headCount, let rotated):
      let (head, inHead) = (row / (2 * headDim), row % (2 * headDim))
      if inHead >= headDim { return (headCount + head) * headDim + inHead - headDim }
      if rotated == headDim { return head * headDim + inHead }
      return RowOrder.firstRotated(count: rotated, headDim: headDim).place(head * headDim + inHead)
    case .firstRotated(let count, let headDim):
      let inHead = row % headDim
      let (turning, half) = (count / 2, headDim / 2)
      if inHead < turning { return row }
      if inHead < count { return row - turning + half }
      return inHead < half + turning ? row - turning : row
    }
  }
}
