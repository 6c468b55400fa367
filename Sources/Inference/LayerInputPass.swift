import CInstructions
import Kernels
import Memory
import Model
import Platform

// Inputs of each token for each layer (Gemma 4): a row of the file, and a projection of the embedding.

/// The activations of a block that belong to them.
struct LayerInputWorkspace: BitwiseCopyable {
  /// Of each of the block's tokens the inputs of one layer after the other.
  let inputs: ArenaRows<Float>
  /// Of each thread a row of the file as Float32.
  private let rows: ArenaRows<Float>
  /// The same as it stands there.
  private let bytes: ArenaRows<UInt8>
  private let count: Int

  init(carver: inout Carver, shape: ModelShape, settings: RunSettings) {
    count = shape.layerInputLength * shape.layerCount
    inputs = carver.takeRows(
      .activations, Float.self, count: settings.blockSize,
      stride: count > 0 ? MatrixFormat.outputCapacity(count) : 0)
    rows = carver.takeRows(.activations, Float.self, count: settings.threadCount, stride: count)
    bytes = carver.takeRows(
      .activations, UInt8.self, count: settings.threadCount,
      stride: count * MemoryLayout<Float>.stride)
  }

  /// Reads the row of a token, times a factor.
  /// - Returns: the row, or nil if it cannot be read or has numbers that are not finite.
  func row(
    _ token: Int, of file: FileRows?, factor: Float, _ member: Member
  ) -> UnsafeMutablePointer<Float>? {
    let row = unsafe rows[member.index]
    guard let file else {
      unsafe row.update(repeating: 0, count: count)
      return unsafe row
    }
    let place = unsafe bytes[member.index]
    let target = unsafe UnsafeMutableRawBufferPointer(start: place, count: file.rowByteCount)
    if unsafe !file.read(token, into: target) { return nil }
    unsafe dequantize(file.type, from: UnsafeRawPointer(place), count: count, into: row)
    if unsafe !areFinite(row, count: count) { return nil }
    unsafe scale(row, count: count, by: factor)
    return unsafe row
  }
}

extension ForwardPass {
  /// The inputs of the block's tokens for all layers, from residual rows that hold their embeddings e:
  /// (norm(projection(e) / sqrt(embeddingLength)) + row * sqrt(inputLength)) / sqrt(2).
  func makeLayerInputs(
    _ weights: LayerInputWeights, _ member: Member, _ timer: inout LapTimer
  ) {
    let factor = 1 / edge_square_root(Float(shape.embeddingLength))
    let rounded = roundResidual(
      for: weights.projection, factor: factor, .beforeAttention(0), member, &timer)
    multiply(
      rounded, weights.projection,
      into: ProductOutput(workspace.layerInputs.inputs),
      member, &timer)
    forEachShare(member, count: tokenCount, step: 1) { tokens, pass in
      for token in tokens { pass.finishLayerInputs(weights, token, member) }
    }
    timer.wait(member, endOf: .other)
  }

  private func finishLayerInputs(_ weights: LayerInputWeights, _ token: Int, _ member: Member) {
    let length = shape.layerInputLength
    let half = edge_square_root(0.5 as Float)
    let row = unsafe workspace.layerInputs.row(
      Int(workspace.tokens[token]), of: weights.rows.pointee,
      factor: edge_square_root(Float(length)) * half, member)
    guard let row = unsafe row else {
      return unsafe workspace.numbers[member.index].check(.infinity, .beforeAttention(0))
    }
    let inputs = unsafe workspace.layerInputs.inputs[token]
    for start in stride(from: 0, to: weights.count, by: length) {
      unsafe addNormalized(
        inputs + start, weight: weights.norm, count: length, epsilon: shape.rmsEpsilon,
        factor: half, to: row + start)
    }
    unsafe copy(row, to: inputs, count: weights.count)
  }

  /// residual = (residual + norm(projection(gelu(gate(residual)) * input))) * scale
  func addLayerInput(
    _ layer: Int, _ input: LayerInput, _ member: Member, _ timer: inout LapTimer
  ) {
    let (gated, length) = (workspace.gated, spec(layer).inputLength)
    let rounded = roundResidual(
      for: input.gate, factor: 1, .beforeAttention(layer + 1), member, &timer)
    multiply(
      rounded, input.gate, into: ProductOutput(gated), member, &timer)
    let products = rows(for: input.projection, member)
    forEachToken(member, of: products, &timer) { token, pass in
      let row = unsafe pass.rowScratch(member)
      unsafe gateByGELU(
        gated[token], pass.workspace.layerInputs.inputs[token] + layer * length, count: length,
        into: row)
      for index in length..<products.kPadded { unsafe row[index] = 0 }
      unsafe pass.workspace.numbers[member.index].check(
        products.setToken(token, from: row, factor: 1), .beforeAttention(layer + 1))
    }
    multiply(
      products, input.projection,
      into: ProductOutput(workspace.branch), member, &timer)
    unsafe addBranch(member, input.norm, factor: 1, scale: input.outputScale.pointee, &timer)
  }

  /// The residual rows as they are, rounded.
  private func roundResidual(
    for matrix: WeightMatrix, factor: Float, _ place: NumberPlace, _ member: Member,
    _ timer: inout LapTimer
  ) -> ActivationRows {
    let rows = rows(for: matrix, member)
    forEachToken(member, of: rows, &timer) { token, pass in
      let row = unsafe pass.rowScratch(member)
      unsafe copy(
        pass.workspace.residual[token], to: row, count: rows.k)
      for index in rows.k..<rows.kPadded { unsafe row[index] = 0 }
      unsafe pass.workspace.numbers[member.index].check(
        rows.setToken(token, from: row, factor: factor), place)
    }
    return rows
  }

  private func multiply(
    _ x: ActivationRows, _ matrix: WeightMatrix, into out: ProductOutput, _ member: Member,
    _ timer: inout LapTimer
  ) {
    let share = groupsPerShare(matrix.groupCount, member)
    forEachShare(member, count: matrix.groupCount, step: share) { groups, pass in
      Matmul.store(x, matrix, groups: groups, into: out, l2ByteCount: pass.settings.l2ByteCount)
    }
    timer.wait(member, endOf: .linear)
  }
}
