import Memory
import Model
import Platform
import Template
import Tokenizer

/// The file of another chat template than the model's own.
@safe public struct TemplateFile {
  let path: UnsafePointer<CChar>

  /// - Parameter path: zero-terminated, and as long there as its uses are.
  public init(_ path: UnsafePointer<CChar>) { unsafe self.path = unsafe path }
}

/// The text of a model's chat templates, known before there is an arena.
public struct TemplateNeeds {
  /// The template, then the one for conversations with tools.
  private var text = InlineArray<65_536, UInt8>(repeating: 0)
  private var byteCount = 0
  private var toolByteCount = 0

  /// - Parameters:
  ///   - file: of another template; nil for the model's own.
  ///   - hasChatML: whether the vocabulary has ChatML's marks, which a model without a template is
  ///     taken to know.
  @export(interface)
  public init(
    _ model: borrowing ModelFile, file: TemplateFile?, hasChatML: Bool
  ) throws(TextFailure) {
    if let file {
      unsafe try read(file.path)
    } else if let own = model.tokenizer.chatTemplate {
      byteCount = try read(own, of: model)
      if let tools = model.tokenizer.toolTemplate { toolByteCount = try read(tools, of: model) }
    } else if hasChatML {
      append(Self.chatML)
    } else {
      throw .noTemplate
    }
    var carver = Carver.measuring
    do throws(TemplateError) {
      _ = try engine(carver: &carver)
    } catch {
      throw .template(error)
    }
  }

  /// The engine, in the arena.
  @export(interface)
  public func engine(carver: inout Carver) throws(TemplateError) -> TemplateEngine {
    try TemplateEngine.make(
      carver: &carver, source: text.span.extracting(0..<byteCount),
      toolSource: text.span.extracting(byteCount..<byteCount + toolByteCount))
  }

  /// The template, if it is recognized.
  func known(carver: inout Carver) -> ChatTemplate? {
    try? ChatTemplate(carver: &carver, jinja: text.span.extracting(0..<byteCount))
  }

  private static var chatML: StaticString {
    """
    {% for message in messages %}{{ '<|im_start|>' + message.role + '\\n' + message.content + \
    '<|im_end|>\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}\
    {% endif %}
    """
  }

  private mutating func append(_ text: StaticString) {
    byteCount = text.utf8CodeUnitCount
    for index in 0..<byteCount { self.text[index] = unsafe text.utf8Start[index] }
  }

  /// - Returns: its count of bytes.
  private mutating func read(
    _ range: FileRange, of model: borrowing ModelFile
  ) throws(TextFailure) -> Int {
    let start = byteCount
    if start + range.byteCount > text.count { throw .templateTooLong }
    do throws(ModelError) {
      unsafe try withUnsafeMutableBytes(of: &text) { (bytes) throws(ModelError) in
        let target = unsafe UnsafeMutableRawBufferPointer(
          rebasing: bytes[start..<start + range.byteCount])
        unsafe try model.read(range, into: target)
      }
    } catch {
      throw .model(error)
    }
    return range.byteCount
  }

  private mutating func read(_ path: UnsafePointer<CChar>) throws(TextFailure) {
    do throws(SystemFailure) {
      let stream = unsafe try InputStream(path: path)
      while byteCount < text.count {
        let start = byteCount
        let count = unsafe try withUnsafeMutableBytes(of: &text) {
          (bytes) throws(SystemFailure) in
          unsafe try stream.read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[start...]))
        }
        if count == 0 { return }
        byteCount += count
      }
    } catch {
      throw .templateFile(error)
    }
    throw .templateTooLong
  }
}
