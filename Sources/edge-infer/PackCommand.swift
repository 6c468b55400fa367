import Inference
import Memory
import Model
import Platform

/// `pack`: writes a model with its weights as they lie in the arena of this build.
func packCommand(_ arguments: Arguments, _ console: inout Console) throws(Exit) {
  guard let path = unsafe arguments.output else {
    throw console.fail(.usage, "-o is missing: the packed model to write")
  }
  let settings = try Settings(arguments, &console)
  let needs = ProgramNeeds(
    logitRowCount: 1, generatedCount: 0, usesText: true, usesTemplate: false, mayLackText: true)
  var preparation = try Preparation(arguments, settings, needs, &console)
  if preparation.model.packed != nil {
    throw console.fail(.malformedData, "the model is packed; pack takes a GGUF file")
  }
  let program = try Program(&preparation, &console)
  var file: ReplacementFile
  do throws(SystemFailure) {
    file = unsafe try ReplacementFile(path: path)
  } catch {
    throw unsafe console.fail(error, path: path)
  }
  try preparation.writePacked(program, to: &file.text, &console)
  do throws(SystemFailure) {
    try file.commit()
  } catch {
    throw unsafe console.fail(error, path: path)
  }
}
