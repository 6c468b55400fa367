import Inference
import Kernels
import Measurement
import Memory
import Model
import Platform
import Profile

/// The report's parts. Times are in microseconds, sizes in bytes.
enum BenchReport {
  static func write(
    _ run: BenchRun, _ preparation: borrowing BenchPreparation, _ program: borrowing BenchProgram,
    _ out: inout TextOutput
  ) {
    out.write("{\"profile\": ")
    preparation.settings.profile.writeJSON(to: &out)
    out.write(",\n\"model\": ")
    writeModel(preparation.model, &out)
    out.write(",\n\"plan\": ")
    Report.writePlan(preparation.plan, preparation.settings.profile, &out)
    out.write(",\n\"run\": ")
    Report.writeRun(preparation.runSettings, &out)
    Report.writeMember(",\n\"bench\": {\"generate\": ", run.request.generateCount, &out)
    Report.writeMember(", \"repeat\": ", run.request.repeatCount, &out)
    out.write(", \"loadUs\": ")
    Report.writeMicroseconds(program.loadNanoseconds, &out)
    out.write("},\n\"limits\": ")
    writeLimits(run.limits, &out)
    out.write(",\n\"results\": [")
    for index in 0..<run.promptCount {
      out.write(index == 0 ? "\n" : ",\n")
      writeResult(index, run, preparation, program, &out)
    }
    out.write("],\n\"health\": ")
    HealthReport.writeJSON(program.health, to: &out)
    out.write(",\n\"memory\": ")
    Report.writeMemory(program.arena.plan, &out)
    writeEnd(program.lockdown, isInterrupted: run.isInterrupted, &out)
  }

  /// The last members, and the end of the report.
  static func writeEnd(
    _ lockdown: Lockdown, isInterrupted: Bool, _ out: inout TextOutput
  ) {
    out.write(",\n")
    lockdown.writeJSON(to: &out)
    out.write(isInterrupted ? ", \"stop\": \"interrupt\"}\n" : ", \"stop\": \"end\"}\n")
  }

  static func writeModel(_ model: borrowing BenchModel, _ out: inout TextOutput) {
    out.write("{\"name\": \"")
    model.writeName(to: &out)
    out.write(model.published == nil ? "\", \"madeUp\": false" : "\", \"madeUp\": true")
    let shape = model.shape
    Report.writeMember(", \"parameters\": ", shape.parameterCount, &out)
    Report.writeMember(", \"layers\": ", shape.layerCount, &out)
    Report.writeMember(", \"embeddingLength\": ", shape.embeddingLength, &out)
    Report.writeMember(", \"heads\": ", shape.headCount, &out)
    Report.writeMember(", \"kvHeads\": ", shape.kvHeadCount, &out)
    Report.writeMember(", \"headDim\": ", shape.headDim, &out)
    Report.writeMember(", \"feedForwardLength\": ", shape.feedForwardLength, &out)
    Report.writeMember(", \"vocabulary\": ", shape.vocabularyCount, &out)
    out.write("}")
  }

  private static func writeLimits(_ limits: MachineLimits, _ out: inout TextOutput) {
    out.write("{\"multiplyInstruction\": \"")
    unsafe out.write(cString: PeakLoop.instructionName)
    Report.writeMember("\", \"macsPerSecond\": ", Int(limits.macsPerSecond), &out)
    Report.writeMember(", \"readBytesPerSecond\": ", Int(limits.readBytesPerSecond), &out)
    Report.writeMember(", \"readBytes\": ", limits.readByteCount, &out)
    out.write("}")
  }

  private static func writeResult(
    _ prompt: Int, _ run: BenchRun, _ preparation: borrowing BenchPreparation,
    _ program: borrowing BenchProgram, _ out: inout TextOutput
  ) {
    let result = run[prompt]
    let samples = unsafe program.layout.samples + prompt * run.request.repeatCount
    Report.writeMember("{\"promptTokens\": ", result.promptLength, &out)
    out.write(",\n \"prefill\": ")
    writeSpread(result.prefill, tokens: result.promptLength, &out)
    for index in 0..<result.runCount {
      if index > 0 { out.write(", ") }
      unsafe Report.writeMicroseconds(samples[index].prefillNanoseconds, &out)
    }
    out.write("], ")
    Report.writeTimes(result.prefillTimes, &out)
    out.write("},\n \"decode\": ")
    writeSpread(result.decode, tokens: run.request.generateCount, &out)
    for index in 0..<result.runCount {
      if index > 0 { out.write(", ") }
      unsafe Report.writeMicroseconds(samples[index].decodeNanoseconds, &out)
    }
    out.write("], ")
    Report.writeTimes(result.decodeTimes, &out)
    out.write("},\n")
    let figures = BenchFigures(
      result, generateCount: run.request.generateCount, run.limits, program.engine.shape,
      preparation.plan)
    writeFigures(figures, &out)
    writeBlocks(prompt, result.recordCount, program.layout, &out)
  }

  /// Open at the list of all times.
  private static func writeSpread(_ times: Spread, tokens: Int, _ out: inout TextOutput) {
    Report.writeMember("{\"tokens\": ", tokens, &out)
    writeRate(", \"tokensPerSecond\": ", tokens, times.median, &out)
    writeRate(", \"minTokensPerSecond\": ", tokens, times.maximum, &out)
    writeRate(", \"maxTokensPerSecond\": ", tokens, times.minimum, &out)
    out.write(", ")
    Report.writeSpread(times, &out)
    Report.writeMember(", \"medianRun\": ", times.medianRun, &out)
    out.write(", \"allUs\": [")
  }

  private static func writeRate(
    _ name: StaticString, _ tokens: Int, _ nanoseconds: Int64, _ out: inout TextOutput
  ) {
    out.write(name)
    out.write(BenchFigures.rate(tokens, nanoseconds), decimals: 3)
  }

  private static func writeFigures(_ figures: BenchFigures, _ out: inout TextOutput) {
    Report.writeMember(" \"multiply\": {\"macsPerToken\": ", figures.macsPerToken, &out)
    Report.writeMember(", \"linearMacsPerSecond\": ", Int(figures.linearMacsPerSecond), &out)
    Report.writeMember(", \"macsPerSecond\": ", Int(figures.macsPerSecond), &out)
    writeRatio(", \"linearOfLimit\": ", figures.linearOfPeak, &out)
    writeRatio(", \"ofLimit\": ", figures.ofPeak, &out)
    Report.writeMember("},\n \"read\": {\"bytesPerToken\": ", figures.bytesPerToken, &out)
    Report.writeMember(", \"bytesPerSecond\": ", Int(figures.bytesPerSecond), &out)
    writeRatio(", \"ofLimit\": ", figures.ofReading, &out)
    out.write("},\n")
  }

  private static func writeRatio(
    _ name: StaticString, _ value: Double, _ out: inout TextOutput
  ) {
    out.write(name)
    out.write(value, decimals: 4)
  }

  /// The blocks of the run of median prefill time.
  private static func writeBlocks(
    _ prompt: Int, _ count: Int, _ layout: borrowing BenchLayout, _ out: inout TextOutput
  ) {
    out.write(" \"blocks\": [")
    for index in 0..<count {
      out.write(index == 0 ? "\n  " : ",\n  ")
      let place = prompt * layout.recordsPerRun + index
      unsafe Report.writeBlock(layout.medianBlocks[place], &out)
    }
    out.write("]}")
  }
}
