import Inference
import Model
import Platform

/// `bench scoring`: what each policy adds to a block.
func benchScoring(_ arguments: Arguments, _ console: inout Console) throws(Exit) {
  let preparation = try ScoringPreparation(arguments, &console)
  let health = try HealthMonitor(arguments, preparation.settings.profile, &console)
  var program = try ScoringProgram(preparation, &console)
  program.health = health
  Interrupt.listen()
  var json = try JSONFile(arguments, &console)
  program.lockdown = Lockdown.begin(arguments, json.lockdownNeeds)
  if !arguments.isQuiet { program.lockdown.write(to: &console.error) }
  var run = ScoringRun(
    preparation.request, layerCount: preparation.model.shape.layerCount,
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
  if var file = json.take() {
    ScoringReport.write(run, preparation, program, &file.text)
    unsafe try Report.commit(&file, arguments.jsonFile!, &console)
  }
  if run.isInterrupted { throw .byInterrupt }
}
