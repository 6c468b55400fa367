import Inference

extension Engine {
  /// `makeLogits`, and an error where the model gives numbers that are not finite.
  func makeCheckedLogits(firstRow: Int, rowCount: Int, _ console: inout Console) throws(Exit) {
    makeLogits(firstRow: firstRow, rowCount: rowCount)
    if let fault = numberFault { throw console.fail(fault) }
    for row in 0..<rowCount where !logits(row).isFinite { throw console.fail(.outputHead) }
  }
}
