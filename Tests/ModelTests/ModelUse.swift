import Foundation
import Inference
import KVCache
import Memory
import Model
import Platform
import Profile
import Tokenizer

/// Puts a model file through what the program does with it: header, plan, weights, vocabulary, a
/// text, two blocks and their logits. Tests and the fuzzer share it.
struct ModelUse {
  enum Outcome: Equatable {
    case ran
    /// A sound plan, but for more memory than is taken here.
    case overCap
  }

  static let arenaByteCountMax = 32 << 20
  private static let blockSize = 8
  private static let cacheBudget = 8
  private static let text = "a<s>bc \u{2581}é12"
  var policy = Policy.keydiff
  var threadCount = 1
  /// Where the model is to be packed, once it has been loaded.
  var packedPath: String?

  /// The command that was asked: one of the models that is refused when its text is.
  func run(
    _ path: UnsafePointer<CChar>, buffer: UnsafeMutableRawBufferPointer
  ) throws -> Outcome {
    let model = unsafe try ModelFile(path: path, buffer: buffer)
    var lister = TensorLister()
    unsafe try model.forEachTensor(buffer: buffer, &lister)
    let text = unsafe try TextUse(model, buffer)
    let settings = RunSettings(
      blockSize: Self.blockSize, cacheBudget: Self.cacheBudget, policy: policy,
      retained: Retained(sinkCount: 0, recentCount: 0), threadCount: threadCount,
      logitRowCount: 1, l2ByteCount: 1 << 18)
    var measuring = Carver.measuring
    _ = EngineLayout(carver: &measuring, shape: model.shape, settings: settings)
    _ = try text?.layOut(&measuring)
    let plan = measuring.measured()
    if plan.totalByteCount > Self.arenaByteCountMax { return .overCap }
    let arena = try Arena(plan: plan)
    var failure: (any Error)?
    do { unsafe try run(model, text, settings, arena, buffer) } catch { failure = error }
    arena.unmap()
    if let failure { throw failure }
    return .ran
  }

  /// Its threads have ended when it returns.
  private func run(
    _ model: borrowing ModelFile, _ text: TextUse?, _ settings: RunSettings,
    _ arena: borrowing Arena, _ buffer: UnsafeMutableRawBufferPointer
  ) throws {
    var carver = arena.carver()
    let layout = EngineLayout(carver: &carver, shape: model.shape, settings: settings)
    let textParts = try text?.layOut(&carver)
    carver.seal()
    var engine = try Engine(layout: layout, cores: [Int32]().span)
    unsafe try engine.load(model, into: arena, buffer: buffer)
    var ids: [Int32] = []
    if let text, let textParts {
      unsafe try text.load(model, textParts, arena, buffer)
      ids = try text.encode(Self.text, model, textParts)
    }
    if let target = packedPath {
      unsafe try pack(model, engine, textParts, arena, to: target, buffer)
    }
    if ids.isEmpty { ids = [0] }
    for block in 0..<3 {
      for index in 0..<Self.blockSize {
        engine.block[index] = ids[(block * Self.blockSize + index) % ids.count]
      }
      _ = try engine.forward(tokenCount: Self.blockSize)
      engine.makeLogits(firstRow: Self.blockSize - 1, rowCount: 1)
      ids.append(engine.logits(0).best())
    }
  }
}

extension ModelUse {
  /// Writes the model that has been loaded as a packed one.
  private func pack(
    _ model: borrowing ModelFile, _ engine: borrowing Engine, _ text: TextUse.Parts?,
    _ arena: borrowing Arena, to path: String, _ buffer: UnsafeMutableRawBufferPointer
  ) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    defer { close(descriptor) }
    let image = unsafe UnsafeRawBufferPointer(arena.modelImage)
    var out = TextOutput(descriptor: descriptor)
    unsafe try model.writePacked(
      PackedContents(
        weights: image, weightChecksum: engine.checksum(of: image),
        tokenizer: UnsafeRawBufferPointer(arena.bytes(of: .tokenizer)),
        vocabulary: text?.vocabulary.pointee.numbers ?? PackedModel.Numbers(repeating: 0)),
      to: &out, buffer: buffer)
  }
}

private struct TensorLister: TensorVisitor {
  private(set) var byteCount = 0
  mutating func visit(_ tensor: TensorEntry) throws(ModelError) {
    byteCount += text(tensor.name).utf8.count
  }
}

/// The tokenizer of a model.
struct TextUse {
  private let scheme: Scheme
  private let counts: VocabularyCounts
  private let jinja: [UInt8]

  struct Parts {
    let vocabulary: UnsafeMutablePointer<Vocabulary>
    let encoder: UnsafeMutablePointer<Encoder>
  }

  /// Nil where the model has none, or none that is known.
  init?(
    _ model: borrowing ModelFile, _ buffer: UnsafeMutableRawBufferPointer
  ) throws {
    let facts = model.tokenizer
    switch facts.kind {
    case .byteLevelBPE:
      scheme = .byteLevelBPE(try PreTokenizer(name: Array(text(facts.preTokenizer).utf8).span))
    case .sentencePiece: scheme = .sentencePiece(addsSpacePrefix: facts.addsSpacePrefix ?? true)
    case .absent, .unsupported: return nil
    }
    if let packed = model.packed, packed.tokenizer != nil {
      guard let counts = VocabularyCounts(scheme, packed.vocabulary),
        counts.tokenCount == facts.tokenCount
      else { throw ModelError.packed(.tables) }
      self.counts = counts
    } else {
      counts = unsafe try Self.count(model, scheme, buffer)
    }
    var template = [UInt8](repeating: 0, count: GGUF.chatTemplateByteCountMax)
    let byteCount = try template.withUnsafeMutableBytes {
      unsafe try model.readChatTemplate(into: $0)
    }
    jinja = Array(template[..<byteCount])
  }

  private static func count(
    _ model: borrowing ModelFile, _ scheme: Scheme, _ buffer: UnsafeMutableRawBufferPointer
  ) throws -> VocabularyCounts {
    var counter = Counter(counts: VocabularyCounts(scheme))
    unsafe try model.forEachToken(buffer: buffer, &counter)
    if let failure = counter.failure { throw failure }
    if case .byteLevelBPE = scheme {
      try counter.counts.includeMerges(count: model.tokenizer.mergeCount)
    }
    return counter.counts
  }

  /// A template that is not known is refused only where it is asked for.
  func layOut(_ carver: inout Carver) throws -> Parts {
    let parts = unsafe Parts(
      vocabulary: carver.takeUninitialized(.tables, Vocabulary.self, count: 1),
      encoder: carver.takeUninitialized(.tables, Encoder.self, count: 1))
    let vocabulary = Vocabulary(carver: &carver, counts: counts)
    let encoder = Encoder(carver: &carver, scheme)
    if !carver.isMeasuring {
      unsafe parts.vocabulary.initialize(to: vocabulary)
      unsafe parts.encoder.initialize(to: encoder)
    }
    _ = try? ChatTemplate(carver: &carver, jinja: jinja.span)
    return parts
  }

  /// Loads the vocabulary, or takes its packed tables.
  func load(
    _ model: borrowing ModelFile, _ parts: Parts, _ arena: borrowing Arena,
    _ buffer: UnsafeMutableRawBufferPointer
  ) throws {
    if let packed = model.packed, let image = packed.tokenizer {
      let tables = unsafe arena.bytes(of: .tokenizer)
      if image.byteCount != tables.count { throw ModelError.packed(.tables) }
      unsafe try model.read(into: tables, at: image.offset)
      if unsafe !parts.vocabulary.pointee.adopt(packed.vocabulary) {
        throw ModelError.packed(.tables)
      }
    } else {
      unsafe try fill(model, parts, buffer)
    }
  }

  private func fill(
    _ model: borrowing ModelFile, _ parts: Parts, _ buffer: UnsafeMutableRawBufferPointer
  ) throws {
    let vocabulary = unsafe parts.vocabulary
    var filler = unsafe Filler(vocabulary: vocabulary)
    unsafe try model.forEachToken(buffer: buffer, &filler)
    if case .byteLevelBPE = scheme, filler.failure == nil {
      unsafe try model.forEachMerge(buffer: buffer, &filler)
    }
    if let failure = filler.failure { throw failure }
    unsafe try vocabulary.pointee.finish()
  }

  /// The text's tokens, which are also decoded.
  func encode(
    _ text: String, _ model: borrowing ModelFile, _ parts: Parts
  ) throws -> [Int32] {
    let vocabulary = unsafe parts.vocabulary
    let facts = model.tokenizer
    var marks = SequenceMarks(
      bos: facts.addsBOS ?? scheme.addsBOS ? facts.bosID.map(Int32.init) : nil,
      eos: facts.addsEOS ?? false ? facts.eosID.map(Int32.init) : nil)
    var ids: [Int32] = []
    try text.utf8.withContiguousStorageIfAvailable { bytes in
      var source = unsafe PlainText(
        MemoryInput(bytes.baseAddress!, count: bytes.count), name: "", parsesSpecialTokens: true)
      while let id = unsafe try marks.next(
        &parts.encoder.pointee, from: &source, vocabulary.pointee)
      {
        ids.append(id)
      }
    }
    var sink = CountingSink()
    var decoder = StreamingDecoder(writesControlTokens: true)
    for id in ids + [-1, .max] { unsafe decoder.write(id, vocabulary.pointee, to: &sink) }
    decoder.finish(to: &sink)
    return ids
  }
}

private struct CountingSink: ByteSink {
  private(set) var count = 0
  mutating func write(byte: UInt8) { count += 1 }
}

private struct Counter: TokenVisitor {
  var counts: VocabularyCounts
  var failure: TokenizerError?

  mutating func visit(
    index: Int, text: Span<UInt8>, type: Int32, score: Float
  ) -> VisitResult {
    do throws(TokenizerError) { try counts.include(token: text, type: type) } catch {
      failure = error
      return .stop
    }
    return .next
  }
}

private struct Filler: TokenVisitor, MergeVisitor {
  let vocabulary: UnsafeMutablePointer<Vocabulary>
  var failure: TokenizerError?

  mutating func visit(
    index: Int, text: Span<UInt8>, type: Int32, score: Float
  ) -> VisitResult {
    do throws(TokenizerError) {
      unsafe try vocabulary.pointee.addToken(text, type: type, score: score)
    } catch {
      failure = error
      return .stop
    }
    return .next
  }

  mutating func visit(index: Int, text: Span<UInt8>) -> VisitResult {
    do throws(TokenizerError) {
      unsafe try vocabulary.pointee.addMerge(text)
    } catch {
      failure = error
      return .stop
    }
    return .next
  }
}

private func text(_ excerpt: Excerpt) -> String {
  String(decoding: (0..<excerpt.count).map { excerpt[$0] }, as: UTF8.self)
}
