import Foundation
import Generation
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
  /// Whether weights stay in the file's own bits.
  var keepsCodes = false
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
    var settings = RunSettings(
      blockSize: Self.blockSize, cacheBudget: Self.cacheBudget, policy: policy,
      retained: Retained(sinkCount: 0, recentCount: 0), threadCount: threadCount,
      logitRowCount: 1, l2ByteCount: 1 << 18)
    settings.keepsCodes = keepsCodes
    var measuring = Carver.measuring
    _ = EngineLayout(carver: &measuring, shape: model.shape, settings: settings)
    if let text { _ = text.layOut(&measuring) }
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
    var vocabulary: UnsafeMutablePointer<Vocabulary>?
    var textLayout: TextLayout?
    if let text { textLayout = text.layOut(&carver) }
    carver.seal()
    var engine = try Engine(layout: layout, cores: [Int32]().span)
    unsafe try engine.load(model, into: arena, buffer: buffer)
    var ids: [Int32] = []
    if let text, var layout = textLayout.take() {
      unsafe try text.load(model, layout, arena, buffer)
      ids = try text.encode(Self.text, &layout)
      unsafe vocabulary = layout.vocabulary
    }
    if let target = packedPath {
      unsafe try pack(model, engine, vocabulary, arena, to: target, buffer)
    }
    if ids.isEmpty { ids = [0] }
    for block in 0..<3 {
      for index in 0..<Self.blockSize {
        engine.block[index] = ids[(block * Self.blockSize + index) % ids.count]
      }
      _ = try engine.append(Self.blockSize)
      engine.makeLogits(firstRow: Self.blockSize - 1, rowCount: 1)
      ids.append(engine.logits(0).best())
    }
  }
}

extension ModelUse {
  /// Writes the model that has been loaded as a packed one.
  private func pack(
    _ model: borrowing ModelFile, _ engine: borrowing Engine,
    _ vocabulary: UnsafeMutablePointer<Vocabulary>?, _ arena: borrowing Arena, to path: String,
    _ buffer: UnsafeMutableRawBufferPointer
  ) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    defer { close(descriptor) }
    let image = unsafe UnsafeRawBufferPointer(arena.modelImage)
    var out = TextOutput(descriptor: descriptor)
    unsafe try model.writePacked(
      PackedContents(
        weights: image, weightChecksum: engine.checksum(of: image),
        tokenizer: UnsafeRawBufferPointer(arena.bytes(of: .tokenizer)),
        vocabulary: vocabulary?.pointee.numbers ?? PackedModel.Numbers(repeating: 0),
        keepsCodes: engine.shape.keepsCodes),
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
final class TextUse {
  private let needs: TextNeeds

  /// Nil where the model has none, or none that is known. A template that does not compile is refused
  /// only where it is asked for.
  init?(
    _ model: borrowing ModelFile, _ buffer: UnsafeMutableRawBufferPointer
  ) throws {
    do throws(TextFailure) {
      do throws(TextFailure) {
        needs = unsafe try TextNeeds(
          model, buffer: buffer, usesTemplate: model.tokenizer.chatTemplate != nil)
      } catch .template {
        needs = unsafe try TextNeeds(model, buffer: buffer, usesTemplate: false)
      }
    } catch .kind {
      return nil
    } catch {
      throw Self.cause(error)
    }
  }

  /// The error of the module that found it.
  private static func cause(_ failure: TextFailure) -> any Error {
    switch failure {
    case .model(let error): error
    case .tokenizer(let error): error
    case .kind, .noTemplate, .template, .templateFile, .templateTooLong, .memory: failure
    }
  }

  func layOut(_ carver: inout Carver) -> TextLayout { TextLayout(carver: &carver, needs) }

  /// Loads the vocabulary, or takes its packed tables.
  func load(
    _ model: borrowing ModelFile, _ layout: borrowing TextLayout, _ arena: borrowing Arena,
    _ buffer: UnsafeMutableRawBufferPointer
  ) throws {
    do throws(TextFailure) {
      unsafe try layout.load(model, tables: arena.bytes(of: .tokenizer), buffer: buffer)
    } catch {
      throw Self.cause(error)
    }
  }

  /// The text's tokens, which are also decoded.
  func encode(_ text: String, _ layout: inout TextLayout) throws -> [Int32] {
    let vocabulary = unsafe layout.vocabulary
    var marks = layout.marks.ofWholeText
    var encoder = layout.takeEncoder()
    var ids: [Int32] = []
    try text.utf8.withContiguousStorageIfAvailable { bytes in
      var source = unsafe PlainText(
        MemoryInput(bytes.baseAddress!, count: bytes.count), name: "", parsesSpecialTokens: true)
      while let id = unsafe try marks.next(
        &encoder, from: &source, vocabulary.pointee
      ).ofWholeText {
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

private func text(_ excerpt: Excerpt) -> String {
  String(decoding: (0..<excerpt.count).map { excerpt[$0] }, as: UTF8.self)
}
