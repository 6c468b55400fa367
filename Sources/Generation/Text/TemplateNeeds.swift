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
    addTools()
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

  /// A template that does not know tools is given one beside it that tells of them, if there is room.
  private mutating func addTools() {
    let prefix = ToolPrefix.text
    let count = prefix.utf8CodeUnitCount + byteCount
    if toolByteCount > 0 || byteCount + count > text.count || knowsTools { return }
    for index in 0..<prefix.utf8CodeUnitCount {
      text[byteCount + index] = unsafe prefix.utf8Start[index]
    }
    let start = byteCount + prefix.utf8CodeUnitCount
    for index in 0..<byteCount { text[start + index] = text[index] }
    toolByteCount = count
  }

  private var knowsTools: Bool {
    let word: StaticString = "tools"
    var start = 0
    while start + word.utf8CodeUnitCount <= byteCount {
      var length = 0
      while unsafe length < word.utf8CodeUnitCount
        && text[start + length] == word.utf8Start[length]
      {
        length += 1
      }
      if length == word.utf8CodeUnitCount { return true }
      start += 1
    }
    return false
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
