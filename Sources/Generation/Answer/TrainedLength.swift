import Model

/// Says once when a text has passed the model's trained length.
public struct TrainedLength {
  public let tokenCount: Int
  private var hasPassed = false

  public init(_ shape: ModelShape) { tokenCount = shape.contextLength }

  /// - Parameter position: of the next token.
  /// - Returns: true the first time that it is past the trained length.
  @export(interface)
  public mutating func isFirstPast(_ position: Int) -> Bool {
    if hasPassed || position <= tokenCount { return false }
    hasPassed = true
    return true
  }
}
