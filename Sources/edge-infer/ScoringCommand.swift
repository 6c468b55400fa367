import Inference
import Measurement
import Model
import Platform
import Profile

/// `bench scoring`: what each policy adds to a block.
func benchScoring(_ arguments: Arguments, _ console: inout Console) throws(Exit) {
  let settings = try Settings(arguments, &console)
  let request = try ScoringRequest(
    arguments, blockSize: settings.profile.blockSize, &console)
  try measureScoring(request, settings, BenchTarget(arguments), arguments, &console)
}

/// Maps memory, measures, and writes the tables and the report; a part gives the memory back.
func measureScoring(
  _ request: ScoringRequest, _ settings: Settings, _ target: BenchTarget, _ arguments: Arguments,
  _ console: inout Console
) throws(Exit) {
  let preparation = try ScoringPreparation(arguments, settings, request, &console)
  let health = try HealthMonitor(arguments, settings.profile, &console)
  var program = try ScoringProgram(preparation, &console)
  program.health = health
  Interrupt.listen()
  var json = try JSONFile(target, &console)
  program.lockdown = target.beginLockdown(arguments, json.lockdownNeeds)
  if !arguments.isQuiet { program.lockdown.write(to: &console.error) }
  var run = ScoringRun(
    preparation.request, layerCount: preparation.model.shape.layerCount, work: target.work,
    isQuiet: arguments.isQuiet, console)
  run.measure(&program, &console)
  if !arguments.isQuiet && run.countCount > 0 {
    var output = TextOutput.standardOutput
    ScoringTable(run).write(preparation, program, to: &output)
    try finish(&output, &console)
  }
  if !arguments.isQuiet {
    HealthReport.writeSummary(program.health, to: &console.error)
    console.error.flush()
  }
  if target.takesReport(isInterrupted: run.isInterrupted), var file = json.take() {
    ScoringReport.write(run, preparation, program, &file.text)
    unsafe try Report.commit(&file, target.json!, &console)
  }
  // Under a lockdown no memory can be given back; the process ends then.
  if target.work.isPart { program.end() }
  if run.isInterrupted { throw .byInterrupt }
}
