import Generation
import Measurement
import Memory
import Platform
import Profile

/// `score`: the likelihood of a text under the cache policy.
func scoreCommand(_ arguments: Arguments, _ console: inout Console) throws(CommandFailure) {
  let settings = try Settings(arguments, &console)
  let health = try HealthMonitor(arguments, settings.profile, &console)
  let needs = ProgramNeeds(
    logitRowCount: min(settings.profile.blockSize, TextLikelihood.logitRowCountMax),
    generatedCount: 0, usesText: unsafe arguments.tokens == nil, usesTemplate: false)
  var preparation = try Preparation(arguments, settings, needs)
  try score(arguments, &preparation, health, &console)
}

/// Loads the model and reads the text. It has a frame of its own, so that the deep calls that open a model do not stand on what comes later.
@inline(never)
private func score(
  _ arguments: Arguments, _ preparation: inout Preparation, _ health: consuming HealthMonitor,
  _ console: inout Console
) throws(CommandFailure) {
  var program = try Program(&preparation)
  program.health = health
  Interrupt.listen()
  var files = try ScoreFiles(arguments, program)
  program.lockdown = Lockdown.begin(arguments, files.lockdownNeeds, program.plan)
  if !arguments.isQuiet {
    program.memoryLock.write(to: &console.error)
    program.lockdown.write(to: &console.error)
  }
  var run = ScoreRun(
    skippedCount: arguments.skip ?? 0, isQuiet: arguments.isQuiet,
    isLocked: program.lockdown.isInstalled)
  try files.score(arguments, &program, &run, &console)
  if run.likelihood.tokenCount > 0 {
    var output = TextOutput.standardOutput
    run.writeLine(to: &output)
    try finish(&output)
  }
  if !arguments.isQuiet {
    HealthReport.writeSummary(program.health, to: &console.error)
    console.error.flush()
  }
  try files.writeJSON(run, program.health, arguments)
  if run.isInterrupted { throw .byInterrupt }
}
