import Inference
import Memory
import Model
import Platform
import Tokenizer

/// A model in the arena, its threads, the cache of one text and a generator: it reads and answers.
@safe public struct LoadedModel: ~Copyable {
  public var engine: Engine
  public var generator: Generator
  /// Nil for a model whose needs use no text.
  public var text: TextLayout?
  /// The token ids that chat templates may name.
  public let chatMarks: ChatMarks

  /// Starts the threads and loads the weights and the vocabulary into the arena.
  /// - Parameters:
  ///   - layout: made by `preparation` in the arena.
  ///   - arena: must outlive the model.
  public init(
    _ preparation: inout ModelPreparation, _ layout: consuming ModelLayout,
    in arena: borrowing Arena, cores: Span<Int32>
  ) throws(LoadFailure) {
    let engine = try Self.start(layout.engine, cores)
    do throws(TextFailure) {
      try preparation.load(engine, layout.text, into: arena)
    } catch {
      throw .file(error)
    }
    engine.touchPages(of: arena, hasMappedWeights: preparation.model.packed != nil)
    self.engine = engine
    text = layout.text.take()
    generator = layout.generator
    generator.prepareConstraint()
    let facts = preparation.model.tokenizer
    chatMarks = ChatMarks(bos: facts.bosID, eos: facts.eosID)
  }

  private static func start(
    _ layout: EngineLayout, _ cores: Span<Int32>
  ) throws(LoadFailure) -> Engine {
    do throws(SystemFailure) {
      return try Engine(layout: layout, cores: cores)
    } catch {
      throw .refused(error)
    }
  }

  /// Of a model whose needs use text.
  public var vocabulary: UnsafeMutablePointer<Vocabulary> {
    guard let vocabulary = unsafe ModelLayout.vocabulary(text) else {
      preconditionFailure("no text was asked for")
    }
    return unsafe vocabulary
  }

  /// Of a model whose needs use text.
  public var textMarks: TextMarks {
    switch text {
    case .some(let text): text.marks
    case .none: preconditionFailure("no text was asked for")
    }
  }

  /// Whether there is a chat template, and it is used.
  public var hasTemplate: Bool {
    switch text {
    case .some(let text): text.hasTemplate
    case .none: false
    }
  }

  /// The encoder, which is to be taken once.
  public mutating func takeEncoder() -> Encoder { text!.takeEncoder() }

  /// Of a model that was loaded from a GGUF file.
  @export(interface)
  func packedContents(
    of arena: borrowing Arena, headBudgets: UnsafeRawBufferPointer
  ) -> PackedContents {
    let image = unsafe UnsafeRawBufferPointer(arena.modelImage)
    var numbers = PackedModel.Numbers(repeating: 0)
    if let vocabulary = unsafe ModelLayout.vocabulary(text) {
      unsafe numbers = vocabulary.pointee.numbers
    }
    var contents = unsafe PackedContents(
      weights: image, weightChecksum: engine.checksum(of: image),
      tokenizer: UnsafeRawBufferPointer(arena.bytes(of: .tokenizer)), vocabulary: numbers,
      keepsCodes: engine.shape.keepsCodes)
    unsafe contents.headBudgets = unsafe headBudgets
    contents.layerInputs = engine.layerInputTensor
    return contents
  }
}
