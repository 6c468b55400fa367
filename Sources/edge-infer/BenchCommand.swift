import CPlatform
import Inference
import Measurement
import Model
import Platform
import Profile

/// `bench`: the measurement that the word after it names.
func benchCommand(_ arguments: Arguments, _ console: inout Console) throws(Exit) {
  try BenchRequest.check(arguments, &console)
  switch arguments.benchmark {
  case .speed: try benchSpeed(arguments, &console)
  case .scoring: try benchScoring(arguments, &console)
  case .ttft: try benchFirstToken(arguments, &console)
  }
}

/// Prompt and decode speed.
private func benchSpeed(_ arguments: Arguments, _ console: inout Console) throws(Exit) {
  let request = try BenchRequest(arguments, &console)
  let settings = try Settings(arguments, &console)
  try measureSpeed(request, settings, BenchTarget(arguments), arguments, &console)
}

/// Maps memory, measures, and writes the table and the report; a part gives the memory back.
func measureSpeed(
  _ request: BenchRequest, _ settings: Settings, _ target: BenchTarget, _ arguments: Arguments,
  _ console: inout Console
) throws(Exit) {
  var preparation = try BenchPreparation(arguments, settings, request, &console)
  let health = try HealthMonitor(arguments, settings.profile, &console)
  var program = try BenchProgram(&preparation, &console)
  program.health = health
  Interrupt.listen()
  var json = try JSONFile(target, &console)
  program.lockdown = target.beginLockdown(arguments, json.lockdownNeeds)
  if !arguments.isQuiet { writeStart(preparation, program, &console.error) }
  var run = BenchRun(
    BenchProgress(request, work: target.work, isQuiet: arguments.isQuiet, console))
  try run.measure(&program, &console)
  if !arguments.isQuiet { BenchTable.write(run, preparation, program, to: &console.error) }
  if target.takesReport(isInterrupted: run.isInterrupted), var file = json.take() {
    BenchReport.write(run, preparation, program, &file.text)
    unsafe try Report.commit(&file, target.json!, &console)
  }
  // Under a lockdown no memory can be given back; the process ends then.
  if target.work.isPart { program.end() }
  if run.isInterrupted { throw .byInterrupt }
}

private func writeStart(
  _ preparation: borrowing BenchPreparation, _ program: borrowing BenchProgram,
  _ out: inout TextOutput
) {
  PlanTable.write(
    preparation.plan, capByteCount: preparation.settings.profile.ramCapByteCount, to: &out)
  out.flush()
  out.write("   ")
  if preparation.model.hasName {
    preparation.model.writeName(to: &out)
  } else {
    out.write("a model without a name")
  }
  if preparation.model.published != nil { out.write(" with made-up weights") }
  out.write(", memory sealed in ")
  out.write(Double(program.loadNanoseconds) / 1e6, decimals: 0)
  out.write(" ms; ")
  out.write(Processor.buildName)
  out.write(", ")
  out.write(preparation.runSettings.threadCount)
  out.write(" threads, policy ")
  out.write(preparation.runSettings.policy.name)
  out.write(", block ")
  out.write(preparation.runSettings.blockSize)
  if preparation.runSettings.policy != .full {
    out.write(", budget ")
    out.write(preparation.runSettings.cacheBudget)
  }
  out.write("\n")
  program.memoryLock.write(to: &out)
  program.lockdown.write(to: &out)
}
