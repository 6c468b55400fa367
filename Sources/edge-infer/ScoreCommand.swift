import CPlatform
import Inference
import Kernels
import Measurement
import Memory
import Model
import Platform
import Profile
import Tokenizer

/// `score`: the likelihood of a text under the cache policy.
func scoreCommand(_ arguments: Arguments, _ console: inout Console) throws(Exit) {
  let settings = try Settings(arguments, &console)
  let health = try HealthMonitor(arguments, settings.profile, &console)
  let needs = ProgramNeeds(
    logitRowCount: min(settings.profile.blockSize, Scorer.logitRowCountMax), generatedCount: 0,
    usesText: unsafe arguments.tokens == nil, usesTemplate: false)
  var preparation = try Preparation(arguments, settings, needs, &console)
  var program = try Program(&preparation, &console)
  program.health = health
  Interrupt.listen()
  var files = try ScoreFiles(arguments, program, &console)
  program.lockdown = Lockdown.begin(arguments, files.lockdownNeeds)
  if !arguments.isQuiet {
    program.memoryLock.write(to: &console.error)
    program.lockdown.write(to: &console.error)
  }
  var scorer = Scorer(
    skip: arguments.skip ?? 0, isQuiet: arguments.isQuiet, isLocked: program.lockdown.isInstalled)
  try files.score(arguments, &program, &scorer, &console)
  if scorer.tokenCount > 0 {
    var output = TextOutput.standardOutput
    scorer.writeLine(to: &output)
    try finish(&output, &console)
  }
  if !arguments.isQuiet {
    HealthReport.writeSummary(program.health, to: &console.error)
    console.error.flush()
  }
  try files.writeJSON(scorer, program.health, arguments, &console)
  if scorer.isInterrupted { throw .byInterrupt }
}

/// Sums -log p over a text's tokens.
struct Scorer {
  /// Rows of logits that are made at a time: each batch reads the whole output head.
  static let logitRowCountMax = 16
  private let skip: Int
  private let isQuiet: Bool
  private let isLocked: Bool
  var writesLogits = true
  /// Whether the text was not read to its end.
  private(set) var isInterrupted = false
  private(set) var tokenCount = 0
  private var scoredCount = 0
  private var sum = 0.0

  init(skip: Int, isQuiet: Bool, isLocked: Bool) {
    self.skip = skip
    self.isQuiet = isQuiet
    self.isLocked = isLocked
  }

  private var mean: Double { scoredCount > 0 ? sum / Double(scoredCount) : 0 }

  mutating func run<Source: PromptSource & ~Copyable>(
    _ program: inout Program, _ source: inout Source, path: UnsafePointer<CChar>?,
    logits: inout TextOutput, _ console: inout Console
  ) throws(Exit) {
    var reader = BlockReader()
    var progress = Progress(isQuiet: isQuiet, console)
    program.health.begin(.prefill)
    program.health.coolDown(isQuiet: isQuiet, &console)
    isInterrupted = Interrupt.isRaised
    while !isInterrupted {
      let count: Int
      do throws(Source.Failure) {
        count = unsafe try reader.read(&source, into: program.engine.block)
      } catch {
        if Interrupt.isRaised {
          isInterrupted = true
          break
        }
        progress.finish(&console.error)
        throw unsafe console.fail(error, path: path)
      }
      if count == 0 { break }
      try score(&program, count: count, following: reader.following, logits: &logits, &console)
      progress.update(tokens: tokenCount, fraction: source.fraction, &console.error)
      if reader.following == nil { continue }
      program.health.coolDown(isQuiet: isQuiet, &console)
      isInterrupted = Interrupt.isRaised
    }
    progress.finish(&console.error)
    program.health.end()
    if tokenCount == 0 && !isInterrupted { throw console.fail(.malformedData, "the text is empty") }
  }

  private mutating func score(
    _ program: inout Program, count: Int, following: Int32?, logits: inout TextOutput,
    _ console: inout Console
  ) throws(Exit) {
    do throws(CacheFull) {
      _ = try program.engine.forward(tokenCount: count)
    } catch {
      throw console.fail(error)
    }
    let batch = program.engine.settings.logitRowCount
    var first = 0
    while first < count {
      let rowCount = min(batch, count - first)
      try program.engine.makeCheckedLogits(firstRow: first, rowCount: rowCount, &console)
      for row in 0..<rowCount {
        let values = program.engine.logits(row)
        let place = first + row + 1
        let next = unsafe place < count ? program.engine.block[place] : following
        if let next { add(values, next: next, index: tokenCount + place) }
        if writesLogits { unsafe logits.write(raw: values.bytes) }
      }
      first += rowCount
    }
    tokenCount += count
    _ = program.health.endBlock(tokenCount: count)
  }

  /// - Parameter index: of the predicted token in the text.
  private mutating func add(_ logits: LogitRow, next: Int32, index: Int) {
    if index <= skip { return }
    sum += logits.negativeLogLikelihood(of: next)
    scoredCount += 1
  }

  func writeLine(to out: inout TextOutput) {
    out.write("tokens ")
    out.write(tokenCount)
    out.write(" nll ")
    out.write(mean, decimals: 5)
    out.write(" ppl ")
    out.write(Elementary.exp(mean), decimals: 4)
    out.write("\n")
  }

  func writeJSON(_ health: borrowing HealthMonitor, to out: inout TextOutput) {
    out.write("{\"tokens\": ")
    out.write(tokenCount)
    out.write(", \"scored\": ")
    out.write(scoredCount)
    out.write(", \"nll\": ")
    out.write(mean, decimals: 6)
    out.write(", \"ppl\": ")
    out.write(Elementary.exp(mean), decimals: 6)
    out.write(", \"health\": ")
    HealthReport.writeJSON(health, to: &out)
    out.write(isLocked ? ", \"lockdown\": true" : ", \"lockdown\": false")
    out.write(isInterrupted ? ", \"stop\": \"interrupt\"}\n" : ", \"stop\": \"end\"}\n")
  }
}
