/// Which matrices of a model's file have codes that can be kept as they are, and of which type: four
/// bits a matrix. The matrices of a convolution stand in the places of those of attention,
/// those of experts in the places of a feed-forward part that serves all tokens.
public struct CodedTensors: Sendable, BitwiseCopyable {
  private var layers = LayerTable.PerLayer<UInt32>(repeating: 0)
  /// Of eight bytes, as packed models hold all of this value without padding.
  private var others: UInt64 = 0

  public init() {}

  /// The type of a matrix, or nil if it has another than those.
  public subscript(slot: TensorSlot) -> TensorType? {
    let word =
      if case .layer(let layer, _) = slot { UInt64(layers[layer]) } else { others }
    return TensorType(codedNumber: UInt32(truncatingIfNeeded: word >> Self.place(slot) & 15))
  }

  @export(interface)
  public mutating func set(_ slot: TensorSlot, _ type: TensorType) {
    let bits = UInt64(type.codedNumber) << Self.place(slot)
    let mask = ~(UInt64(15) << Self.place(slot))
    if case .layer(let layer, _) = slot {
      layers[layer] = UInt32(truncatingIfNeeded: UInt64(layers[layer]) & mask | bits)
    } else {
      others = others & mask | bits
    }
  }

  /// Whether a matrix has codes of fewer than eight bits. In a file that has none nothing is kept: int8
  /// weights take less memory than Q8_0, and less time.
  var hasShortCodes: Bool {
    if Self.hasShortCodes(others) { return true }
    for layer in layers.indices where Self.hasShortCodes(UInt64(layers[layer])) { return true }
    return false
  }

  private static func hasShortCodes(_ types: UInt64) -> Bool {
    var rest = types
    while rest != 0 {
      let number = UInt32(truncatingIfNeeded: rest & 15)
      if number != 0 && number != TensorType.q8_0.codedNumber { return true }
      rest >>= 4
    }
    return false
  }

  private static func place(_ slot: TensorSlot) -> UInt64 {
    switch slot {
    case .layer(_, let tensor):
      precondition(!tensor.isVector)
      return UInt64(tensor.rawValue - LayerTensor.query.rawValue) * 4
    case .tokenEmbedding: return 0
    default: return 4
    }
  }
}
