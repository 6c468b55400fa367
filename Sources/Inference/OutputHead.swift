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
    let workspace = pass.workspace
    let rows = ActivationRows(
      values: workspace.int8Values, scales: workspace.int8Scales, k: pass.shape.embeddingLength,
      tokenCount: rowCount)
    let scratch = workspace.rowScratch + member.index * workspace.rowScratchCount
    pass.forEachShare(member, count: rowCount, step: Int8Geometry.tileRows) { share, pass in
      for row in share {
        rows.setNormalizedToken(
          row, from: workspace.residual + (firstRow + row) * workspace.residualStride,
          weight: pass.weights.outputNorm, epsilon: pass.shape.rmsEpsilon, scratch: scratch)
      }
    }
    member.barrier()
    let head = pass.weights.outputHead
    let step = max(1, head.groupCount / (member.count * 16))
    pass.forEachShare(member, count: head.groupCount, step: step) { groups, pass in
      Matmul.store(
        rows, pass.weights.outputHead, groups: groups,
        into: MatmulOutput(workspace.logits, stride: workspace.logitStride))
    }
  }
}
