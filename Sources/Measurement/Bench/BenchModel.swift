import Inference
import Memory
import Model
import Platform
import Profile

/// Where the weights of a measurement come from: a file, or nowhere.
public struct BenchModel: ~Copyable {
  /// Of made-up weights and prompts: every measurement multiplies the same numbers.
  static let seed: UInt64 = 0x6564_6765
  public let shape: ModelShape
  /// nil if the weights are made up.
  let file: ModelFile?
  /// The catalogue's entry if there is no file.
  public let published: PublishedShape?

  /// With the weights of a file.
  @export(interface)
  public init(_ file: consuming ModelFile) {
    shape = file.shape
    self.file = consume file
    published = nil
  }

  /// With made-up weights in a published shape.
  @export(interface)
  public init(_ published: PublishedShape, weights: WeightFormat = .int8) {
    var shape = published.shape
    shape.setMadeUpTypes(weights)
    self.shape = shape
    self.published = published
    file = nil
  }

  /// With made-up weights in the shape of a file.
  @export(interface)
  public init(shapeOf file: borrowing ModelFile) {
    shape = file.shape
    self.file = nil
    published = nil
  }

  /// Reads the weights, or makes them up.
  func load(_ engine: borrowing Engine, into arena: borrowing Arena) throws(ModelError) {
    switch file {
    case .some(let file):
      var buffer = InlineArray<65_536, UInt8>(repeating: 0)
      try unsafe withUnsafeMutableBytes(of: &buffer) { (bytes) throws(ModelError) in
        try unsafe engine.load(file, into: arena, buffer: bytes)
      }
      file.releaseCachedPages()
    case .none: engine.fillSynthetic(seed: Self.seed)
    }
  }

  var isPacked: Bool {
    switch file {
    case .some(let file): file.packed != nil
    case .none: false
    }
  }

  /// A file may have no name.
  public var hasName: Bool {
    switch file {
    case .some(let file): file.name.count > 0
    case .none: true
    }
  }

  /// The name, in the bytes of a JSON string.
  @export(interface)
  public func writeName(to out: inout TextOutput) {
    if let published { out.write(published.name) }
    switch file {
    case .some(let file):
      for index in 0..<file.name.count { out.write(jsonByte: file.name[index]) }
    case .none: break
    }
  }
}
