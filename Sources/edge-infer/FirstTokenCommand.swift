import Platform

/// `bench ttft`: time to the first token, by prompt, policy and block.
func benchFirstToken(_ arguments: Arguments, _ console: inout Console) throws(Exit) {
  let request = try FirstTokenRequest(arguments, &console)
  let first = BenchRequest(prompt: request.prompts[0], repeatCount: request.repeatCount)
  var preparation = try BenchPreparation(arguments, first, &console)
  var health = try HealthMonitor(arguments, preparation.settings.profile, &console)
  Interrupt.listen()
  var run = FirstTokenRun(request, isQuiet: arguments.isQuiet)
  try run.measure(&preparation, &health, &console)
  if !arguments.isQuiet {
    HealthReport.writeSummary(health, to: &console.error)
    console.error.flush()
  }
  if !arguments.isQuiet {
    var output = TextOutput.standardOutput
    FirstTokenTable.write(run, preparation, to: &output)
    try finish(&output, &console)
  }
  if let path = unsafe arguments.jsonFile {
    var file = unsafe try Report.open(path, &console)
    FirstTokenReport.write(run, preparation, health, &file.text)
    unsafe try Report.commit(&file, path, &console)
  }
  if let path = unsafe arguments.csvFile {
    var file = unsafe try Report.open(path, &console)
    FirstTokenTable.writeCSV(run, to: &file.text)
    unsafe try Report.commit(&file, path, &console)
  }
  if run.isInterrupted { throw .byInterrupt }
}
