import Kernels
import Memory
import Model
import Platform

/// Each thread's memory for reading and converting weights.
struct LoadingScratch {
  /// Of short rows several are read at a time.
  private static let readByteCountMin = 65_536
  /// `[threads][readByteCount]`: rows as the file has them.
  private let bytes: UnsafeMutableRawPointer
  let readByteCount: Int
  /// `[threads][rowCount]`: one row as Float32.
  private let rows: UnsafeMutablePointer<Float>
  private let rowCount: Int
  /// `[threads]`: the first failure of each.
  let failures: UnsafeMutablePointer<LoadingFailure>
  /// `[threads]`: sums of each thread's chunks.
  let checksums: UnsafeMutablePointer<UInt64>

  init(carver: inout Carver, shape: ModelShape, threadCount: Int) {
    rowCount = roundUp(shape.longestRowLength, to: Int8Geometry.kStep)
    readByteCount = max(Self.readByteCountMin, rowCount * MemoryLayout<Float>.stride)
    bytes = carver.takeBytes(.loading, count: threadCount * readByteCount)
    rows = carver.take(.loading, Float.self, count: threadCount * rowCount)
    failures = carver.takeUninitialized(.loading, LoadingFailure.self, count: threadCount)
    checksums = carver.take(.loading, UInt64.self, count: threadCount)
    if !carver.isMeasuring {
      failures.initialize(repeating: LoadingFailure(error: nil), count: threadCount)
    }
  }

  func bytes(_ member: Member) -> UnsafeMutableRawPointer {
    bytes + member.index * readByteCount
  }

  /// The first thread's part, for other reading when no weights are read.
  var buffer: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: bytes, count: readByteCount)
  }

  func row(_ member: Member) -> UnsafeMutablePointer<Float> {
    rows + member.index * rowCount
  }
}

struct LoadingFailure {
  var error: ModelError?
}

/// How the rows of a tensor lie in a packed matrix.
public enum RowOrder {
  case asStored
  /// Llama's GGUF files keep the two halves of a head's rotated pairs interleaved: row 2 i of a
  /// head goes to place i, row 2 i + 1 to place headDim / 2 + i.
  case splitHalves(headDim: Int)

  /// That of a layer's query and key rows, which rotary embedding turns.
  public init(ofRotated layer: LayerSpec, _ architecture: Architecture) {
    switch architecture.description.rotatedPairs {
    case .interleaved: self = .splitHalves(headDim: layer.headDim)
    case .halves: self = .asStored
    }
  }

  public func place(_ row: Int) -> Int {
    switch self {
    case .asStored: return row
    case .splitHalves(let headDim):
      let inHead = row % headDim
      return row - inHead + inHead % 2 * (headDim / 2) + inHead / 2
    }
  }
}

/// Reads, converts, transforms, rounds and packs all weights on all threads at once. Each member
/// takes chunks of rows of any tensor in turn: reading by one overlaps converting by others.
struct WeightLoader {
  private let file: UnsafePointer<ModelFile>
  private let tensors: TensorTable
  private let weights: ModelWeights
  private let rotary: RotaryTable
  private let scratch: LoadingScratch

  static func load(
    _ file: borrowing ModelFile, _ tensors: TensorTable, into weights: ModelWeights,
    _ rotary: RotaryTable, scratch: LoadingScratch, team: borrowing Team
  ) throws(ModelError) {
    withUnsafePointer(to: file) {
      var loader = WeightLoader(
        file: $0, tensors: tensors, weights: weights, rotary: rotary, scratch: scratch)
      loader.run(team)
    }
    for index in 0..<team.memberCount {
      if let error = scratch.failures[index].error { throw error }
    }
  }

  private mutating func run(_ team: borrowing Team) {
    team.run(&self) { context, team, index in
      let loader = context.assumingMemoryBound(to: WeightLoader.self).pointee
      do throws(ModelError) {
        try loader.run(Member(team: team, index: index))
      } catch {
        loader.scratch.failures[index].error = error
      }
    }
  }

  private func run(_ member: Member) throws(ModelError) {
    var shares = ShareWalk(member: member)
    try loadVector(.outputNorm, weights.outputNorm, &shares)
    if weights.shape.hasRopeFactors { try loadRopeFactors(&shares) }
    for layer in 0..<weights.shape.layerCount { try loadLayer(layer, &shares) }
    try loadMatrix(.tokenEmbedding, weights.embeddings, &shares)
    if !weights.shape.isOutputTied { try loadMatrix(.output, weights.outputHead, &shares) }
  }

  private func loadLayer(_ layer: Int, _ shares: inout ShareWalk) throws(ModelError) {
    let shape = weights.shape
    let target = weights.layers[layer]
    let order = rotatedOrder
    try loadVector(.layer(layer, .attentionNorm), target.attentionNorm, &shares)
    try loadMatrix(.layer(layer, .query), target.queryKeyValue, order: order, &shares)
    try loadMatrix(
      .layer(layer, .key), target.queryKeyValue, at: shape.queryLength, order: order, &shares)
    try loadMatrix(
      .layer(layer, .value), target.queryKeyValue, at: shape.queryLength + shape.kvLength, &shares)
    if let bias = target.bias { try loadBias(layer, bias, &shares) }
    if let norms = target.headNorms {
      try loadVector(.layer(layer, .queryNorm), norms.query, &shares)
      try loadVector(.layer(layer, .keyNorm), norms.key, &shares)
    }
    try loadMatrix(.layer(layer, .attentionOutput), target.attentionOutput, &shares)
    try loadVector(.layer(layer, .ffnNorm), target.feedForwardNorm, &shares)
    try loadMatrix(.layer(layer, .gate), target.gate, &shares)
    try loadMatrix(.layer(layer, .up), target.up, &shares)
    try loadMatrix(.layer(layer, .down), target.down, &shares)
  }

  private func loadMatrix(
    _ slot: TensorSlot, _ matrix: PackedMatrix, at firstOutput: Int = 0,
    order: RowOrder = .asStored, _ shares: inout ShareWalk
  ) throws(ModelError) {
    let tensor = tensors[slot]
    let rowByteCount = tensor.rowByteCount
    let chunk = max(1, min(64, scratch.readByteCount / rowByteCount))
    let chunkCount = (tensor.rowCount + chunk - 1) / chunk
    let row = scratch.row(shares.member)
    while let index = shares.take(of: chunkCount) {
      let rows = index * chunk..<min((index + 1) * chunk, tensor.rowCount)
      let bytes = try read(tensor, rows: rows, shares.member)
      for source in rows {
        dequantize(
          tensor.type, from: bytes + (source - rows.lowerBound) * rowByteCount, count: matrix.k,
          into: row)
        for padding in matrix.k..<matrix.kPadded { row[padding] = 0 }
        guard matrix.setRow(firstOutput + order.place(source), from: row) else {
          throw .notFinite(tensor: slot.name)
        }
      }
    }
    shares.pass(chunkCount)
  }

  private var rotatedOrder: RowOrder {
    RowOrder(ofRotated: weights.shape.layers[0], weights.shape.architecture)
  }

  private func loadBias(
    _ layer: Int, _ bias: UnsafeMutablePointer<Float>, _ shares: inout ShareWalk
  ) throws(ModelError) {
    let shape = weights.shape
    let key = bias + shape.queryLength
    try loadVector(.layer(layer, .queryBias), bias, order: rotatedOrder, &shares)
    try loadVector(.layer(layer, .keyBias), key, order: rotatedOrder, &shares)
    try loadVector(.layer(layer, .valueBias), key + shape.kvLength, &shares)
  }

  private func loadVector(
    _ slot: TensorSlot, _ target: UnsafeMutablePointer<Float>, order: RowOrder = .asStored,
    _ shares: inout ShareWalk
  ) throws(ModelError) {
    if shares.take(of: 1) != nil {
      let values = try vector(slot, shares.member)
      for index in 0..<tensors[slot].columnCount { target[order.place(index)] = values[index] }
    }
    shares.pass(1)
  }

  private func loadRopeFactors(_ shares: inout ShareWalk) throws(ModelError) {
    if shares.take(of: 1) != nil {
      let factors = try vector(.ropeFactors, shares.member)
      for index in 0..<weights.shape.headDim / 2
      where factors[index] < RopeScaling.frequencyFactorMin
        || factors[index] > RopeScaling.frequencyFactorMax
      {
        throw .tensor(
          TensorSlot.ropeFactors.name, .unsupported("a factor outside 0.001 to 1000000"))
      }
      rotary.divideFrequencies(by: factors)
    }
    shares.pass(1)
  }

  /// - Returns: the member's row, which holds the tensor's values.
  private func vector(
    _ slot: TensorSlot, _ member: Member
  ) throws(ModelError) -> UnsafePointer<Float> {
    let tensor = tensors[slot]
    let row = scratch.row(member)
    let bytes = try read(tensor, rows: 0..<1, member)
    dequantize(tensor.type, from: bytes, count: tensor.columnCount, into: row)
    guard areFinite(row, count: tensor.columnCount) else { throw .notFinite(tensor: slot.name) }
    return UnsafePointer(row)
  }

  private func read(
    _ tensor: TensorLocation, rows: Range<Int>, _ member: Member
  ) throws(ModelError) -> UnsafeRawPointer {
    let target = scratch.bytes(member)
    try file.pointee.read(
      into: UnsafeMutableRawBufferPointer(
        start: target, count: rows.count * tensor.rowByteCount),
      at: tensor.fileOffset(row: rows.lowerBound), part: Int(tensor.part))
    return UnsafeRawPointer(target)
  }
}
