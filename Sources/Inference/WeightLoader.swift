import Kernels
import Memory
import Model
import Platform

/// Reads, converts, transforms, rounds and packs all weights on all threads at once. Each member
/// takes chunks of rows of any tensor in turn: reading by one overlaps converting by others.
@safe struct WeightLoader {
  private let file: UnsafePointer<ModelFile>
  private let tensors: TensorTable
  private let weights: ModelWeights
  private let rotary: RotaryTables
  private let scratch: LoadingScratch
  private let other: LoadingTask?

  /// - Parameter other: is run by one of the threads meanwhile.
  static func load(
    _ file: borrowing ModelFile, _ tensors: TensorTable, into weights: ModelWeights,
    _ rotary: RotaryTables, scratch: LoadingScratch, beside other: LoadingTask?,
    team: borrowing Team
  ) throws(ModelError) {
    unsafe withUnsafePointer(to: file) {
      var loader = unsafe WeightLoader(
        file: $0, tensors: tensors, weights: weights, rotary: rotary, scratch: scratch,
        other: other)
      loader.run(team)
    }
    for index in 0..<team.memberCount {
      if let error = unsafe scratch.failures[index].error { throw error }
    }
  }

  private mutating func run(_ team: borrowing Team) {
    unsafe team.run(&self) { context, team, index in
      let loader = unsafe context.assumingMemoryBound(to: WeightLoader.self).pointee
      do throws(ModelError) {
        try unsafe loader.run(Member(team: team, index: index))
      } catch {
        unsafe loader.scratch.failures[index].error = error
      }
    }
  }

  private func run(_ member: Member) throws(ModelError) {
    var shares = ShareWalk(member: member)
    // Long and of one share: the first one, so that no thread waits for it in the end.
    if shares.take(of: 1) != nil { other?.run() }
    shares.pass(1)
    try unsafe loadVector(
      .outputNorm, weights.outputNorm, factor: weights.shape.logitScale, &shares)
    for table in 0..<rotary.count {
      guard let slot = weights.shape.ropeTables[table].factors.slot else { continue }
      try loadRopeFactors(slot, rotary[table], &shares)
    }
    for layer in 0..<weights.shape.layerCount { try loadLayer(layer, &shares) }
    if let inputs = weights.layerInputs {
      try loadMatrix(.layerInputProjection, inputs.projection, &shares)
      try unsafe loadVector(.layerInputNorm, inputs.norm, &shares)
    }
    try loadMatrix(.tokenEmbedding, weights.embeddings, &shares)
    if !weights.shape.isOutputTied { try loadMatrix(.output, weights.outputHead, &shares) }
  }

  private func loadLayer(_ layer: Int, _ shares: inout ShareWalk) throws(ModelError) {
    let target = unsafe weights.layers[layer]
    let rotated = RowOrder(ofRotated: target.spec, weights.shape)
    for index in 0..<LayerTensor.count {
      guard let tensor = LayerTensor(rawValue: index), target.spec.has(tensor) else { continue }
      let slot = TensorSlot.layer(layer, tensor)
      var (number, row) = (0, 0)
      while let part = target.spec.part(number, of: tensor) {
        let count = target.spec.rowCount(ofPart: part) ?? tensors[slot].rowCount
        switch target.place(of: part, rotated: rotated) {
        case .matrix(let matrix, let firstOutput, let order):
          try loadMatrix(
            slot, rows: row..<row + count, matrix, at: firstOutput, order: order, &shares)
        case .experts(let experts):
          let count = tensors[slot].rowCount / experts.count
          for expert in 0..<experts.count {
            try loadMatrix(
              slot, rows: expert * count..<(expert + 1) * count, experts[expert], &shares)
          }
        case .vector(let vector, let order):
          try unsafe loadVector(slot, vector, order: order, &shares)
        case .numbers(let numbers, let rowStride, let columnStride):
          try unsafe loadNumbers(slot, numbers, rowStride, columnStride, &shares)
        }
        number += 1
        row += count
      }
    }
  }

  /// - Parameter all: rows of the tensor; nil for all.
  private func loadMatrix(
    _ slot: TensorSlot, rows all: Range<Int>? = nil, _ matrix: WeightMatrix,
    at firstOutput: Int = 0, order: RowOrder = .asStored, _ shares: inout ShareWalk
  ) throws(ModelError) {
    let tensor = tensors[slot]
    let all = all ?? 0..<tensor.rowCount
    let rowByteCount = tensor.rowByteCount
    let chunk = max(1, min(64, scratch.readByteCount / rowByteCount))
    let chunkCount = (all.count + chunk - 1) / chunk
    let row = unsafe scratch.row(shares.member)
    while let index = shares.take(of: chunkCount) {
      let first = all.lowerBound + index * chunk
      let rows = first..<min(first + chunk, all.upperBound)
      let bytes = try unsafe read(tensor, rows: rows, shares.member)
      for source in rows {
        let isFinite = unsafe setRow(
          of: matrix, firstOutput + order.place(source - all.lowerBound), tensor.type,
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
      unsafe dequantize(type, from: bytes, count: matrix.k, into: row)
      for padding in matrix.k..<matrix.kPadded { unsafe row[padding] = 0 }
      return unsafe matrix.setRow(output, from: row)
    case .bits(let matrix):
      var block = FileBlock()
      var writer = BitsRowWriter(matrix, output: output)
      for index in 0..<matrix.blocksPerRow {
        unsafe block.read(type, from: bytes + index * type.blockByteCount)
        let isFinite = writer.write(
          scale: block.scale, minimum: block.minimum, groupScales: block.groupScales.span,
          groupMinimums: block.groupMinimums.span, codes: block.codes.span)
        if !isFinite { return false }
      }
      return true
    }
  }

  private func loadVector(
    _ slot: TensorSlot, _ target: UnsafeMutablePointer<Float>, order: RowOrder = .asStored,
    factor: Float = 1, _ shares: inout ShareWalk
  ) throws(ModelError) {
    if shares.take(of: 1) != nil {
      let values = try unsafe vector(slot, shares.member)
      for index in 0..<tensors[slot].columnCount {
        unsafe target[order.place(index)] = unsafe values[index] * factor
      }
    }
    shares.pass(1)
  }

  /// A tensor of several rows that is held as Float32.
  private func loadNumbers(
    _ slot: TensorSlot, _ target: UnsafeMutablePointer<Float>, _ rowStride: Int,
    _ columnStride: Int, _ shares: inout ShareWalk
  ) throws(ModelError) {
    let tensor = tensors[slot]
    let chunk = max(1, min(256, scratch.readByteCount / tensor.rowByteCount))
    let chunkCount = (tensor.rowCount + chunk - 1) / chunk
    let row = unsafe scratch.row(shares.member)
    while let index = shares.take(of: chunkCount) {
      let rows = index * chunk..<min((index + 1) * chunk, tensor.rowCount)
      let bytes = try unsafe read(tensor, rows: rows, shares.member)
      for number in rows {
        unsafe dequantize(
          tensor.type, from: bytes + (number - rows.lowerBound) * tensor.rowByteCount,
          count: tensor.columnCount, into: row)
        guard unsafe areFinite(row, count: tensor.columnCount) else {
          throw .notFinite(tensor: slot.name)
        }
        for column in 0..<tensor.columnCount {
          unsafe target[number * rowStride + column * columnStride] = unsafe row[column]
        }
      }
    }
    shares.pass(chunkCount)
  }

  private func loadRopeFactors(
    _ slot: TensorSlot, _ rotary: RotaryTable, _ shares: inout ShareWalk
  ) throws(ModelError) {
    if shares.take(of: 1) != nil {
      let factors = try unsafe vector(slot, shares.member)
      for index in 0..<rotary.turning
      where unsafe factors[index] < RopeScaling.frequencyFactorMin
        || factors[index] > RopeScaling.frequencyFactorMax
      {
        throw .tensor(
          slot.name, .unsupported("a factor outside 0.001 to 1e30"))
      }
      unsafe rotary.divideFrequencies(by: factors)
    }
    shares.pass(1)
  }

  /// - Returns: the member's row, which holds the tensor's values.
  private func vector(
    _ slot: TensorSlot, _ member: Member
  ) throws(ModelError) -> UnsafePointer<Float> {
    let tensor = tensors[slot]
    let row = unsafe scratch.row(member)
    let bytes = try unsafe read(tensor, rows: 0..<1, member)
    unsafe dequantize(tensor.type, from: bytes, count: tensor.columnCount, into: row)
    guard unsafe areFinite(row, count: tensor.columnCount) else {
      throw .notFinite(tensor: slot.name)
    }
    return unsafe UnsafePointer(row)
  }

  private func read(
    _ tensor: TensorLocation, rows: Range<Int>, _ member: Member
  ) throws(ModelError) -> UnsafeRawPointer {
    let target = unsafe scratch.bytes(member)
    try unsafe file.pointee.read(
      into: UnsafeMutableRawBufferPointer(
        start: target, count: rows.count * tensor.rowByteCount),
      at: tensor.fileOffset(row: rows.lowerBound), part: Int(tensor.part))
    return UnsafeRawPointer(target)
  }
}
