import Inference
import Kernels
import Memory
import Model
import Platform
import Profile

/// The report's parts. Times are in microseconds, sizes in bytes.
public enum BenchReport {
  /// - Parameter isLockedDown: whether the kernel ends the process for other system calls.
  @export(interface)
  public static func write(
    _ run: BenchRun, _ plan: borrowing BenchPlan, _ machine: borrowing BenchMachine,
    isLockedDown: Bool, _ out: inout TextOutput
  ) {
    out.write("{\"profile\": ")
    plan.settings.profile.writeJSON(to: &out)
    out.write(",\n\"model\": ")
    writeModel(plan.model, &out)
    out.write(",\n\"plan\": ")
    ReportText.writePlan(plan.memory, plan.settings.profile, &out)
    out.write(",\n\"run\": ")
    ReportText.writeRun(plan.runSettings, &out)
    ReportText.writeMember(",\n\"bench\": {\"generate\": ", run.request.generateCount, &out)
    ReportText.writeMember(", \"repeat\": ", run.request.repeatCount, &out)
    out.write(", \"loadUs\": ")
    ReportText.writeMicroseconds(machine.loadNanoseconds, &out)
    out.write("},\n\"limits\": ")
    writeLimits(run.limits, &out)
    out.write(",\n\"results\": [")
    for index in 0..<run.promptCount {
      out.write(index == 0 ? "\n" : ",\n")
      writeResult(index, run, plan, machine, &out)
    }
    out.write("],\n\"health\": ")
    HealthReport.writeJSON(machine.health, to: &out)
    out.write(",\n\"memory\": ")
    ReportText.writeMemory(machine.arena.plan, &out)
    writeEnd(isLockedDown: isLockedDown, isInterrupted: run.isInterrupted, &out)
  }

  /// The last members, and the end of the report.
  static func writeEnd(
    isLockedDown: Bool, isInterrupted: Bool, _ out: inout TextOutput
  ) {
    out.write(",\n")
    out.write(isLockedDown ? "\"lockdown\": true" : "\"lockdown\": false")
    out.write(isInterrupted ? ", \"stop\": \"interrupt\"}\n" : ", \"stop\": \"end\"}\n")
  }

  static func writeModel(_ model: borrowing BenchModel, _ out: inout TextOutput) {
    out.write("{\"name\": \"")
    model.writeName(to: &out)
    out.write(model.published == nil ? "\", \"madeUp\": false" : "\", \"madeUp\": true")
    let shape = model.shape
    ReportText.writeMember(", \"parameters\": ", shape.parameterCount, &out)
    ReportText.writeMember(", \"layers\": ", shape.layerCount, &out)
    ReportText.writeMember(", \"windowLayers\": ", shape.windowLayerCount, &out)
    ReportText.writeMember(", \"stateLayers\": ", shape.stateLayerCount, &out)
    ReportText.writeMember(", \"embeddingLength\": ", shape.embeddingLength, &out)
    ReportText.writeMember(", \"heads\": ", shape.attentionLayer.headCount, &out)
    ReportText.writeMember(", \"kvHeads\": ", shape.attentionLayer.kvHeadCount, &out)
    ReportText.writeMember(", \"headDim\": ", shape.attentionLayer.headDim, &out)
    ReportText.writeMember(
      ", \"feedForwardLength\": ", shape.attentionLayer.feedForwardLength, &out)
    ReportText.writeMember(", \"vocabulary\": ", shape.vocabularyCount, &out)
    out.write("}")
  }

  private static func writeLimits(_ limits: MachineLimits, _ out: inout TextOutput) {
    out.write("{\"multiplyInstruction\": \"")
    unsafe out.write(cString: PeakLoop.instructionName)
    ReportText.writeMember("\", \"macsPerSecond\": ", Int(limits.macsPerSecond), &out)
    ReportText.writeMember(
      ", \"multiplyAddsPerSecond\": ", Int(limits.multiplyAddsPerSecond), &out)
    ReportText.writeMember(", \"readBytesPerSecond\": ", Int(limits.readBytesPerSecond), &out)
    ReportText.writeMember(", \"readBytes\": ", limits.readByteCount, &out)
    out.write("}")
  }

  private static func writeResult(
    _ prompt: Int, _ run: BenchRun, _ plan: borrowing BenchPlan,
    _ machine: borrowing BenchMachine, _ out: inout TextOutput
  ) {
    let result = run[prompt]
    let samples = unsafe machine.layout.samples + prompt * run.request.repeatCount
    ReportText.writeMember("{\"promptTokens\": ", result.promptLength, &out)
    out.write(",\n \"prefill\": ")
    writeSpread(result.prefill, tokens: result.promptLength, &out)
    for index in 0..<result.runCount {
      if index > 0 { out.write(", ") }
      unsafe ReportText.writeMicroseconds(samples[index].prefillNanoseconds, &out)
    }
    out.write("], ")
    ReportText.writeTimes(result.prefillTimes, &out)
    out.write("},\n \"decode\": ")
    writeSpread(result.decode, tokens: run.request.generateCount, &out)
    for index in 0..<result.runCount {
      if index > 0 { out.write(", ") }
      unsafe ReportText.writeMicroseconds(samples[index].decodeNanoseconds, &out)
    }
    out.write("], ")
    ReportText.writeTimes(result.decodeTimes, &out)
    out.write("},\n")
    let figures = BenchFigures(
      result, generateCount: run.request.generateCount, run.limits, machine.engine.shape,
      plan.runSettings, plan.memory)
    writeFigures(figures, &out)
    if run.request.showsWaits { BenchWaits.writeJSON(run, prompt, machine, &out) }
    if run.request.measuresPasses { BenchPassesText.writeJSON(result, &out) }
    writeBlocks(prompt, result.recordCount, machine.layout, &out)
  }

  /// Open at the list of all times.
  private static func writeSpread(_ times: Spread, tokens: Int, _ out: inout TextOutput) {
    ReportText.writeMember("{\"tokens\": ", tokens, &out)
    writeRate(", \"tokensPerSecond\": ", tokens, times.median, &out)
    writeRate(", \"minTokensPerSecond\": ", tokens, times.maximum, &out)
    writeRate(", \"maxTokensPerSecond\": ", tokens, times.minimum, &out)
    out.write(", ")
    ReportText.writeSpread(times, &out)
    ReportText.writeMember(", \"medianRun\": ", times.medianRun, &out)
    out.write(", \"allUs\": [")
  }

  private static func writeRate(
    _ name: StaticString, _ tokens: Int, _ nanoseconds: Int64, _ out: inout TextOutput
  ) {
    out.write(name)
    out.write(rate(tokens, nanoseconds: nanoseconds), decimals: 3)
  }

  private static func writeFigures(_ figures: BenchFigures, _ out: inout TextOutput) {
    ReportText.writeMember(" \"multiply\": {\"macsPerToken\": ", figures.macsPerToken, &out)
    ReportText.writeMember(", \"linearMacsPerSecond\": ", Int(figures.linearMacsPerSecond), &out)
    ReportText.writeMember(", \"macsPerSecond\": ", Int(figures.macsPerSecond), &out)
    writeRatio(", \"linearOfLimit\": ", figures.linearOfPeak, &out)
    writeRatio(", \"ofLimit\": ", figures.ofPeak, &out)
    ReportText.writeMember("},\n \"attention\": {\"macs\": ", figures.attentionMacs, &out)
    ReportText.writeMember(", \"macsPerSecond\": ", Int(figures.attentionMacsPerSecond), &out)
    writeRatio(", \"ofLimit\": ", figures.attentionOfPeak, &out)
    ReportText.writeMember("},\n \"read\": {\"bytesPerToken\": ", figures.bytesPerToken, &out)
    ReportText.writeMember(", \"bytesPerSecond\": ", Int(figures.bytesPerSecond), &out)
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
      unsafe ReportText.writeBlock(layout.medianBlocks[place], &out)
    }
    out.write("]}")
  }
}
