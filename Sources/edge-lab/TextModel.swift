import Foundation
import Generation
import Inference
import LabTasks
import Memory
import Model
import Platform
import Template
import Tokenizer

/// A model's header, vocabulary and chat template, without its weights. Threads may share one.
final class TextModel: @unchecked Sendable {
  /// The marks that a text gets at its ends.
  enum Marks {
    /// A part in the middle of a text.
    case none
    /// Of a text that an answer follows.
    case prompt
    /// Of a text that is scored.
    case whole
  }

  let path: String
  /// Whether engines hold the weights in the file's own bits; otherwise all become int8.
  let keepsCodes: Bool
  let shape: ModelShape
  private let chatMarks: ChatMarks
  private let ends: AnswerEnds
  private let marks: TextMarks
  private var template: TemplateEngine?
  private let templateFailure: TextFailure?
  private let vocabulary: UnsafeMutablePointer<Vocabulary>
  private var encoder: Encoder
  private let lock = NSLock()
  private let memory: ArenaOwner

  init(path: String, keepsCodes: Bool = false) throws(LabFailure) {
    self.path = path
    self.keepsCodes = keepsCodes
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: GGUF.bufferByteCountMin, alignment: 64)
    defer { buffer.deallocate() }
    let model = try openModel(path, buffer)
    shape = model.shape
    let facts = model.tokenizer
    chatMarks = ChatMarks(bos: facts.bosID, eos: facts.eosID)
    ends = AnswerEnds(facts)
    var failure: TextFailure?
    let needs = try Self.needs(model, buffer, path: path, &failure)
    templateFailure = failure
    var measuring = Carver.measuring
    _ = TextLayout(carver: &measuring, needs)
    let arena = try mapArena(measuring.measured())
    var carver = arena.carver()
    var layout = TextLayout(carver: &carver, needs)
    carver.seal()
    do throws(TextFailure) {
      try layout.load(model, tables: arena.bytes(of: .tokenizer), buffer: buffer)
    } catch {
      throw LabFailure(error, path: path)
    }
    marks = layout.marks
    template = layout.takeTemplate()
    vocabulary = layout.vocabulary
    encoder = layout.takeEncoder()
    memory = ArenaOwner(arena)
  }

  /// With the template where it is there and known; what is wrong with it is told where it is used.
  private static func needs(
    _ model: borrowing ModelFile, _ buffer: UnsafeMutableRawBufferPointer, path: String,
    _ templateFailure: inout TextFailure?
  ) throws(LabFailure) -> TextNeeds {
    do throws(TextFailure) {
      do throws(TextFailure) {
        return try TextNeeds(model, buffer: buffer, usesTemplate: true)
      } catch {
        switch error {
        case .noTemplate, .template:
          templateFailure = error
          return try TextNeeds(model, buffer: buffer, usesTemplate: false)
        default: throw error
        }
      }
    } catch {
      throw LabFailure(error, path: path)
    }
  }

  /// The file's name without folders, and how its weights are held if not as int8: as results name
  /// the model.
  var name: String {
    URL(fileURLWithPath: path).lastPathComponent + (keepsCodes ? ", its own bits" : "")
  }

  /// What names of scores begin with that compare an engine with the float32 model.
  var weightsName: String { keepsCodes ? "file" : "int8" }

  /// A generator of this model's texts, with room for all tokens as candidates.
  func makeGenerator(carver: inout Carver) -> Generator {
    var needs = GeneratorNeeds()
    (needs.sampling.temperature, needs.sampling.topK) = (1, 0)
    return Generator(
      carver: &carver, needs, ends, vocabularyCount: shape.vocabularyCount, vocabulary)
  }

  func isEnd(_ token: Int32) -> Bool { ends.contains(token, vocabulary) }

  /// A text's tokens.
  /// - Parameter parsesSpecialTokens: whether the text of a control token means the token.
  func encode(
    _ text: String, _ ends: Marks = .none, parsesSpecialTokens: Bool = false
  ) throws(LabFailure) -> [Int32] {
    let marks =
      switch ends {
      case .none: SequenceMarks.none
      case .prompt: self.marks.ofPrompt
      case .whole: self.marks.ofWholeText
      }
    return try withBytes(of: text) { (input) throws(TokenizerError) in
      var source = PlainText(input, name: "text", parsesSpecialTokens: parsesSpecialTokens)
      return try self.tokens(&source, marks)
    }
  }

  /// A user's message in the chat template, up to where the answer begins.
  func encodeChat(user: String) throws(LabFailure) -> [Int32] {
    if let templateFailure { throw LabFailure(templateFailure, path: path) }
    lock.lock()
    defer { lock.unlock() }
    let text: TemplateText
    do throws(TemplateError) {
      try template!.data.beginVariables(
        bos: chatMarks.bos, eos: chatMarks.eos, vocabulary.pointee)
      try template!.data.name("messages")
      try template!.data.beginArray()
      try template!.data.put(role: "user", Array(user.utf8).span)
      try template!.data.endArray()
      try template!.data.endObject()
      try template!.render(now: TemplateTime(secondsSince1970: unixSeconds()))
      text = template!.currentText()
    } catch {
      throw LabFailure(TextFailure.template(error), path: path)
    }
    do throws(TokenizerError) {
      var source = RenderedText<MemoryInput>(
        text, vocabulary.pointee, rest: nil, name: "message")
      return try tokens(&source, marks.ofPrompt)
    } catch {
      throw LabFailure(error, path: "a text")
    }
  }

  private func tokens<Source: TextSource & ~Copyable>(
    _ source: inout Source, _ marks: SequenceMarks
  ) throws(TokenizerError) -> [Int32] {
    var marks = marks
    var tokens: [Int32] = []
    encoder.reset()
    while let token = try marks.next(&encoder, from: &source, vocabulary.pointee).ofWholeText {
      tokens.append(token)
    }
    return tokens
  }

  private func withBytes(
    of text: String, _ body: (consuming MemoryInput) throws(TokenizerError) -> [Int32]
  ) throws(LabFailure) -> [Int32] {
    lock.lock()
    defer { lock.unlock() }
    // One byte more, so that an empty text has an address too.
    let bytes = Array(text.utf8) + [0]
    do throws(TokenizerError) {
      return try bytes.withUnsafeBufferPointer { (bytes) throws(TokenizerError) in
        try body(MemoryInput(bytes.baseAddress!, count: bytes.count - 1))
      }
    } catch {
      throw LabFailure(error, path: "a text")
    }
  }

  /// The text of tokens; control tokens have none.
  /// - Parameter continuesText: whether a text goes on, rather than begins, with them.
  func decode(_ tokens: some Sequence<Int32>, continuesText: Bool = true) -> String {
    var text = DecodedText(self, continuesText: continuesText)
    for token in tokens { text.append(token) }
    text.finish()
    return text.string
  }

  fileprivate func write(
    _ token: Int32, _ decoder: inout StreamingDecoder, to sink: inout ByteArray
  ) {
    decoder.write(token, vocabulary.pointee, to: &sink)
  }
}

/// Tokens as text, one after the other.
struct DecodedText: ~Copyable {
  private let model: TextModel
  private var decoder: StreamingDecoder
  private var sink = ByteArray()

  init(_ model: TextModel, continuesText: Bool) {
    self.model = model
    decoder = StreamingDecoder(continuesText: continuesText)
  }

  var bytes: [UInt8] { sink.bytes }
  var string: String { String(decoding: sink.bytes, as: UTF8.self) }

  mutating func append(_ token: Int32) { model.write(token, &decoder, to: &sink) }
  /// Gives out what was held back for a scalar that is not whole.
  mutating func finish() { decoder.finish(to: &sink) }
}

struct ByteArray: ByteSink {
  private(set) var bytes: [UInt8] = []
  mutating func write(byte: UInt8) { bytes.append(byte) }
}

func openModel(
  _ path: String, _ buffer: UnsafeMutableRawBufferPointer
) throws(LabFailure) -> ModelFile {
  do throws(ModelError) {
    return try ModelFile(path: Array(path.utf8CString), buffer: buffer)
  } catch {
    throw LabFailure(error, path: path)
  }
}
