import Inference

/// What a request adds to the logits of some tokens, in memory of a fixed size.
@safe public struct LogitBiases {
  private let tokens: UnsafeMutablePointer<Int32>
  private let values: UnsafeMutablePointer<Float>
  private let capacity: Int
  public private(set) var count = 0

  /// - Parameters:
  ///   - tokens: room for `capacity` ids.
  ///   - values: room for `capacity` numbers.
  @export(interface)
  public init(
    _ tokens: UnsafeMutablePointer<Int32>, _ values: UnsafeMutablePointer<Float>, capacity: Int
  ) {
    unsafe self.tokens = unsafe tokens
    unsafe self.values = unsafe values
    self.capacity = capacity
  }

  public mutating func removeAll() { count = 0 }

  /// - Parameter token: of the vocabulary.
  @export(interface)
  public mutating func append(_ value: Float, of token: Int32) {
    precondition(count < capacity)
    unsafe (tokens[count], values[count]) = (token, value)
    count += 1
  }

  public func token(_ index: Int) -> Int32 {
    precondition(index < count)
    return unsafe tokens[index]
  }

  /// Adds them to a row whose own numbers are not needed any more.
  func add(to logits: LogitRow) {
    let row = unsafe UnsafeMutablePointer(mutating: logits.values)
    for index in 0..<count { unsafe row[Int(tokens[index])] += values[index] }
  }
}
