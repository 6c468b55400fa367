import Kernels
import Model
import Platform

/// Logits for some rows of the block that has just passed the transformer.
struct OutputHead {
  let pass: ForwardPass
  /// Token rows of the block, at most `settings.logitRowCount`.
  let firstRow: Int
  let rowCount: Int

  /// Final norm, then the product with the output matrix; row i of `logits` is token row
  /// `firstRow + i`.
  func run(_ member: Member) {
    let head = pass.weights.outputHead
    let rows = normalized(for: head, member)
    let step = max(1, head.groupCount / (member.count * 16))
    pass.forEachShare(member, count: head.groupCount, step: step) { groups, pass in
      Matmul.store(
        rows, pass.weights.outputHead, groups: groups,
        into: ProductOutput(pass.workspace.logits, stride: pass.workspace.logitStride),
        l2ByteCount: pass.settings.l2ByteCount)
    }
  }

  /// The rows as int8; each member makes a single row for itself.
  private func normalized(for head: WeightMatrix, _ member: Member) -> ActivationRows {
    let rows = pass.workspace.rows(for: head, tokenCount: rowCount, member: member.index)
    if rowCount == 1 {
      normalize(0, into: rows, member)
      return rows
    }
    pass.forEachShare(member, count: rowCount, step: rows.tokensPerTile) { share, _ in
      for row in share { normalize(row, into: rows, member) }
    }
    member.barrier()
    return rows
  }

  private func normalize(_ row: Int, into rows: ActivationRows, _ member: Member) {
    let workspace = pass.workspace
    let squares = rows.setNormalizedToken(
      row, from: workspace.residual + (firstRow + row) * workspace.residualStride,
      weight: pass.weights.outputNorm, epsilon: pass.shape.rmsEpsilon,
      scratch: workspace.rowScratch + member.index * workspace.rowScratchCount)
    workspace.numbers[member.index].check(squares, .beforeOutput(pass.shape.layerCount))
  }
}
