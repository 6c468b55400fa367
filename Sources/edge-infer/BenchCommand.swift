import CPlatform
import Inference
import Measurement
import Memory
import Model
import Platform
import Profile

/// `bench`: the measurement that the word after it names.
func benchCommand(_ arguments: Arguments, _ console: inout Console) throws(CommandFailure) {
  switch arguments.command {
  case .benchScoring: try benchPolicyCost(arguments, &console)
  case .benchFirstToken: try benchFirstToken(arguments, &console)
  default: try benchSpeed(arguments, &console)
  }
}

/// Prompt and decode speed.
private func benchSpeed(_ arguments: Arguments, _ console: inout Console) throws(CommandFailure) {
  let request = try arguments.benchRequest()
  let settings = try Settings(arguments, &console)
  try measureSpeed(request, settings, BenchTarget(arguments), arguments, &console)
}

/// Maps memory, measures, and writes the table and the report; a part gives the memory back.
func measureSpeed(
  _ request: BenchRequest, _ settings: Settings, _ target: BenchTarget, _ arguments: Arguments,
  _ console: inout Console
) throws(CommandFailure) {
  let model = try BenchModel(arguments, settings, &console)
  var measurement = settings.measurement
  measurement.headShares = try HeadBudgets.find(arguments, settings, for: model)?.kept
  let plan = BenchPlan(measurement, model, request)
  let health = try HealthMonitor(arguments, settings.profile, &console)
  var machine: BenchMachine
  do throws(MeasurementError) { machine = try BenchMachine(plan, health) } catch {
    throw CommandFailure(error, arguments, settings)
  }
  Interrupt.listen()
  var json = try JSONFile(target, &console)
  let lockdown = target.beginLockdown(arguments, json.lockdownNeeds, plan.memory)
  if !arguments.isQuiet { writeStart(plan, machine, lockdown, &console.error) }
  var run = BenchRun(request)
  var progress = MeasurementProgress(target.work, isQuiet: arguments.isQuiet, console)
  do throws(MeasurementError) { try run.measure(&machine, &progress) } catch {
    throw CommandFailure(error, arguments, settings)
  }
  if !arguments.isQuiet { BenchTable.write(run, plan, machine, to: &console.error) }
  if target.takesReport(isInterrupted: run.isInterrupted), var file = json.take() {
    BenchReport.write(run, plan, machine, isLockedDown: lockdown.isInstalled, &file.text)
    unsafe try Report.commit(&file, target.json!, &console)
  }
  // Under a lockdown no memory can be given back; the process ends then.
  if target.work.isPart { machine.end() }
  if run.isInterrupted { throw .byInterrupt }
}

private func writeStart(
  _ plan: borrowing BenchPlan, _ machine: borrowing BenchMachine, _ lockdown: Lockdown,
  _ out: inout TextOutput
) {
  PlanTable.write(plan.memory, capByteCount: plan.capByteCount, to: &out)
  out.flush()
  out.write("   ")
  if plan.model.hasName {
    plan.model.writeName(to: &out)
  } else {
    out.write("a model without a name")
  }
  if plan.model.published != nil { out.write(" with made-up weights") }
  out.write(", memory sealed in ")
  out.write(Double(machine.loadNanoseconds) / 1e6, decimals: 0)
  out.write(" ms; ")
  out.write(BuildFeatures.name)
  out.write(", ")
  plan.runSettings.writeThreads(to: &out)
  out.write(", policy ")
  out.write(plan.runSettings.policy.name)
  out.write(", block ")
  out.write(plan.runSettings.blockSize)
  if plan.runSettings.policy != .full {
    out.write(", budget ")
    out.write(plan.runSettings.cacheBudget)
  }
  out.write("\n")
  machine.memoryLock.write(to: &out)
  lockdown.write(to: &out)
}
