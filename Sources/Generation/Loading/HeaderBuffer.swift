import Inference
import Memory
import Model
import Platform
import Template

/// The fixed buffer through which a model's header is read, of `GGUF.bufferByteCountMin` bytes: it lies on
/// the stack.
public struct HeaderBuffer {
  private var bytes = InlineArray<16_384, UInt8>(repeating: 0)

  public init() {}

  /// - Parameters:
  ///   - path: zero-terminated.
  ///   - needsWeights: false if only the vocabulary is used.
  @export(interface)
  public mutating func open(
    _ path: UnsafePointer<CChar>, needsWeights: Bool = true
  ) throws(ModelError) -> ModelFile {
    unsafe try withBytes { (bytes) throws(ModelError) in
      unsafe try ModelFile(path: path, buffer: bytes, needsWeights: needsWeights)
    }
  }

  public mutating func visitTensors<Visitor: TensorVisitor>(
    of model: borrowing ModelFile, _ visitor: inout Visitor
  ) throws(ModelError) {
    unsafe try withBytes { (bytes) throws(ModelError) in
      unsafe try model.forEachTensor(buffer: bytes, &visitor)
    }
  }

  /// - Parameters:
  ///   - usesTemplate: whether the chat template is wanted.
  ///   - mayLackTemplate: whether its absence is no error.
  ///   - templateFile: of another one.
  ///   - templateSizes: of the memory that the template has.
  @export(interface)
  public mutating func textNeeds(
    of model: borrowing ModelFile, usesTemplate: Bool, mayLackTemplate: Bool = false,
    templateFile: TemplateFile? = nil, templateSizes: TemplateSizes = TemplateSizes()
  ) throws(TextFailure) -> TextNeeds {
    unsafe try withBytes { (bytes) throws(TextFailure) in
      unsafe try TextNeeds(
        model, buffer: bytes, usesTemplate: usesTemplate, mayLackTemplate: mayLackTemplate,
        templateFile: templateFile, templateSizes: templateSizes)
    }
  }

  /// Reads the weights, and the vocabulary meanwhile.
  @export(interface)
  public mutating func load(
    _ model: borrowing ModelFile, _ engine: borrowing Engine, _ text: borrowing TextLayout?,
    into arena: borrowing Arena
  ) throws(TextFailure) {
    unsafe try withBytes { (bytes) throws(TextFailure) in
      switch text {
      case .some(let text):
        unsafe try TextLoading.run(text, model, engine, into: arena, buffer: bytes)
      case .none:
        do throws(ModelError) {
          unsafe try engine.load(model, into: arena, buffer: bytes)
        } catch {
          throw .model(error)
        }
      }
    }
  }

  /// Reads the vocabulary alone.
  @export(interface)
  public mutating func load(
    _ text: borrowing TextLayout, of model: borrowing ModelFile, into arena: borrowing Arena
  ) throws(TextFailure) {
    unsafe try withBytes { (bytes) throws(TextFailure) in
      unsafe try text.load(model, tables: arena.bytes(of: .tokenizer), buffer: bytes)
    }
  }

  /// Writes a model that has been loaded as a packed one.
  @export(interface)
  public mutating func writePacked(
    _ model: borrowing ModelFile, _ contents: PackedContents, to out: inout TextOutput
  ) throws(ModelError) {
    unsafe try withBytes { (bytes) throws(ModelError) in
      unsafe try model.writePacked(contents, to: &out, buffer: bytes)
    }
  }

  private mutating func withBytes<Result: ~Copyable, Failure: Error>(
    _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    var span = bytes.mutableSpan
    return unsafe try span.withUnsafeMutableBytes { (bytes) throws(Failure) in
      unsafe try body(bytes)
    }
  }
}
