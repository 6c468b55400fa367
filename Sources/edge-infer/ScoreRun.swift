import Generation
import Inference
import Measurement
import Platform

/// Drives a generator through a text whose likelihood is taken, and says what came of it.
struct ScoreRun {
  private let isQuiet: Bool
  private let isLocked: Bool
  var writesLogits = true
  private(set) var likelihood: TextLikelihood
  /// Whether the text was not read to its end.
  private(set) var isInterrupted = false

  init(skippedCount: Int, isQuiet: Bool, isLocked: Bool) {
    likelihood = TextLikelihood(skippedCount: skippedCount)
    self.isQuiet = isQuiet
    self.isLocked = isLocked
  }

  mutating func read<Source: PromptSource & ~Copyable>(
    _ program: inout Program, _ source: inout Source, _ subject: FailureSubject,
    logits: inout TextOutput, _ console: inout Console
  ) throws(CommandFailure) where Source.Failure: PromptFailure {
    var progress = Progress(isQuiet: isQuiet, console)
    program.health.begin(.prefill)
    program.model.generator.begin(AnswerRequest(maxTokens: 0))
    program.health.coolDown(isQuiet: isQuiet, &console)
    isInterrupted = Interrupt.isRaised
    while !isInterrupted && !program.model.generator.isPromptWhole {
      do throws(GenerationFailure<Source.Failure>) {
        try readBlock(&program, &source, logits: &logits)
      } catch {
        if case .source = error, Interrupt.isRaised {
          isInterrupted = true
          break
        }
        progress.finish(&console.error)
        throw CommandFailure(error, subject, ifEmpty: "the text is empty")
      }
      progress.update(
        tokens: likelihood.tokenCount, fraction: source.fraction, &console.error)
      if program.model.generator.isPromptWhole { continue }
      program.health.coolDown(isQuiet: isQuiet, &console)
      isInterrupted = Interrupt.isRaised
    }
    progress.finish(&console.error)
    program.health.end()
  }

  private mutating func readBlock<Source: TokenSource & ~Copyable>(
    _ program: inout Program, _ source: inout Source, logits: inout TextOutput
  ) throws(GenerationFailure<Source.Failure>) {
    var noText = NoText()
    let step = try program.model.generator.step(&program.model.engine, from: &source, to: &noText)
    guard case .block(let record) = step else { preconditionFailure("a text that waits") }
    do throws(NumberFault) {
      try likelihood.addBlock(
        program.model.engine, tokenCount: record.tokenCount,
        following: program.model.generator.followingToken, logits: &logits,
        writesLogits: writesLogits)
    } catch {
      throw .pass(.numbers(error))
    }
    _ = program.health.endBlock(tokenCount: record.tokenCount)
  }

  func writeLine(to out: inout TextOutput) {
    out.write("tokens ")
    out.write(likelihood.tokenCount)
    out.write(" nll ")
    out.write(likelihood.mean, decimals: 5)
    out.write(" ppl ")
    out.write(likelihood.perplexity, decimals: 4)
    out.write("\n")
  }

  func writeJSON(_ health: borrowing HealthMonitor, to out: inout TextOutput) {
    out.write("{\"tokens\": ")
    out.write(likelihood.tokenCount)
    out.write(", \"scored\": ")
    out.write(likelihood.scoredCount)
    out.write(", \"nll\": ")
    out.write(likelihood.mean, decimals: 6)
    out.write(", \"ppl\": ")
    out.write(likelihood.perplexity, decimals: 6)
    out.write(", \"health\": ")
    HealthReport.writeJSON(health, to: &out)
    out.write(isLocked ? ", \"lockdown\": true" : ", \"lockdown\": false")
    out.write(isInterrupted ? ", \"stop\": \"interrupt\"}\n" : ", \"stop\": \"end\"}\n")
  }
}
