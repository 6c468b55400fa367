import Kernels
import Model

/// Facts about one row of logits.
@safe public struct LogitRow {
  package let values: UnsafePointer<Float>
  public let count: Int

  public init(values: UnsafePointer<Float>, count: Int) {
    unsafe self.values = unsafe values
    self.count = count
  }

  /// Whether all of them are numbers and finite.
  public var isFinite: Bool { unsafe areFinite(values, count: count) }

  /// The id of the largest logit, the lowest id of equal ones.
  public func best() -> Int32 { unsafe Int32(firstOfLargest(values, count: count)) }

  /// -log p(token): the logarithm of the sum of exponentials less the token's logit.
  public func negativeLogLikelihood(of token: Int32) -> Double {
    unsafe Double(logSumExp(values, count: count)) - Double(values[Int(token)])
  }

  /// A token's logit.
  public subscript(token: Int32) -> Float { unsafe values[Int(token)] }

  /// Makes a token the least likely one.
  public func exclude(_ token: Int32) {
    unsafe UnsafeMutablePointer(mutating: values)[Int(token)] = Self.leastLogit
  }

  public func isExcluded(_ token: Int32) -> Bool { unsafe values[Int(token)] <= Self.leastLogit }

  /// So small that its exponential counts for nothing, and finite.
  private static var leastLogit: Float { -1e9 }

  public var bytes: UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(start: values, count: count * MemoryLayout<Float>.stride)
  }
}
