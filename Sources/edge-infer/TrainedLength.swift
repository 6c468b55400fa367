import Model
import Platform

/// Warns once of texts that have passed the model's trained length.
struct TrainedLength {
  private let tokenCount: Int
  private var hasWarned = false

  init(_ shape: ModelShape) { tokenCount = shape.contextLength }

  /// - Parameter position: of the next token.
  mutating func check(_ position: Int, _ console: inout Console) {
    if hasWarned || position <= tokenCount { return }
    hasWarned = true
    console.error.write("edge-infer: warning: the text has passed the model's trained length of ")
    console.error.write(tokenCount)
    console.error.write(" tokens; answers may get worse\n")
    console.error.flush()
  }
}
