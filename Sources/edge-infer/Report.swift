import CPlatform
import Inference
import KVCache
import Measurement
import Memory
import Model
import Platform
import Profile

/// The report's parts. Times are in microseconds, sizes in bytes.
enum Report {
  /// A file that is not there before `commit`.
  static func open(
    _ path: UnsafePointer<CChar>, _ console: inout Console
  ) throws(Exit) -> ReplacementFile {
    do throws(SystemFailure) {
      return unsafe try ReplacementFile(path: path)
    } catch {
      throw unsafe console.fail(error, path: path)
    }
  }

  static func commit(
    _ file: inout ReplacementFile, _ path: UnsafePointer<CChar>, _ console: inout Console
  ) throws(Exit) {
    do throws(SystemFailure) {
      try file.commit()
    } catch {
      throw unsafe console.fail(error, path: path)
    }
  }

  static func write(
    _ run: Generation, _ preparation: borrowing Preparation, _ program: borrowing Program,
    _ out: inout TextOutput
  ) {
    out.write("{\"profile\": ")
    preparation.settings.profile.writeJSON(to: &out)
    out.write(",\n\"model\": ")
    writeModel(preparation.model, &out)
    out.write(",\n\"plan\": ")
    writePlan(preparation.plan, preparation.settings.profile, &out)
    out.write(",\n\"run\": ")
    writeRun(preparation.runSettings, &out)
    out.write(",\n\"sampling\": ")
    writeSampling(program.layout.sampler.settings, &out)
    out.write(",\n\"blocks\": ")
    writeBlocks(program.layout.blocks, &out)
    out.write(",\n\"prefill\": ")
    writeRate(tokens: run.promptTokenCount, nanoseconds: run.prefillNanoseconds, &out)
    out.write("},\n\"loadUs\": ")
    writeMicroseconds(program.loadNanoseconds, &out)
    out.write(", \"timeToFirstTokenUs\": ")
    writeMicroseconds(run.timeToFirstTokenNanoseconds, &out)
    out.write(",\n\"decode\": ")
    writeDecode(program.layout.decodes, &out)
    out.write(",\n\"health\": ")
    HealthReport.writeJSON(program.health, to: &out)
    out.write(",\n\"memory\": ")
    writeMemory(preparation.plan, &out)
    out.write(",\n")
    program.lockdown.writeJSON(to: &out)
    program.memoryLock.writeJSON(to: &out)
    writeMember(",\n\"weakAnchors\": ", program.engine.weakAnchorCount, &out)
    writeMember(", \"clamped\": ", program.engine.clampedCount, &out)
    writeMember(", \"repeatedInFloat32\": ", program.engine.repeatedCount, &out)
    out.write(",\n\"output\": ")
    writeOutput(run, preparation, program, &out)
    out.write("}\n")
  }

  private static func writeModel(_ model: borrowing ModelFile, _ out: inout TextOutput) {
    out.write("{\"name\": \"")
    for index in 0..<model.name.count { out.write(jsonByte: model.name[index]) }
    out.write("\", \"architecture\": ")
    out.write(jsonString: model.shape.architecture.name)
    writeMember(", \"layers\": ", model.shape.layerCount, &out)
    writeMember(", \"heads\": ", model.shape.headCount, &out)
    writeMember(", \"kvHeads\": ", model.shape.kvHeadCount, &out)
    writeMember(", \"headDim\": ", model.shape.headDim, &out)
    writeMember(", \"vocabulary\": ", model.shape.vocabularyCount, &out)
    out.write("}")
  }

  static func writeRun(_ settings: RunSettings, _ out: inout TextOutput) {
    out.write("{\"policy\": ")
    out.write(jsonString: settings.policy.name)
    writeMember(", \"blockSize\": ", settings.blockSize, &out)
    writeMember(", \"cacheBudget\": ", settings.cacheBudget, &out)
    writeMember(", \"threads\": ", settings.threadCount, &out)
    writeMember(", \"sinks\": ", settings.retained.sinkCount, &out)
    writeMember(", \"recent\": ", settings.retained.recentCount, &out)
    out.write(", \"build\": ")
    out.write(jsonString: Processor.buildName)
    out.write("}")
  }

  private static func writeSampling(_ settings: SamplingSettings, _ out: inout TextOutput) {
    out.write("{\"temperature\": ")
    out.write(settings.temperature, decimals: 6)
    writeMember(", \"topK\": ", settings.topK, &out)
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

  /// One object a record; `blocks` says how many consecutive blocks it covers.
  private static func writeBlocks(_ records: borrowing BlockRecords, _ out: inout TextOutput) {
    out.write("[")
    for index in 0..<records.count {
      out.write(index == 0 ? "\n  " : ",\n  ")
      writeBlock(records[index], &out)
    }
    out.write("]")
  }

  static func writeBlock(_ record: LatencyRecord, _ out: inout TextOutput) {
    writeMember("{\"index\": ", record.index, &out)
    writeMember(", \"blocks\": ", record.blockCount, &out)
    writeMember(", \"tokens\": ", record.tokenCount, &out)
    writeMember(", \"slotsBefore\": ", record.slotsBefore, &out)
    out.write(", ")
    writeTimes(record.times, &out)
    writeHealth(record.health, &out)
    out.write("}")
  }

  /// Members for what the sensors said.
  private static func writeHealth(_ health: BlockHealth, _ out: inout TextOutput) {
    if let millidegrees = health.millidegrees {
      HealthReport.writeThousandths(", \"temperatureC\": ", millidegrees, &out)
    }
    if let kilohertz = health.kilohertz {
      writeMember(", \"frequencyMHz\": ", HealthReport.rounded(kilohertz), &out)
    }
    if let count = health.throttledBlockCount {
      out.write(count > 0 ? ", \"throttled\": true" : ", \"throttled\": false")
    }
    if let microjoules = health.microjoules {
      out.write(", \"joules\": ")
      out.write(Double(microjoules) / 1e6, decimals: 6)
    }
  }

  /// The members of an object.
  static func writeTimes(_ times: BlockTimes, _ out: inout TextOutput) {
    writePart("\"totalUs\": ", times.total, &out)
    writePart(", \"linearUs\": ", times.linear, &out)
    writePart(", \"attentionUs\": ", times.attention, &out)
    writePart(", \"scoreUs\": ", times.score, &out)
    writePart(", \"evictUs\": ", times.evict, &out)
    writePart(", \"otherUs\": ", times.other, &out)
  }

  /// Without the closing brace, so that more can follow.
  private static func writeRate(tokens: Int, nanoseconds: Int64, _ out: inout TextOutput) {
    let seconds = Double(nanoseconds) / 1e9
    writeMember("{\"tokens\": ", tokens, &out)
    out.write(", \"seconds\": ")
    out.write(seconds, decimals: 6)
    out.write(", \"tokensPerSecond\": ")
    out.write(seconds > 0 ? Double(tokens) / seconds : 0, decimals: 2)
  }

  private static func writeDecode(
    _ durations: borrowing DurationHistogram, _ out: inout TextOutput
  ) {
    writeRate(tokens: durations.count, nanoseconds: durations.sumNanoseconds, &out)
    writePart(", \"p50Us\": ", durations.quantile(0.5), &out)
    writePart(", \"p99Us\": ", durations.quantile(0.99), &out)
    writePart(", \"maxUs\": ", durations.maximumNanoseconds, &out)
    out.write("}")
  }

  private static func writeOutput(
    _ run: Generation, _ preparation: borrowing Preparation, _ program: borrowing Program,
    _ out: inout TextOutput
  ) {
    out.write("{\"tokens\": [")
    for index in 0..<run.generatedCount {
      if index > 0 { out.write(", ") }
      unsafe out.write(Int(program.layout.generated[index]))
    }
    if preparation.needs.keepsLogProbabilities {
      out.write("], \"logprobs\": [")
      for index in 0..<run.generatedCount {
        if index > 0 { out.write(", ") }
        unsafe out.write(program.layout.logProbabilities[index], decimals: 6)
      }
    }
    out.write("], \"stop\": ")
    out.write(jsonString: run.stop.name)
    out.write("}")
  }

  static func writePlan(
    _ plan: MemoryPlan, _ profile: DeviceProfile, _ out: inout TextOutput
  ) {
    out.write("{")
    PlanTable.writeJSON(plan, capByteCount: profile.ramCapByteCount, to: &out)
    out.write("}")
  }

  static func writeMemory(_ plan: MemoryPlan, _ out: inout TextOutput) {
    out.write("{\"peakResidentBytes\": ")
    out.write(peakResidentByteCount())
    writeMember(", \"arenaBytes\": ", plan.totalByteCount, &out)
    writeMember(", \"programBytes\": ", PlanTable.programByteCount, &out)
    out.write("}")
  }

  /// The members of an object.
  static func writeSpread(_ times: Spread, _ out: inout TextOutput) {
    writePart("\"medianUs\": ", times.median, &out)
    writePart(", \"minUs\": ", times.minimum, &out)
    writePart(", \"maxUs\": ", times.maximum, &out)
  }

  static func writeMember(_ name: StaticString, _ value: Int, _ out: inout TextOutput) {
    out.write(name)
    out.write(value)
  }

  private static func writePart(
    _ name: StaticString, _ nanoseconds: Int64, _ out: inout TextOutput
  ) {
    out.write(name)
    writeMicroseconds(nanoseconds, &out)
  }

  static func writeMicroseconds(_ nanoseconds: Int64, _ out: inout TextOutput) {
    out.write(Double(nanoseconds) / 1000, decimals: 1)
  }
}
