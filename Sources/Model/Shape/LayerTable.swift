/// The layers of a model, from the first one on: a few kinds, and one byte a layer.
public struct LayerTable: Sendable, BitwiseCopyable {
  /// Something for each layer that a model may have. This is the one place of that number, which is
  /// above the deepest published models (126 layers).
  public typealias PerLayer<Element> = InlineArray<256, Element>
  private typealias Kinds = InlineArray<8, LayerSpec>

  public static var layerCountMax: Int { PerLayer<UInt8>.count }
  /// Published models have at most three kinds of layers.
  public static var kindCountMax: Int { Kinds.count }

  private var kinds: Kinds
  private var kindOfLayer = PerLayer<UInt8>(repeating: 0)
  public private(set) var kindCount: Int
  public private(set) var count: Int

  /// - Parameter count: 1 to `layerCountMax` layers that are all alike.
  @export(interface)
  public init(repeating spec: LayerSpec, count: Int) {
    precondition(count >= 1 && count <= Self.layerCountMax)
    kinds = Kinds(repeating: spec)
    kindCount = 1
    self.count = count
  }

  public subscript(layer: Int) -> LayerSpec {
    precondition(layer >= 0 && layer < count)
    return kinds[Int(kindOfLayer[layer])]
  }

  /// The different layers that there are.
  public func kind(_ index: Int) -> LayerSpec {
    precondition(index >= 0 && index < kindCount)
    return kinds[index]
  }

  /// Changes one layer.
  /// - Returns: false if the table has `kindCountMax` other kinds already; nothing is changed then.
  @export(interface)
  public mutating func set(_ layer: Int, to spec: LayerSpec) -> Bool {
    precondition(layer >= 0 && layer < count)
    var kind = 0
    while kind < kindCount && kinds[kind] != spec { kind += 1 }
    if kind == Self.kindCountMax { return false }
    if kind == kindCount {
      kinds[kind] = spec
      kindCount += 1
    }
    kindOfLayer[layer] = UInt8(kind)
    return true
  }

  /// Says of all layers whether queries, keys and values have biases.
  mutating func setBias(_ hasBias: Bool) {
    for kind in 0..<kindCount where kinds[kind].attends { kinds[kind].hasBias = hasBias }
  }

  /// Gives all layers that are rotated by table 0 another table.
  mutating func replaceFirstRopeTable(by table: Int) {
    for kind in 0..<kindCount where kinds[kind].ropeTable == 0 { kinds[kind].ropeTable = table }
  }

  /// The largest value of `length` of any layer.
  @inline(__always)
  public func largest(_ length: (LayerSpec) -> Int) -> Int {
    var largest = length(kinds[0])
    for kind in 1..<max(1, kindCount) { largest = max(largest, length(kinds[kind])) }
    return largest
  }

  /// The sum of `length` over all layers.
  @inline(__always)
  public func sum(_ length: (LayerSpec) -> Int) -> Int {
    var sum = 0
    for kind in 0..<kindCount {
      var layerCount = 0
      for layer in 0..<count where kindOfLayer[layer] == kind { layerCount += 1 }
      sum += layerCount * length(kinds[kind])
    }
    return sum
  }
}
