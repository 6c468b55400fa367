import Inference
import Memory
import Model
import Platform
import Template
import Tokenizer

/// What is asked of a model beside the engine.
public struct ModelNeeds {
  /// Whether text is read or written; ids alone need no tokenizer.
  public var usesText: Bool
  /// Whether the chat template is used.
  public var usesTemplate: Bool
  /// Whether a model with an unknown tokenizer will do.
  public var mayLackText = false
  /// Whether a model without a chat template will do.
  public var mayLackTemplate = false
  /// The name of another pre-tokenizer; nil for the model's own.
  public var preTokenizer: Excerpt?
  /// Of another chat template; nil for the model's own.
  public var templateFile: TemplateFile?
  /// Of the memory that the template has.
  public var templateSizes = TemplateSizes()
  public var generator = GeneratorNeeds()
  /// Tokens that are proposed at most, if model and policy let any be.
  public var proposalCountMax = 0

  public init(usesText: Bool, usesTemplate: Bool) {
    self.usesText = usesText
    self.usesTemplate = usesTemplate
  }
}

/// A model that was opened, and what it needs of the arena. It is laid out twice: on a measuring
/// carver, which gives the plan, and in the arena; then it is loaded.
public struct ModelPreparation: ~Copyable {
  public let model: ModelFile
  public let settings: RunSettings
  public let needs: ModelNeeds
  /// Bytes of the vocabulary's longest token; 0 for a model whose needs use no text.
  public let longestTokenByteCount: Int
  /// Until the model is loaded.
  private var text: TextNeeds?
  private var buffer: HeaderBuffer

  /// Opens the model and counts its vocabulary.
  /// - Parameter path: zero-terminated.
  @export(interface)
  public init(
    path: UnsafePointer<CChar>, _ settings: RunSettings, _ needs: ModelNeeds
  ) throws(TextFailure) {
    var buffer = HeaderBuffer()
    var model = unsafe try Self.open(path, &buffer)
    if let name = needs.preTokenizer { model.setPreTokenizer(name) }
    let usesText = needs.usesText && (!needs.mayLackText || model.tokenizer.isKnown)
    if usesText {
      let text = try buffer.textNeeds(
        of: model, usesTemplate: needs.usesTemplate, mayLackTemplate: needs.mayLackTemplate,
        templateFile: needs.templateFile, templateSizes: needs.templateSizes)
      longestTokenByteCount = text.longestTokenByteCount
      self.text = consume text
    } else {
      longestTokenByteCount = 0
      text = nil
    }
    var settings = settings.holdingExperts(unless: model.packed != nil)
    if needs.proposalCountMax > 0 && settings.undoesSteps(of: model.shape) {
      settings.takeProposals(needs.proposalCountMax)
    }
    self.model = model
    self.settings = settings
    self.needs = needs
    self.buffer = buffer
  }

  private static func open(
    _ path: UnsafePointer<CChar>, _ buffer: inout HeaderBuffer
  ) throws(TextFailure) -> ModelFile {
    do throws(ModelError) {
      return unsafe try buffer.open(path)
    } catch {
      throw .model(error)
    }
  }

  /// The part of the arena that is the model's.
  @export(interface)
  public func layout(carver: inout Carver) -> ModelLayout {
    ModelLayout(carver: &carver, model, settings, needs, text)
  }

  @export(interface)
  mutating func load(
    _ engine: borrowing Engine, _ text: borrowing TextLayout?, into arena: borrowing Arena
  ) throws(TextFailure) {
    try buffer.load(model, engine, text, into: arena)
    model.releaseCachedPages()
    self.text = nil
  }

  /// Writes the model that has been loaded as a packed one.
  /// - Parameter headBudgets: the text of their file; empty without one.
  public mutating func writePacked(
    _ loaded: borrowing LoadedModel, in arena: borrowing Arena,
    headBudgets: UnsafeRawBufferPointer, to out: inout TextOutput
  ) throws(ModelError) {
    try buffer.writePacked(
      model, unsafe loaded.packedContents(of: arena, headBudgets: headBudgets), to: &out)
  }
}
