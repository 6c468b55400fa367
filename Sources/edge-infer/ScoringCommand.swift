import Inference
import Measurement
import Model
import Platform
import Profile

/// `bench scoring`: what each policy adds to a block.
func benchPolicyCost(_ arguments: Arguments, _ console: inout Console) throws(CommandFailure) {
  let settings = try Settings(arguments, &console)
  let request = try arguments.policyCostRequest(blockSize: settings.profile.blockSize)
  try measurePolicyCost(request, settings, BenchTarget(arguments), arguments, &console)
}

/// Maps memory, measures, and writes the tables and the report; a part gives the memory back.
func measurePolicyCost(
  _ request: PolicyCostRequest, _ settings: Settings, _ target: BenchTarget,
  _ arguments: Arguments, _ console: inout Console
) throws(CommandFailure) {
  let plan = PolicyCostPlan(
    settings.measurement,
    try BenchModel(arguments, settings, fallback: .smolLM2At135M, &console), request)
  let health = try HealthMonitor(arguments, settings.profile, &console)
  var machine: PolicyCostMachine
  do throws(MeasurementError) { machine = try PolicyCostMachine(plan, health) } catch {
    throw CommandFailure(error, arguments, settings)
  }
  Interrupt.listen()
  var json = try JSONFile(target, &console)
  let lockdown = target.beginLockdown(arguments, json.lockdownNeeds, plan.memory)
  if !arguments.isQuiet { lockdown.write(to: &console.error) }
  var run = PolicyCostRun(plan)
  var progress = MeasurementProgress(target.work, isQuiet: arguments.isQuiet, console)
  run.measure(&machine, &progress)
  if !arguments.isQuiet && run.countCount > 0 {
    var output = TextOutput.standardOutput
    PolicyCostTable(run).write(plan, machine, to: &output)
    try finish(&output)
  }
  if !arguments.isQuiet {
    HealthReport.writeSummary(machine.health, to: &console.error)
    console.error.flush()
  }
  if target.takesReport(isInterrupted: run.isInterrupted), var file = json.take() {
    PolicyCostReport.write(run, plan, machine, isLockedDown: lockdown.isInstalled, &file.text)
    unsafe try Report.commit(&file, target.json!, &console)
  }
  // Under a lockdown no memory can be given back; the process ends then.
  if target.work.isPart { machine.end() }
  if run.isInterrupted { throw .byInterrupt }
}
