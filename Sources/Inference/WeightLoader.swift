import Kernels
import Memory
import Model
import Platform

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
    if weights.shape.ropeTables[0].hasFactors { try loadRopeFactors(&shares) }
    for layer in 0..<weights.shape.layerCount { try loadLayer(layer, &shares) }
    try loadMatrix(.tokenEmbedding, weights.embeddings, &shares)
    if !weights.shape.isOutputTied { try loadMatrix(.output, weights.outputHead, &shares) }
  }

  private func loadLayer(_ layer: Int, _ shares: inout ShareWalk) throws(ModelError) {
    let target = weights.layers[layer]
    let rotated = RowOrder(ofRotated: target.spec, weights.shape.architecture)
    for index in 0..<LayerTensor.count {
      guard let tensor = LayerTensor(rawValue: index), target.spec.has(tensor) else { continue }
      let slot = TensorSlot.layer(layer, tensor)
      switch target.place(of: tensor, rotated: rotated) {
      case .matrix(let matrix, let firstOutput, let order):
        try loadMatrix(slot, matrix, at: firstOutput, order: order, &shares)
      case .vector(let vector, let order): try loadVector(slot, vector, order: order, &shares)
      }
    }
  }

  private func loadMatrix(
    _ slot: TensorSlot, _ matrix: WeightMatrix, at firstOutput: Int = 0,
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
        let isFinite = setRow(
          of: matrix, firstOutput + order.place(source), tensor.type,
          from: bytes + (source - rows.lowerBound) * rowByteCount, row)
        guard isFinite else { throw .notFinite(tensor: slot.name) }
      }
    }
    shares.pass(chunkCount)
  }

  /// Rounds a row to int8, or keeps its codes.
  /// - Parameter row: scratch.
  /// - Returns: false if a value is not finite.
  private func setRow(
    of matrix: WeightMatrix, _ output: Int, _ type: TensorType, from bytes: UnsafeRawPointer,
    _ row: UnsafeMutablePointer<Float>
  ) -> Bool {
    switch matrix {
    case .int8(let matrix):
      dequantize(type, from: bytes, count: matrix.k, into: row)
      for padding in matrix.k..<matrix.kPadded { row[padding] = 0 }
      return matrix.setRow(output, from: row)
    case .bits(let matrix):
      var block = FileBlock()
      for index in 0..<matrix.blocksPerRow {
        block.read(type, from: bytes + index * type.blockByteCount)
        if !set(block, of: matrix, output, index) { return false }
      }
      return true
    }
  }

  private func set(
    _ block: borrowing FileBlock, of matrix: BitsMatrix, _ output: Int, _ index: Int
  ) -> Bool {
    matrix.setBlock(
      output, index, scale: block.scale, minimum: block.minimum,
      groupScales: block.groupScales.span, groupMinimums: block.groupMinimums.span,
      codes: block.codes.span)
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
      for index in 0..<rotary.half
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
