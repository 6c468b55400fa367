import CPlatform
import Inference
import Measurement
import Memory
import Model
import Platform
import Profile

/// `run`: reads a prompt and answers it.
func runCommand(_ arguments: Arguments, _ console: inout Console) throws(Exit) {
  let settings = try Settings(arguments, &console)
  let health = try HealthMonitor(arguments, settings.profile, &console)
  let maxTokens = arguments.maxTokens ?? Arguments.maxTokensDefault
  var preparation = try Preparation(arguments, settings, runNeeds(arguments), &console)
  var program = try Program(&preparation, &console)
  program.health = health
  Interrupt.listen()
  var files = try RunFiles(arguments, program, &console)
  program.lockdown = Lockdown.begin(arguments, files.lockdownNeeds)
  if !arguments.isQuiet { writeStart(preparation, program, &console) }
  var run = Generation(isQuiet: arguments.isQuiet, maxTokens: maxTokens, preparation)
  try run.answer(arguments, &files, &program, &console)
  if !arguments.isQuiet { run.writeSummary(program, &console.error) }
  try files.writeReport(run, preparation, program, arguments, &console)
  if run.stop == .interrupt { throw .byInterrupt }
}

/// What `run` needs.
func runNeeds(_ arguments: Arguments) -> ProgramNeeds {
  ProgramNeeds(
    logitRowCount: 1, generatedCount: arguments.maxTokens ?? Arguments.maxTokensDefault,
    usesText: true, usesTemplate: unsafe !arguments.isRaw && arguments.tokens == nil,
    mayLackText: unsafe arguments.tokens != nil, sampling: arguments.sampling.settings,
    keepsLogProbabilities: arguments.wantsLogProbabilities)
}

func writeStart(
  _ preparation: borrowing Preparation, _ program: borrowing Program, _ console: inout Console
) {
  PlanTable.write(
    preparation.plan, capByteCount: preparation.settings.profile.ramCapByteCount,
    to: &console.error)
  console.error.flush()
  console.error.write("   model loaded and memory sealed in ")
  console.error.write(Double(program.loadNanoseconds) / 1e6, decimals: 0)
  console.error.write(" ms; ")
  console.error.write(BuildFeatures.name)
  console.error.write(", ")
  console.error.write(preparation.runSettings.threadCount)
  console.error.write(" threads, policy ")
  console.error.write(preparation.runSettings.policy.name)
  console.error.write("\n")
  program.memoryLock.write(to: &console.error)
  program.lockdown.write(to: &console.error)
}
