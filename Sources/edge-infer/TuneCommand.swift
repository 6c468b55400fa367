import Board
import Generation
import Inference
import Measurement
import Model
import Platform
import Profile

/// `probe --tune`: the profile with the threads, cores and block that were fastest.
func tunedProfile(
  _ profile: DeviceProfile, _ order: CoreOrder, _ arguments: Arguments, _ console: inout Console
) throws(CommandFailure) -> DeviceProfile {
  let model = try tunedModel(profile, arguments, &console)
  let settings = try Settings(profile, arguments, &console)
  var plan = BenchPlan(filledCache: settings.measurement, model)
  Interrupt.listen()
  var run = TuneRun(
    profile, order, threads: arguments.overrides.threads,
    hasOneBlock: arguments.overrides.blockSize != nil,
    limitSeconds: arguments.tuneSeconds ?? Arguments.tuneSecondsDefault)
  var progress = MeasurementProgress(
    intervalNanoseconds: 200_000_000, isQuiet: arguments.isQuiet, console)
  let best: Int
  do throws(MeasurementError) { best = try run.search(&plan, &progress) } catch {
    throw CommandFailure(error, arguments, settings)
  }
  if !arguments.isQuiet {
    TuneTable.write(run, best: best, profile, to: &console.error)
  }
  var tuned = run.profile(run.table[best])
  let decodeThreads = arguments.overrides.decodeThreads ?? run.table.decodeThreadCount(of: best)
  tuned.setDecodeThreads(min(decodeThreads, tuned.threads))
  return tuned
}

/// The shape of what is timed: of `--shape`, or else of the model that the profile names, whose
/// header alone is read.
private func tunedModel(
  _ profile: DeviceProfile, _ arguments: Arguments, _ console: inout Console
) throws(CommandFailure) -> BenchModel {
  if let name = unsafe arguments.shape {
    return BenchModel(unsafe try PublishedShape(option: name), weights: profile.weights)
  }
  let path = unsafe profile.model.withCString { unsafe ModelPath($0) }
  var buffer = HeaderBuffer()
  return BenchModel(shapeOf: try buffer.open(path))
}
