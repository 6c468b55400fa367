import Measurement
import Platform

/// `bench ttft`: time to the first token, by prompt, policy and block.
func benchFirstToken(_ arguments: Arguments, _ console: inout Console) throws(CommandFailure) {
  let request = try arguments.firstTokenRequest()
  let settings = try Settings(arguments, &console)
  try measureFirstToken(request, settings, BenchTarget(arguments), arguments, &console)
}

/// Measures, writes the table and the report; each case's memory is given back.
func measureFirstToken(
  _ request: FirstTokenRequest, _ settings: Settings, _ target: BenchTarget,
  _ arguments: Arguments, _ console: inout Console
) throws(CommandFailure) {
  let first = BenchRequest(prompt: request.prompts[0], repeatCount: request.repeatCount)
  let model = try BenchModel(arguments, settings, &console)
  var measurement = settings.measurement
  measurement.headShares = try HeadBudgets.find(arguments, settings, for: model)?.kept
  var plan = BenchPlan(measurement, model, first)
  var health = try HealthMonitor(arguments, settings.profile, &console)
  Interrupt.listen()
  var run: FirstTokenRun
  do throws(MeasurementError) {
    run = try FirstTokenRun(request, &plan)
    if !arguments.isQuiet {
      Lockdown.impossible.write(to: &console.error)
      run.writeLeftOut(capByteCount: plan.capByteCount, to: &console.error)
    }
    var progress = MeasurementProgress(target.work, isQuiet: arguments.isQuiet, console)
    health = try run.measure(&plan, health, &progress)
  } catch {
    throw CommandFailure(error, arguments, settings)
  }
  if !arguments.isQuiet {
    HealthReport.writeSummary(health, to: &console.error)
    console.error.flush()
  }
  if !arguments.isQuiet {
    var output = TextOutput.standardOutput
    FirstTokenTable.write(run, plan, to: &output)
    try finish(&output)
  }
  if target.takesReport(isInterrupted: run.isInterrupted), let path = unsafe target.json {
    var file = unsafe try Report.open(path, &console)
    FirstTokenReport.write(run, plan, health, &file.text)
    unsafe try Report.commit(&file, path, &console)
  }
  if let path = unsafe target.csv {
    var file = unsafe try Report.open(path, &console)
    FirstTokenTable.writeCSV(run, to: &file.text)
    unsafe try Report.commit(&file, path, &console)
  }
  if run.isInterrupted { throw .byInterrupt }
}
