import Platform

/// A norm of the transformer, in the order of a pass.
struct NumberPlace: BitwiseCopyable {
  /// 0 where there is none; the arena is zero at first.
  private let order: Int32

  private init(order: Int) { self.order = Int32(order) }

  static var none: NumberPlace { NumberPlace(order: 0) }
  static func beforeAttention(_ layer: Int) -> NumberPlace { NumberPlace(order: 1 + 2 * layer) }
  static func beforeFeedForward(_ layer: Int) -> NumberPlace { NumberPlace(order: 2 + 2 * layer) }
  static func beforeOutput(_ layerCount: Int) -> NumberPlace {
    NumberPlace(order: 1 + 2 * layerCount)
  }

  func earlier(than other: NumberPlace) -> NumberPlace {
    if order == 0 { return other }
    return other.order == 0 || order < other.order ? self : other
  }

  /// Half layers before it: attention and feed-forward networks; nil where there is no place.
  fileprivate var halfLayerCount: Int? { order == 0 ? nil : Int(order) - 1 }
}

/// What a thread saw of numbers that are out of range.
struct NumberRecord: BitwiseCopyable {
  /// Elements of keys and values that became Float16's largest number.
  var clampedCount: Int
  /// Shares of attention that were past Float16's range and were done again in Float32.
  var repeatedCount: Int
  private(set) var place: NumberPlace

  /// - Parameter value: made from numbers so that it is finite where all of them are in range.
  @inline(__always)
  mutating func check(_ value: Float, _ place: NumberPlace) {
    if value < .infinity { return }
    self.place = self.place.earlier(than: place)
  }

  mutating func forgetPlace() { place = .none }
}

/// What made a number that is not finite.
public enum NumberFault: LineError {
  case embeddings
  case attention(layer: Int)
  case feedForward(layer: Int)
  case outputHead

  init?(_ place: NumberPlace) {
    guard let count = place.halfLayerCount else { return nil }
    if count == 0 {
      self = .embeddings
    } else if count % 2 == 1 {
      self = .attention(layer: count / 2)
    } else {
      self = .feedForward(layer: count / 2 - 1)
    }
  }
}

extension NumberFault {
  @export(interface)
  public func write(to out: inout TextOutput) {
    switch self {
    case .embeddings: out.write("the token embeddings")
    case .attention(let layer):
      out.write("layer ")
      out.write(layer)
      out.write(", attention")
    case .feedForward(let layer):
      out.write("layer ")
      out.write(layer)
      out.write(", feed-forward")
    case .outputHead: out.write("the output head")
    }
    out.write(": the model gives numbers past Float32's range or none at all; its weights are")
    out.write(" damaged, or too large")
  }

  public var exitCode: ExitCode { .malformedData }
}

extension Engine {
  /// `makeLogits`, and an error if the model gives numbers that are not finite.
  @export(interface)
  public func makeCheckedLogits(firstRow: Int, rowCount: Int) throws(NumberFault) {
    makeLogits(firstRow: firstRow, rowCount: rowCount)
    if let fault = numberFault { throw fault }
    for row in 0..<rowCount where !logits(row).isFinite { throw .outputHead }
  }
}
