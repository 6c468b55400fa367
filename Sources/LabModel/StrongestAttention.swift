import Foundation
import Model

/// The strongest attention that each token of a text's first part gets from queries far behind it, for
/// each KV head the largest of its query heads', as histograms.
public final class StrongestAttention: ForwardObserver {
  /// Positions from a token to the queries that count.
  public static let distance = 128
  /// Bins of an eighth of a factor of 2, from 2^-20 to 1.
  public static let binCount = 160
  private static let binsPerOctave = 8.0

  private let shape: ModelShape
  private let length: Int
  /// The number of each layer's first query head among those of all layers.
  private let firstHeads: [Int]
  /// Of each query head of each layer: `[length]`.
  private let strongest: UnsafeMutablePointer<Float>

  /// - Parameter length: tokens of the first part.
  public init(_ shape: ModelShape, length: Int) {
    self.shape = shape
    self.length = length
    firstHeads = (0..<shape.layerCount).reduce(into: [0]) {
      $0.append($0.last! + shape.layer($1).headCount)
    }
    strongest = .allocate(capacity: firstHeads.last! * length)
    strongest.initialize(repeating: 0, count: firstHeads.last! * length)
  }

  deinit { strongest.deallocate() }

  public func layer(_ layer: Int, firstPosition: Int, keys: HeadRows, queries: HeadRows) {}

  public func attention(
    layer: Int, head: Int, position: Int, weights: UnsafeBufferPointer<Float>
  ) {
    let row = strongest + (firstHeads[layer] + head) * length
    for index in 0..<max(0, min(length, position - Self.distance + 1)) {
      row[index] = max(row[index], weights[index])
    }
  }

  public static func name(_ layer: Int, _ kvHead: Int) -> String { "\(layer).\(kvHead)" }

  /// Tokens by their strongest attention, under each head's name.
  public var histograms: [String: [Double]] {
    var histograms: [String: [Double]] = [:]
    for layer in 0..<shape.layerCount {
      let group = shape.layer(layer).group
      for kvHead in 0..<shape.layer(layer).keptHeadCount {
        var counts = [Double](repeating: 0, count: Self.binCount)
        for index in 0..<length {
          var largest: Float = 0
          for head in kvHead * group..<(kvHead + 1) * group {
            largest = max(largest, strongest[(firstHeads[layer] + head) * length + index])
          }
          counts[Self.bin(largest)] += 1
        }
        histograms[Self.name(layer, kvHead)] = counts
      }
    }
    return histograms
  }

  private static func bin(_ weight: Float) -> Int {
    if weight <= 0 { return 0 }
    let place = Double(binCount) + log2(Double(weight)) * binsPerOctave
    return min(max(Int(place), 0), binCount - 1)
  }
}
