import Kernels
import Memory
import Model
import Platform

/// Logits for some rows of the block that has just passed the transformer.
struct OutputHead {
  let weights: ModelWeights
  let workspace: Workspace
  let l2ByteCount: Int
  /// Token rows of the block, at most the workspace's `logitRowCount`.
  let firstRow: Int
  let rowCount: Int

  /// Final norm, then the product with the output matrix; row i of `logits` is token row
  /// `firstRow + i`.
  func run(_ member: Member) {
    let head = weights.outputHead
    let rows = normalized(for: head, member)
    let step = max(1, head.groupCount / (member.count * 16))
    while let groups = member.nextShares(step, of: head.groupCount) {
      Matmul.store(
        rows, head, groups: groups,
        into: ProductOutput(workspace.logits),
        l2ByteCount: l2ByteCount)
      let cap = weights.shape.logitCap
      if cap > 0 {
        ProductOutput(workspace.logits).cap(at: cap, rowCount: rowCount, groups: groups)
      }
    }
  }

  /// The rows as int8; each member makes a few rows for itself.
  private func normalized(for head: WeightMatrix, _ member: Member) -> ActivationRows {
    let rows = workspace.rows(
      head.format.form, k: head.k, tokenCount: rowCount, member: member.index)
    if rowCount <= workspace.ownRowCount {
      for row in 0..<rowCount { normalize(row, into: rows, member) }
      return rows
    }
    while let share = member.nextShares(rows.tokensPerShare, of: rowCount) {
      for row in share { normalize(row, into: rows, member) }
    }
    member.barrier()
    return rows
  }

  private func normalize(_ row: Int, into rows: ActivationRows, _ member: Member) {
    let squares = unsafe rows.setNormalizedToken(
      row, from: workspace.residual[firstRow + row],
      weight: weights.outputNorm, epsilon: weights.shape.rmsEpsilon,
      scratch: workspace.rowScratch[member.index])
    unsafe workspace.numbers[member.index].check(squares, .beforeOutput(weights.shape.layerCount))
  }
}
