import Memory
import Model
import Platform
import Template
import Text
import Tokenizer

/// The file of another chat template than the model's own.
@safe public struct TemplateFile {
  let path: UnsafePointer<CChar>

  /// - Parameter path: zero-terminated, and as long there as its uses are.
  public init(_ path: UnsafePointer<CChar>) { unsafe self.path = unsafe path }
}

/// The text of a model's chat templates, known before there is an arena.
public struct TemplateNeeds: ~Copyable {
  static let byteCountMax = 65_536

  /// The template, then the one for conversations with tools.
  private let memory: ScratchMemory
  private var byteCount = 0
  private var toolByteCount = 0
  private let sizes: TemplateSizes

  private init(_ memory: consuming ScratchMemory, _ sizes: TemplateSizes) {
    self.memory = memory
    self.sizes = sizes
  }

  /// - Parameters:
  ///   - file: of another template; nil for the model's own.
  ///   - hasChatML: whether the vocabulary has ChatML's marks, which a model without a template is
  ///     taken to know.
  ///   - tellsOfTools: whether a template that does not know tools is given a text that tells of them.
  @export(interface)
  public static func make(
    _ model: borrowing ModelFile, file: TemplateFile?, hasChatML: Bool, tellsOfTools: Bool = true,
    sizes: TemplateSizes = TemplateSizes()
  ) throws(TextFailure) -> TemplateNeeds {
    var needs = TemplateNeeds(try memory(), sizes)
    try needs.read(model, file, hasChatML)
    if tellsOfTools { needs.addTools() }
    var carver = Carver.measuring
    do throws(TemplateError) {
      _ = try needs.engine(carver: &carver)
    } catch {
      throw .template(error)
    }
    return needs
  }

  private static func memory() throws(TextFailure) -> ScratchMemory {
    do throws(SystemFailure) {
      return try ScratchMemory(byteCount: byteCountMax)
    } catch {
      throw .memory(error)
    }
  }

  private mutating func read(
    _ model: borrowing ModelFile, _ file: TemplateFile?, _ hasChatML: Bool
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
  }

  /// The engine, in the arena.
  @export(interface)
  public func engine(carver: inout Carver) throws(TemplateError) -> TemplateEngine {
    let text = memory.span
    return try TemplateEngine.make(
      carver: &carver, source: text.extracting(0..<byteCount),
      toolSource: text.extracting(byteCount..<byteCount + toolByteCount), sizes: sizes)
  }

  /// A template that does not know tools is given one beside it that tells of them, if there is room.
  private mutating func addTools() {
    let prefix = ToolPrefix.text
    let count = prefix.utf8CodeUnitCount + byteCount
    if toolByteCount > 0 || byteCount + count > Self.byteCountMax || knowsTools { return }
    write(prefix, at: byteCount)
    let text = unsafe memory.bytes
    let start = byteCount + prefix.utf8CodeUnitCount
    for index in 0..<byteCount { unsafe text[start + index] = unsafe text[index] }
    toolByteCount = count
  }

  private var knowsTools: Bool { hasText(memory.span.extracting(0..<byteCount), "tools") }

  private static var chatML: StaticString {
    """
    {% for message in messages %}{{ '<|im_start|>' + message.role + '\\n' + message.content + \
    '<|im_end|>\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}\
    {% endif %}
    """
  }

  private mutating func append(_ text: StaticString) {
    byteCount = text.utf8CodeUnitCount
    write(text, at: 0)
  }

  private func write(_ text: StaticString, at start: Int) {
    let target = unsafe memory.bytes
    for index in 0..<text.utf8CodeUnitCount {
      unsafe target[start + index] = unsafe text.utf8Start[index]
    }
  }

  /// - Returns: its count of bytes.
  private func read(
    _ range: FileRange, of model: borrowing ModelFile
  ) throws(TextFailure) -> Int {
    let start = byteCount
    if start + range.byteCount > Self.byteCountMax { throw .templateTooLong }
    do throws(ModelError) {
      unsafe try model.read(
        range,
        into: UnsafeMutableRawBufferPointer(
          rebasing: memory.bytes[start..<start + range.byteCount]))
    } catch {
      throw .model(error)
    }
    return range.byteCount
  }

  private mutating func read(_ path: UnsafePointer<CChar>) throws(TextFailure) {
    do throws(SystemFailure) {
      let stream = unsafe try InputStream(path: path)
      while byteCount < Self.byteCountMax {
        let count = unsafe try stream.read(
          into: UnsafeMutableRawBufferPointer(rebasing: memory.bytes[byteCount...]))
        if count == 0 { return }
        byteCount += count
      }
    } catch {
      throw .templateFile(error)
    }
    throw .templateTooLong
  }
}
