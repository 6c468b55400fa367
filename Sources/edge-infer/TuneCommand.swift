import Board
import Inference
import Measurement
import Memory
import Platform
import Profile

/// `probe --tune`: the profile with the threads, cores and block that were fastest.
func tunedProfile(
  _ profile: DeviceProfile, _ order: CoreOrder, _ arguments: Arguments, _ console: inout Console
) throws(Exit) -> DeviceProfile {
  let model = try tunedModel(profile, arguments, &console)
  let settings = try Settings(profile, arguments, &console)
  var preparation = BenchPreparation(settings, model)
  Interrupt.listen()
  var run = TuneRun(profile, order, arguments, console)
  try run.search(&preparation, &console)
  guard let best = run.best else {
    // The smallest of all: it tells of what would fit.
    run.set(&preparation, run.smallest)
    try preparation.checkCap(&console)
    preconditionFailure("what fits is timed")
  }
  if !arguments.isQuiet {
    TuneTable.write(run, best: best, profile, to: &console.error)
  }
  return run.profile(run.table[best])
}

/// The shape of what is timed: of `--shape`, or else of the model that the profile names.
private func tunedModel(
  _ profile: DeviceProfile, _ arguments: Arguments, _ console: inout Console
) throws(Exit) -> BenchModel {
  if let name = unsafe arguments.shape {
    return unsafe try BenchModel(shape: name, &console)
  }
  let path = unsafe profile.model.withCString { unsafe ModelPath($0) }
  return try BenchModel(shapeOf: path, &console)
}
