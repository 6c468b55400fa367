import Inference
import Model
import Platform

/// `bench scoring`: what each policy adds to a block.
func benchScoring(_ arguments: Arguments, _ console: inout Console) throws(Exit) {
  let preparation = try ScoringPreparation(arguments, &console)
  var program = try ScoringProgram(preparation, &console)
  var run = ScoringRun(
    preparation.request, layerCount: preparation.model.shape.layerCount,
    isQuiet: arguments.isQuiet)
  run.measure(&program, &console)
  if !arguments.isQuiet {
    var output = TextOutput.standardOutput
    ScoringTable(run).write(preparation, program, to: &output)
    try finish(&output, &console)
  }
  if let path = unsafe arguments.jsonFile {
    var file = unsafe try Report.open(path, &console)
    ScoringReport.write(run, preparation, program, &file.text)
    unsafe try Report.commit(&file, path, &console)
  }
}
