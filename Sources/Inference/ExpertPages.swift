import Memory
import Model
import Platform

/// Which experts of a packed model are in memory, where their bytes there are bounded. Their matrices are
/// pages of the file, which come when they are first used; those of other experts go before. A hand goes
/// round all experts and takes those that were not used since it came by last.
@safe struct ExpertPages {
  /// `[layers][experts]`
  private let marks: UnsafeMutablePointer<UInt8>
  private let state: UnsafeMutablePointer<State>
  /// `[layers]`: bytes of one expert.
  private let byteCounts: UnsafeMutablePointer<Int>
  private let expertCount: Int
  private let slotCount: Int
  private let byteCountMax: Int
  private let layerCount: Int

  @safe private struct State: BitwiseCopyable {
    var hand: Int
    var heldByteCount: Int
    /// The mapping of the file.
    var image: UnsafeMutableRawBufferPointer
    /// Once it is known.
    var fingerprint: UInt64?
  }

  /// Marks of experts: in the file alone, in memory, used since the hand came by, or needed now.
  private static let absent: UInt8 = 0
  private static let held: UInt8 = 1
  private static let used: UInt8 = 2
  private static let needed: UInt8 = 3

  /// Nil if all experts are in memory, or there are none.
  init?(carver: inout Carver, shape: ModelShape, settings: RunSettings) {
    expertCount = shape.layers.largest { $0.expertCount }
    guard let wanted = settings.expertByteCountMax, expertCount > 0 else { return nil }
    layerCount = shape.layerCount
    slotCount = layerCount * expertCount
    unsafe marks = unsafe carver.take(.tables, UInt8.self, count: slotCount)
    unsafe state = unsafe carver.take(.tables, State.self, count: 1)
    unsafe byteCounts = unsafe carver.take(.tables, Int.self, count: layerCount)
    // A block may need all experts of a layer at once.
    var largest = 0
    for layer in 0..<layerCount {
      largest = max(largest, Self.byteCount(shape, layer) * shape.layer(layer).expertCount)
    }
    byteCountMax = max(wanted, largest)
    carver.keepExpertsInFile(residentByteCount: byteCountMax)
    if carver.isMeasuring { return }
    for layer in 0..<layerCount { unsafe byteCounts[layer] = Self.byteCount(shape, layer) }
  }

  /// What one expert of a layer may have in memory: its matrices and the windows that they begin and end in.
  private static func byteCount(_ shape: ModelShape, _ layer: Int) -> Int {
    let (spec, length) = (shape.layer(layer), shape.embeddingLength)
    if spec.experts == nil { return 0 }
    func stride(_ tensor: LayerTensor, outputs: Int, k: Int) -> Int {
      ExpertMatrices.stride(shape.format(layer, tensor), outputs: outputs, k: k)
        + 2 * FilePages.windowByteCount
    }
    return stride(.gate, outputs: spec.feedForwardLength, k: length)
      + stride(.up, outputs: spec.feedForwardLength, k: length)
      + stride(.down, outputs: length, k: spec.feedForwardLength)
  }

  /// The mapping that experts are pages of; none of them is in memory.
  func begin(_ image: UnsafeMutableRawBufferPointer) {
    unsafe marks.update(repeating: Self.absent, count: slotCount)
    unsafe state.initialize(to: State(hand: 0, heldByteCount: 0, image: image))
  }

  /// Makes room for the experts that a block's tokens go to. No member may use experts meanwhile.
  func take(_ route: ExpertRoute, _ layer: Int, _ weights: ModelWeights) {
    for index in 0..<route.activeCount {
      let slot = layer * expertCount + route.expert(index)
      if unsafe marks[slot] == Self.absent {
        unsafe state.pointee.heldByteCount += byteCounts[layer]
      }
      unsafe marks[slot] = Self.needed
    }
    while unsafe state.pointee.heldByteCount > byteCountMax { advance(weights) }
    for index in 0..<route.activeCount {
      unsafe marks[layer * expertCount + route.expert(index)] = Self.used
    }
  }

  /// The model's, if it was made before: making it reads all experts.
  var fingerprint: UInt64? { unsafe state.pointee.fingerprint }

  func keep(fingerprint: UInt64) { unsafe state.pointee.fingerprint = fingerprint }

  /// Takes all experts out of memory.
  func leaveAll(_ weights: ModelWeights) {
    for slot in 0..<slotCount {
      if unsafe marks[slot] == Self.absent { continue }
      unsafe marks[slot] = Self.absent
      guard let experts = unsafe weights.layers[slot / expertCount].experts else { continue }
      leave(experts, slot % expertCount)
    }
    unsafe state.pointee.heldByteCount = 0
  }

  /// Takes an expert that does not count as held out of memory.
  func leave(_ experts: ExpertWeights, _ expert: Int) {
    unsafe experts.dropPages(expert, of: state.pointee.image)
  }

  /// The hand comes by one expert.
  private func advance(_ weights: ModelWeights) {
    let slot = unsafe state.pointee.hand
    unsafe state.pointee.hand = (slot + 1) % slotCount
    if unsafe marks[slot] == Self.used {
      unsafe marks[slot] = Self.held
    } else if unsafe marks[slot] == Self.held {
      let layer = slot / expertCount
      unsafe marks[slot] = Self.absent
      unsafe state.pointee.heldByteCount -= byteCounts[layer]
      if let experts = unsafe weights.layers[layer].experts {
        leave(experts, slot % expertCount)
      }
    }
  }
}
