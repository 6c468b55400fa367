import Generation
import Model
import Platform

/// `pack`: writes a model with its weights as they lie in the arena of this build.
func packCommand(_ arguments: Arguments, _ console: inout Console) throws(CommandFailure) {
  guard let path = unsafe arguments.output else {
    throw CommandFailure(.usage, "-o is missing: the packed model to write")
  }
  let settings = try Settings(arguments, &console)
  let needs = ProgramNeeds(
    logitRowCount: 1, generatedCount: 0, usesText: true, usesTemplate: false, mayLackText: true)
  var preparation = try Preparation(arguments, settings, needs)
  if preparation.opened.model.packed != nil {
    throw CommandFailure(.malformedData, "the model is packed; pack takes a GGUF file")
  }
  let program = try Program(&preparation)
  var file = unsafe try openReplacement(path)
  try preparation.writePacked(program, to: &file.text)
  unsafe try commit(&file, path)
}
