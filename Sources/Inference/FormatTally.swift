import Kernels
import Model

extension LayerSpec {
  /// Outputs of the layer's first product in the matrices of queries and of keys, or what stands in their
  /// places.
  fileprivate func inputLengths(embeddingLength: Int) -> (first: Int, second: Int) {
    switch mixer {
    case .attention: (keyStart, keptLength)
    case .convolution: (mixerInputLength(embeddingLength: embeddingLength), 0)
    case .delta(let delta): (delta.channelCount, delta.valueLength)
    }
  }
}

/// The bytes of a model's matrices by their format.
public struct FormatTally {
  public static let count = BitsKind.count + 1
  private var byteCounts = InlineArray<12, Int>(repeating: 0)

  /// - Parameter shape: `keepsCodes` says whether types of the file stay.
  @export(interface)
  public init(_ shape: ModelShape) {
    let length = shape.embeddingLength
    for layer in 0..<shape.layerCount {
      let spec = shape.layer(layer)
      let joint = shape.queryKeyValueFormat(layer)
      let lengths = spec.inputLengths(embeddingLength: length)
      add(joint ?? shape.format(layer, .query), outputs: lengths.first, k: length)
      add(joint ?? shape.format(layer, .key), outputs: lengths.second, k: length)
      add(joint ?? shape.format(layer, .value), outputs: spec.keptLength, k: length)
      add(
        shape.format(layer, .attentionOutput), outputs: length,
        k: spec.mixedLength(embeddingLength: length))
      add(.int8, outputs: spec.inputLength, k: length)
      if spec.inputLength > 0 { add(.int8, outputs: length, k: spec.inputLength) }
      for _ in 0..<max(spec.expertCount, 1) {
        add(shape.format(layer, .gate), outputs: spec.feedForwardLength, k: length)
        add(shape.format(layer, .up), outputs: spec.feedForwardLength, k: length)
        add(shape.format(layer, .down), outputs: length, k: spec.feedForwardLength)
      }
    }
    add(.int8, outputs: shape.layerInputLength * shape.layerCount, k: length)
    add(shape.format(.tokenEmbedding), outputs: shape.vocabularyCount, k: length)
    if !shape.isOutputTied {
      add(shape.format(.output), outputs: shape.vocabularyCount, k: length)
    }
  }

  /// What the matrices take less if the file's types stay, or 0.
  static func savedByteCount(_ shape: ModelShape) -> Int {
    var kept = shape
    kept.keepsCodes = true
    return max(0, FormatTally(shape).total - FormatTally(kept).total)
  }

  private var total: Int {
    var sum = 0
    for index in 0..<Self.count { sum += byteCounts[index] }
    return sum
  }

  private mutating func add(_ format: MatrixFormat, outputs: Int, k: Int) {
    byteCounts[Self.index(format)] += format.byteCount(outputs: outputs, k: k)
  }

  private static func index(_ format: MatrixFormat) -> Int {
    switch format {
    case .int8: 0
    case .bits(let kind): kind.rawValue + 1
    }
  }

  public var isInt8Alone: Bool {
    for index in 1..<Self.count where byteCounts[index] > 0 { return false }
    return true
  }

  public func byteCount(_ index: Int) -> Int { byteCounts[index] }

  /// The format of the most bytes.
  public var largestName: StaticString {
    @export(interface) get {
      var largest = 0
      for index in 1..<Self.count where byteCounts[index] > byteCounts[largest] { largest = index }
      return Self.name(largest)
    }
  }

  public static func name(_ index: Int) -> StaticString {
    BitsKind(rawValue: index - 1)?.name ?? "int8"
  }
}
