import Inference
import Memory
import Model
import Platform
import Profile

/// `plan`: the memory plan of a command, and whether it is below the cap. Reads no weights.
func planCommand(_ arguments: Arguments, _ console: inout Console) throws(CommandFailure) {
  let settings = try Settings(arguments, &console)
  let preparation = try Preparation(arguments, settings, plannedNeeds(arguments))
  let cap = settings.profile.ramCapByteCount
  var output = TextOutput.standardOutput
  if arguments.isJSON {
    PlanTable.writeReport(preparation.plan, capByteCount: cap, to: &output)
  } else {
    PlanTable.write(preparation.plan, capByteCount: cap, to: &output)
  }
  try finish(&output)
  try preparation.checkCap()
}

private func plannedNeeds(_ arguments: Arguments) -> ProgramNeeds {
  switch arguments.plannedCommand {
  case .chat: chatNeeds(arguments)
  case .serve: serveNeeds(arguments)
  default: runNeeds(arguments)
  }
}
