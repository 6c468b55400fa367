import Inference
import Memory
import Model
import Tokenizer

/// A model's part of the arena.
public struct ModelLayout: ~Copyable {
  let engine: EngineLayout
  var text: TextLayout?
  var generator: Generator

  init(
    carver: inout Carver, _ model: borrowing ModelFile, _ settings: RunSettings,
    _ needs: ModelNeeds, _ text: borrowing TextNeeds?
  ) {
    engine = EngineLayout(carver: &carver, shape: model.shape, settings: settings)
    var generatorNeeds = needs.generator
    generatorNeeds.proposes = settings.proposalCountMax > 0
    switch text {
    case .some(let text):
      self.text = TextLayout(carver: &carver, text)
      generatorNeeds.scheme = text.scheme
    case .none: self.text = nil
    }
    generator = unsafe Generator(
      carver: &carver, generatorNeeds, AnswerEnds(model.tokenizer),
      vocabularyCount: model.shape.vocabularyCount, Self.vocabulary(self.text))
  }

  static func vocabulary(_ text: borrowing TextLayout?) -> UnsafeMutablePointer<Vocabulary>? {
    switch text {
    case .some(let text): unsafe text.vocabulary
    case .none: nil
    }
  }
}
