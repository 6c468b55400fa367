import Memory
import Model
import Platform
import Tokenizer

/// What the text part of the arena is made from, known before there is one.
struct TextNeeds {
  /// GGUF limits a chat template to this.
  static let templateByteCountMax = 64 * 1024
  let scheme: Scheme
  let marks: TextMarks
  let counts: VocabularyCounts
  /// The chat template's Jinja text; empty where none is used.
  private(set) var jinja = InlineArray<65_536, UInt8>(repeating: 0)
  private(set) var jinjaByteCount = 0

  /// Walks over the vocabulary once to count it, unless it is packed.
  init(
    _ model: borrowing ModelFile, buffer: UnsafeMutableRawBufferPointer, usesTemplate: Bool
  ) throws(TextFailure) {
    let scheme = try Self.scheme(model.tokenizer)
    self.scheme = scheme
    marks = TextMarks(model.tokenizer, scheme)
    counts =
      if let packed = model.packed, packed.tokenizer != nil {
        try Self.counts(packed, of: model, scheme)
      } else {
        unsafe try Self.counts(of: model, scheme, buffer)
      }
    if usesTemplate { try readTemplate(model) }
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
  ) throws(TextFailure) -> VocabularyCounts {
    var counter = VocabularyCounter(scheme)
    do throws(ModelError) {
      unsafe try model.forEachToken(buffer: buffer, &counter)
    } catch {
      throw .model(error)
    }
    do throws(TokenizerError) {
      let mergeCount = if case .byteLevelBPE = scheme { model.tokenizer.mergeCount } else { 0 }
      return try counter.finish(mergeCount: mergeCount)
    } catch {
      throw .tokenizer(error)
    }
  }

  private static func scheme(_ facts: TokenizerFacts) throws(TextFailure) -> Scheme {
    switch facts.kind {
    case .byteLevelBPE: .byteLevelBPE(try preTokenizer(facts))
    case .sentencePiece: .sentencePiece(addsSpacePrefix: facts.addsSpacePrefix ?? true)
    case .absent, .unsupported: throw .kind(facts.name)
    }
  }

  private static func preTokenizer(_ facts: TokenizerFacts) throws(TextFailure) -> PreTokenizer {
    var name = InlineArray<96, UInt8>(repeating: 0)
    for index in 0..<facts.preTokenizer.count { name[index] = facts.preTokenizer[index] }
    do throws(TokenizerError) {
      return try PreTokenizer(name: name.span.extracting(0..<facts.preTokenizer.count))
    } catch {
      throw .tokenizer(error)
    }
  }

  private mutating func readTemplate(_ model: borrowing ModelFile) throws(TextFailure) {
    guard model.tokenizer.chatTemplate != nil else { throw .noTemplate }
    do throws(ModelError) {
      jinjaByteCount = unsafe try withUnsafeMutableBytes(of: &jinja) { (bytes) throws(ModelError) in
        unsafe try model.readChatTemplate(into: bytes)
      }
    } catch {
      throw .model(error)
    }
    do throws(TokenizerError) {
      var carver = Carver.measuring
      _ = try ChatTemplate(carver: &carver, jinja: jinja.span.extracting(0..<jinjaByteCount))
    } catch {
      throw .unknownTemplate(error)
    }
  }
}

/// The tokens that a model wants at the ends of a text.
struct TextMarks {
  private let bos: Int32?
  private let eos: Int32?

  init(_ facts: TokenizerFacts, _ scheme: Scheme) {
    let addsBOS = facts.addsBOS ?? scheme.addsBOS
    bos = if addsBOS, let id = facts.bosID { Int32(id) } else { nil }
    eos = if facts.addsEOS ?? false, let id = facts.eosID { Int32(id) } else { nil }
  }

  /// For a text that an answer follows.
  var ofPrompt: SequenceMarks { SequenceMarks(bos: bos, eos: nil) }
  var ofWholeText: SequenceMarks { SequenceMarks(bos: bos, eos: eos) }
}

/// Why a model's tokenizer or template cannot be used.
enum TextFailure: Error {
  case model(ModelError)
  case tokenizer(TokenizerError)
  /// The tokenizer is of another kind, or there is none.
  case kind(Excerpt)
  case noTemplate
  case unknownTemplate(TokenizerError)

  func write(to out: inout TextOutput) {
    switch self {
    case .model(let error): error.write(to: &out)
    case .tokenizer(let error): error.write(to: &out)
    case .kind(let name):
      out.write("tokenizer.ggml.model is ")
      if name.count == 0 { out.write("missing") } else { out.write(quoted: name) }
      out.write("; text needs 'gpt2' (byte-level BPE) or 'llama' (SentencePiece); ")
      out.write("token ids work with any model (--tokens)")
    case .noTemplate:
      out.write("the model has no chat template; --raw takes the prompt as it is")
    case .unknownTemplate(let error):
      error.write(to: &out)
      out.write("; --raw takes the prompt as it is")
    }
  }

  var code: ExitCode {
    switch self {
    case .model(let error): Exit(rawCode: error.exitCode).code
    default: .malformedData
    }
  }
}

/// The tokenizer's part of the arena.
@safe struct TextLayout: ~Copyable {
  let vocabulary: UnsafeMutablePointer<Vocabulary>
  private var encoder: Encoder?
  private let hasMerges: Bool
  let template: ChatTemplate?
  let marks: TextMarks

  init(carver: inout Carver, _ needs: borrowing TextNeeds) {
    marks = needs.marks
    hasMerges = needs.counts.mergeCount > 0
    unsafe vocabulary = carver.takeUninitialized(.tables, Vocabulary.self, count: 1)
    let empty = Vocabulary(carver: &carver, counts: needs.counts)
    if !carver.isMeasuring { unsafe vocabulary.initialize(to: empty) }
    encoder = Encoder(carver: &carver, needs.scheme)
    if needs.jinjaByteCount == 0 {
      template = nil
    } else {
      let jinja = needs.jinja.span.extracting(0..<needs.jinjaByteCount)
      // TextNeeds has tried the same text.
      template = try? ChatTemplate(carver: &carver, jinja: jinja)
    }
  }

  /// The encoder, which is to be taken once.
  mutating func takeEncoder() -> Encoder { encoder.take()! }

  /// Reads all tokens and merges into the vocabulary, or its tables as they are.
  /// - Parameter tables: the region of the arena that is the vocabulary's.
  func load(
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

/// Counts tokens for the plan.
private struct VocabularyCounter: TokenVisitor {
  private var counts: VocabularyCounts
  private var failure: TokenizerError?

  init(_ scheme: Scheme) { counts = VocabularyCounts(scheme) }

  mutating func visit(
    index: Int, text: Span<UInt8>, type: Int32, score: Float
  ) -> VisitResult {
    do throws(TokenizerError) {
      try counts.include(token: text, type: type)
      return .next
    } catch {
      failure = error
      return .stop
    }
  }

  mutating func finish(mergeCount: Int) throws(TokenizerError) -> VocabularyCounts {
    if let failure { throw failure }
    try counts.includeMerges(count: mergeCount)
    return counts
  }
}

/// Adds tokens and merges to a vocabulary.
@safe private struct VocabularyFiller: TokenVisitor, MergeVisitor {
  private let vocabulary: UnsafeMutablePointer<Vocabulary>
  private(set) var failure: TokenizerError?

  init(_ vocabulary: UnsafeMutablePointer<Vocabulary>) {
    unsafe self.vocabulary = unsafe vocabulary
  }

  mutating func visit(
    index: Int, text: Span<UInt8>, type: Int32, score: Float
  ) -> VisitResult {
    do throws(TokenizerError) {
      unsafe try vocabulary.pointee.addToken(text, type: type, score: score)
      return .next
    } catch {
      failure = error
      return .stop
    }
  }

  mutating func visit(index: Int, text: Span<UInt8>) -> VisitResult {
    do throws(TokenizerError) {
      unsafe try vocabulary.pointee.addMerge(text)
      return .next
    } catch {
      failure = error
      return .stop
    }
  }
}
