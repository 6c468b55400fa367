import CPlatform
import Generation
import Inference
import KVCache
import Measurement
import Memory
import Model
import Platform
import Profile

/// The report's parts. Times are in microseconds, sizes in bytes.
enum Report {
  /// As `openReplacement`.
  static func open(
    _ path: UnsafePointer<CChar>, _ console: inout Console
  ) throws(CommandFailure) -> ReplacementFile {
    unsafe try openReplacement(path)
  }

  static func commit(
    _ file: inout ReplacementFile, _ path: UnsafePointer<CChar>, _ console: inout Console
  ) throws(CommandFailure) {
    unsafe try edge_infer.commit(&file, path)
  }

  static func write(
    _ run: AnswerRun, _ preparation: borrowing Preparation, _ program: borrowing Program,
    _ out: inout TextOutput
  ) {
    out.write("{\"profile\": ")
    preparation.settings.profile.writeJSON(to: &out)
    out.write(",\n\"model\": ")
    writeModel(preparation.opened.model, &out)
    out.write(",\n\"plan\": ")
    ReportText.writePlan(preparation.plan, preparation.settings.profile, &out)
    out.write(",\n\"run\": ")
    ReportText.writeRun(preparation.runSettings, &out)
    out.write(",\n\"sampling\": ")
    writeSampling(program.model.generator.sampler.settings, &out)
    out.write(",\n\"blocks\": ")
    ReportText.writeBlocks(program.layout.blocks, &out)
    out.write(",\n\"prefill\": ")
    ReportText.writeRate(
      tokens: program.model.generator.promptTokenCount, nanoseconds: run.prefillNanoseconds, &out)
    out.write("},\n\"loadUs\": ")
    ReportText.writeMicroseconds(program.loadNanoseconds, &out)
    out.write(", \"timeToFirstTokenUs\": ")
    ReportText.writeMicroseconds(run.timeToFirstTokenNanoseconds, &out)
    out.write(",\n\"decode\": ")
    ReportText.writeDecode(program.layout.decodes, &out)
    writeSpeculation(program, &out)
    out.write(",\n\"health\": ")
    HealthReport.writeJSON(program.health, to: &out)
    out.write(",\n\"memory\": ")
    ReportText.writeMemory(preparation.plan, &out)
    out.write(",\n")
    program.lockdown.writeJSON(to: &out)
    program.memoryLock.writeJSON(to: &out)
    ReportText.writeMember(",\n\"weakAnchors\": ", program.model.engine.weakAnchorCount, &out)
    ReportText.writeMember(", \"clamped\": ", program.model.engine.clampedCount, &out)
    ReportText.writeMember(", \"repeatedInFloat32\": ", program.model.engine.repeatedCount, &out)
    out.write(",\n\"output\": ")
    writeOutput(run, program, &out)
    out.write("}\n")
  }

  private static func writeModel(_ model: borrowing ModelFile, _ out: inout TextOutput) {
    out.write("{\"name\": \"")
    for index in 0..<model.name.count { out.write(jsonByte: model.name[index]) }
    out.write("\", \"architecture\": ")
    out.write(jsonString: model.shape.architecture.name)
    ReportText.writeMember(", \"layers\": ", model.shape.layerCount, &out)
    ReportText.writeMember(", \"windowLayers\": ", model.shape.windowLayerCount, &out)
    ReportText.writeMember(", \"stateLayers\": ", model.shape.stateLayerCount, &out)
    ReportText.writeMember(", \"heads\": ", model.shape.attentionLayer.headCount, &out)
    ReportText.writeMember(", \"kvHeads\": ", model.shape.attentionLayer.kvHeadCount, &out)
    ReportText.writeMember(", \"headDim\": ", model.shape.attentionLayer.headDim, &out)
    ReportText.writeMember(", \"vocabulary\": ", model.shape.vocabularyCount, &out)
    out.write("}")
  }

  private static func writeSampling(_ settings: SamplingSettings, _ out: inout TextOutput) {
    out.write("{\"temperature\": ")
    out.write(settings.temperature, decimals: 6)
    ReportText.writeMember(", \"topK\": ", settings.topK, &out)
    out.write(", \"topP\": ")
    out.write(settings.topP, decimals: 6)
    out.write(", \"minP\": ")
    out.write(settings.minP, decimals: 6)
    out.write(", \"repeatPenalty\": ")
    out.write(settings.repeatPenalty, decimals: 6)
    out.write(", \"seed\": ")
    out.write(settings.seed)
    out.write("}")
  }

  private static func writeSpeculation(
    _ program: borrowing Program, _ out: inout TextOutput
  ) {
    if program.model.engine.settings.proposalCountMax == 0 { return }
    let figures = program.model.generator.speculationFigures
    ReportText.writeMember(",\n\"speculation\": {\"steps\": ", figures.stepCount, &out)
    ReportText.writeMember(", \"proposed\": ", figures.proposedCount, &out)
    ReportText.writeMember(", \"accepted\": ", figures.acceptedCount, &out)
    out.write(", \"savedUs\": ")
    out.write(figures.savedNanoseconds / 1e3, decimals: 1)
    out.write("}")
  }

  private static func writeOutput(
    _ run: AnswerRun, _ program: borrowing Program, _ out: inout TextOutput
  ) {
    out.write("{\"tokens\": [")
    for index in 0..<program.model.generator.generatedCount {
      if index > 0 { out.write(", ") }
      out.write(Int(program.model.generator.generated(index)))
    }
    if program.model.generator.keepsLogProbabilities {
      out.write("], \"logprobs\": [")
      for index in 0..<program.model.generator.generatedCount {
        if index > 0 { out.write(", ") }
        out.write(program.model.generator.logProbability(index), decimals: 6)
      }
    }
    out.write("], \"stop\": ")
    out.write(jsonString: run.stop(program).name)
    out.write("}")
  }
}
