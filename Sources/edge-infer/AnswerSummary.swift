import Generation
import Inference
import KVCache
import Measurement
import Platform

extension AnswerRun {
  /// The latency table, speeds and peak memory.
  func writeSummary(_ program: borrowing Program, _ out: inout TextOutput) {
    LatencyTable.write(program.layout.blocks, to: &out)
    out.write("   prompt ")
    Self.writeRate(program.model.generator.promptTokenCount, prefillNanoseconds, &out)
    if program.model.generator.generatedCount > 0 {
      out.write("; first token after ")
      out.write(Double(timeToFirstTokenNanoseconds) / 1e6, decimals: 1)
      out.write(" ms")
    }
    out.write("\n")
    writeDecode(program, &out)
    Self.writeSpeculation(program, &out)
    HealthReport.writeSummary(program.health, to: &out)
    writeWeakAnchors(program, &out)
    writeClamped(program, &out)
    writeRepeated(program, &out)
    Self.writeMemory(program, &out)
    out.flush()
  }

  /// What was proposed, if anything was.
  static func writeSpeculation(_ program: borrowing Program, _ out: inout TextOutput) {
    let figures = program.model.generator.speculationFigures
    if figures.stepCount == 0 { return }
    out.write("   proposed ")
    out.write(figures.proposedCount)
    out.write(" tokens in ")
    out.write(figures.stepCount)
    out.write(" steps, ")
    out.write(figures.acceptedCount)
    out.write(" right; saved ")
    out.write(figures.savedNanoseconds / 1e9, decimals: 3)
    out.write(" s\n")
  }

  static func writeMemory(_ program: borrowing Program, _ out: inout TextOutput) {
    out.write("   peak resident ")
    out.write(Double(peakResidentByteCount()) / 1_048_576, decimals: 1)
    out.write(" MiB, arena ")
    out.write(Double(program.arenaByteCount) / 1_048_576, decimals: 1)
    out.write(" MiB\n")
  }

  /// KeyDiff ranks by likeness to the mean key, which says little where keys point everywhere.
  private func writeWeakAnchors(_ program: borrowing Program, _ out: inout TextOutput) {
    let count = program.model.engine.weakAnchorCount
    if count == 0 { return }
    out.write("   warning: in ")
    out.write(count)
    out.write(" evictions from a head the mean key said little (mean cosine below ")
    out.write(Double(Eviction.weakAnchorLimit), decimals: 1)
    out.write(")\n")
  }

  private func writeClamped(_ program: borrowing Program, _ out: inout TextOutput) {
    let count = program.model.engine.clampedCount
    if count == 0 { return }
    out.write("   warning: ")
    out.write(count)
    out.write(" elements of keys and values were past Float16's range and became 65504\n")
  }

  private func writeRepeated(_ program: borrowing Program, _ out: inout TextOutput) {
    let count = program.model.engine.repeatedCount
    if count == 0 { return }
    out.write("   note: ")
    out.write(count)
    out.write(" shares of attention were past Float16's range and were done again in Float32\n")
  }

  private func writeDecode(_ program: borrowing Program, _ out: inout TextOutput) {
    if program.layout.decodes.count == 0 {
      if isInterrupted { out.write("   stop: interrupt\n") }
      return
    }
    out.write("   answer ")
    Self.writeRate(program.layout.decodes.count, program.layout.decodes.sumNanoseconds, &out)
    out.write("; p50 ")
    out.write(Double(program.layout.decodes.quantile(0.5)) / 1e6, decimals: 2)
    out.write(" ms, p99 ")
    out.write(Double(program.layout.decodes.quantile(0.99)) / 1e6, decimals: 2)
    out.write(" ms, stop: ")
    out.write(stop(program).name)
    out.write("\n")
  }

  static func writeRate(_ tokens: Int, _ nanoseconds: Int64, _ out: inout TextOutput) {
    let seconds = Double(nanoseconds) / 1e9
    out.write(tokens)
    out.write(" tokens in ")
    out.write(seconds, decimals: 3)
    out.write(" s, ")
    out.write(seconds > 0 ? Double(tokens) / seconds : 0, decimals: 1)
    out.write(" tokens/s")
  }

  /// Why the answer ended.
  func stop(_ program: borrowing Program) -> StopReason {
    isInterrupted ? .interrupt : program.model.generator.stop ?? .length
  }
}
