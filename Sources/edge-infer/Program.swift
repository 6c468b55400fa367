import CPlatform
import Inference
import Memory
import Model
import Platform
import Profile

/// What a command asks of the arena beside the engine.
struct ProgramNeeds {
  let logitRowCount: Int
  /// Generated tokens that are kept for the report.
  let generatedCount: Int
  /// Whether text is read or written; ids alone need no tokenizer.
  let usesText: Bool
}

/// All of the arena. Making it on a measuring carver gives the plan.
@safe struct ProgramLayout: ~Copyable {
  let engine: EngineLayout
  let text: TextLayout?
  /// `TokenFile.bufferByteCount` bytes for reading prompts.
  let input: UnsafeMutableRawPointer
  let generated: UnsafeMutablePointer<Int32>
  var blocks: BlockRecords
  var decodes: DurationHistogram

  init(
    carver: inout Carver, model: borrowing ModelFile, settings: Settings, needs: ProgramNeeds
  ) throws(Exit) {
    engine = EngineLayout(
      carver: &carver, shape: model.shape,
      settings: settings.run(logitRowCount: needs.logitRowCount))
    text = needs.usesText ? TextLayout(carver: &carver, model: model) : nil
    unsafe input = carver.takeBytes(.text, count: TokenFile.bufferByteCount)
    unsafe generated = carver.take(.text, Int32.self, count: needs.generatedCount)
    blocks = BlockRecords(carver: &carver)
    decodes = DurationHistogram(carver: &carver)
  }
}
