import Memory
import Model
import Platform
import Template
import Tokenizer

/// The tokenizer's part of the arena.
@safe public struct TextLayout: ~Copyable {
  public let vocabulary: UnsafeMutablePointer<Vocabulary>
  private var encoder: Encoder?
  private let hasMerges: Bool
  /// Of needs that use it.
  public var template: TemplateEngine?
  public let marks: TextMarks

  @export(interface)
  public init(carver: inout Carver, _ needs: borrowing TextNeeds) {
    marks = needs.marks
    hasMerges = needs.counts.mergeCount > 0
    unsafe vocabulary = carver.takeUninitialized(.tables, Vocabulary.self, count: 1)
    let empty = Vocabulary(carver: &carver, counts: needs.counts)
    if !carver.isMeasuring { unsafe vocabulary.initialize(to: empty) }
    encoder = Encoder(carver: &carver, needs.scheme)
    switch needs.template {
    // TemplateNeeds has tried the same text.
    case .some(let template): self.template = try? template.engine(carver: &carver)
    case .none: template = nil
    }
  }

  public var hasTemplate: Bool {
    switch template {
    case .some: true
    case .none: false
    }
  }

  /// The marks of thoughts that the chat template names.
  public var namedThoughts: ThoughtMarks? {
    switch template {
    case .some(let template): template.traits.thoughts
    case .none: nil
    }
  }

  /// The engine of the chat template, which may be taken once.
  public mutating func takeTemplate() -> TemplateEngine? { template.take() }

  /// The encoder, which is to be taken once.
  public mutating func takeEncoder() -> Encoder { encoder.take()! }

  /// Reads all tokens and merges into the vocabulary, or its tables as they are.
  /// - Parameter tables: the region of the arena that is the vocabulary's.
  @export(interface)
  public func load(
    _ model: borrowing ModelFile, tables: UnsafeMutableRawBufferPointer,
    buffer: UnsafeMutableRawBufferPointer
  ) throws(TextFailure) {
    if let packed = model.packed, let image = packed.tokenizer {
      do throws(ModelError) {
        unsafe try read(packed, image, of: model, into: tables)
      } catch {
        throw .model(error)
      }
    } else {
      unsafe try fill(model, buffer: buffer)
    }
  }

  private func read(
    _ packed: PackedModel, _ image: PackedImage, of model: borrowing ModelFile,
    into tables: UnsafeMutableRawBufferPointer
  ) throws(ModelError) {
    if image.byteCount != tables.count {
      throw .packed(
        .part("tokenizer's tables", byteCount: image.byteCount, expected: tables.count))
    }
    unsafe try model.read(into: tables, at: image.offset)
    var hash = XXHash64()
    unsafe hash.update(UnsafeRawBufferPointer(tables))
    if hash.finish() != image.checksum { throw .packed(.checksum("tokenizer")) }
    if unsafe !vocabulary.pointee.adopt(packed.vocabulary) { throw .packed(.tables) }
  }

  private func fill(
    _ model: borrowing ModelFile, buffer: UnsafeMutableRawBufferPointer
  ) throws(TextFailure) {
    var filler = unsafe VocabularyFiller(vocabulary)
    do throws(ModelError) {
      unsafe try model.forEachToken(buffer: buffer, &filler)
      if filler.failure == nil && hasMerges {
        unsafe try model.forEachMerge(buffer: buffer, &filler)
      }
    } catch {
      throw .model(error)
    }
    do throws(TokenizerError) {
      if let failure = filler.failure { throw failure }
      unsafe try vocabulary.pointee.finish()
    } catch {
      throw .tokenizer(error)
    }
  }
}
