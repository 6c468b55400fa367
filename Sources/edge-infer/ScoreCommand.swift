import CPlatform
import Inference
import Memory
import Model
import Platform
import Profile

/// `score`: the likelihood of a text under the cache policy.
func scoreCommand(_ arguments: Arguments, _ console: inout Console) throws(Exit) {
  let settings = try Settings(arguments, &console)
  var program = try Program(
    arguments, settings, logitRowCount: min(settings.profile.blockSize, Scorer.logitRowCountMax),
    generatedCount: 0, &console)
  var output = TextOutput.standardOutput
  var scorer = Scorer(arguments)
  do throws(Exit) {
    if let path = unsafe arguments.logits {
      var file = try openReplacement(path, &console)
      try score(&program, arguments, &scorer, &file, &console)
      try commit(&file, path, &console)
    } else {
      var none = NoOutput()
      try score(&program, arguments, &scorer, &none, &console)
    }
  }
  scorer.write(to: &output)
  output.flush()
  if output.failure != 0 {
    throw console.fail(SystemFailure("write", code: output.failure), what: "standard output")
  }
  if let path = unsafe arguments.jsonFile { try writeJSON(scorer, path, &console) }
}
