import Memory
import Model
import Platform
import Template
import Tokenizer

/// What the text part of the arena is made from, known before there is one.
public struct TextNeeds: ~Copyable {
  let scheme: Scheme
  let marks: TextMarks
  let counts: VocabularyCounts
  /// Whether the vocabulary is known to have the marks of ChatML.
  public let hasChatML: Bool
  /// Nil if no chat template is wanted.
  let template: TemplateNeeds?

  /// Bytes of the vocabulary's longest token, or more.
  public var longestTokenByteCount: Int { counts.longestTokenByteCount }

  /// Walks over the vocabulary once to count it, unless it is packed.
  /// - Parameters:
  ///   - buffer: for reading the header, at least `GGUF.bufferByteCountMin` bytes.
  ///   - usesTemplate: whether the chat template is wanted.
  ///   - mayLackTemplate: whether it is no error if there is none.
  ///   - templateFile: of another one.
  ///   - templateSizes: of the memory that the template has.
  @export(interface)
  public init(
    _ model: borrowing ModelFile, buffer: UnsafeMutableRawBufferPointer, usesTemplate: Bool,
    mayLackTemplate: Bool = false, templateFile: TemplateFile? = nil,
    templateSizes: TemplateSizes = TemplateSizes()
  ) throws(TextFailure) {
    let scheme = try Self.scheme(model.tokenizer)
    let counts: VocabularyCounts
    let hasChatML: Bool
    if let packed = model.packed, packed.tokenizer != nil {
      counts = try Self.counts(packed, of: model, scheme)
      // The tables are read later; the vocabulary's texts lie in the metadata too.
      let lacksTemplate = model.tokenizer.chatTemplate == nil && templateFile == nil
      hasChatML =
        lacksTemplate ? unsafe try Self.counts(of: model, scheme, buffer).hasChatML : false
    } else {
      (counts, hasChatML) = unsafe try Self.counts(of: model, scheme, buffer)
    }
    let hasTemplate = model.tokenizer.chatTemplate != nil || templateFile != nil || hasChatML
    let template =
      usesTemplate && (hasTemplate || !mayLackTemplate)
      ? try TemplateNeeds.make(
        model, file: templateFile, hasChatML: hasChatML, sizes: templateSizes) : nil
    self.scheme = scheme
    marks = TextMarks(model.tokenizer, scheme)
    self.counts = counts
    self.hasChatML = hasChatML
    self.template = template
  }

  private static func counts(
    _ packed: PackedModel, of model: borrowing ModelFile, _ scheme: Scheme
  ) throws(TextFailure) -> VocabularyCounts {
    guard let counts = VocabularyCounts(scheme, packed.vocabulary),
      counts.tokenCount == model.tokenizer.tokenCount
    else { throw .model(.packed(.tables)) }
    return counts
  }

  private static func counts(
    of model: borrowing ModelFile, _ scheme: Scheme, _ buffer: UnsafeMutableRawBufferPointer
  ) throws(TextFailure) -> (VocabularyCounts, hasChatML: Bool) {
    var counter = VocabularyCounter(scheme)
    do throws(ModelError) {
      unsafe try model.forEachToken(buffer: buffer, &counter)
    } catch {
      throw .model(error)
    }
    do throws(TokenizerError) {
      let mergeCount = scheme.hasMerges ? model.tokenizer.mergeCount : 0
      return (try counter.finish(mergeCount: mergeCount), counter.hasChatML)
    } catch {
      throw .tokenizer(error)
    }
  }

  private static func scheme(_ facts: TokenizerFacts) throws(TextFailure) -> Scheme {
    switch facts.kind {
    case .byteLevelBPE: .byteLevelBPE(try preTokenizer(facts))
    case .sentencePiece: .sentencePiece(addsSpacePrefix: facts.addsSpacePrefix ?? true)
    case .rankedPieces: .rankedPieces
    case .absent, .unsupported: throw .kind(facts.name)
    }
  }

  private static func preTokenizer(_ facts: TokenizerFacts) throws(TextFailure) -> PreTokenizer {
    if facts.lacksPreTokenizer { return .fallback }
    var name = InlineArray<96, UInt8>(repeating: 0)
    for index in 0..<facts.preTokenizer.count { name[index] = facts.preTokenizer[index] }
    do throws(TokenizerError) {
      return try PreTokenizer(name: name.span.extracting(0..<facts.preTokenizer.count))
    } catch {
      throw .tokenizer(error)
    }
  }
}
