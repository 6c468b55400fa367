import Generation
import Service

/// What a command asks of the arena beside the engine.
struct ProgramNeeds {
  let logitRowCount: Int
  /// Generated tokens that are kept for the report.
  let generatedCount: Int
  /// Whether text is read or written; ids alone need no tokenizer.
  let usesText: Bool
  let usesTemplate: Bool
  /// Whether a model with an unknown tokenizer will do.
  var mayLackText = false
  /// Whether a model without a chat template will do.
  var mayLackTemplate = false
  /// How tokens are chosen; nil where none are.
  var sampling: SamplingSettings?
  /// Whether the log-probabilities of generated tokens are kept too.
  var keepsLogProbabilities = false
  /// Whether tokens may be proposed, if the profile says so.
  var proposes = false
  /// Bytes for a schema or grammar of answers; 0: they are not bound.
  var grammarByteCount = 0
  /// Whether messages are read from standard input.
  var usesChat = false
  /// Of another chat template; nil for the model's own.
  var templateFile: TemplateFile?
  /// Nil where no requests are served.
  var service: ServiceSettings?

  var model: ModelNeeds {
    var needs = ModelNeeds(usesText: usesText, usesTemplate: usesTemplate)
    (needs.mayLackText, needs.mayLackTemplate) = (mayLackText, mayLackTemplate)
    needs.generator.keptTokenCount = generatedCount
    needs.generator.keepsLogProbabilities = keepsLogProbabilities
    needs.generator.grammarByteCount = grammarByteCount
    needs.templateFile = templateFile
    if let sampling { needs.generator.sampling = sampling }
    return needs
  }
}
