import CommandLine
import Generation

extension SamplingOptions {
  /// For the sampler, whose limits the options' declarations have.
  var settings: SamplingSettings {
    var settings = SamplingSettings()
    settings.temperature = temperature
    settings.topK = topK
    settings.topP = topP
    settings.minP = minP
    settings.repeatPenalty = repeatPenalty
    settings.seed = seed
    return settings
  }
}

extension Arguments {
  /// The texts of `--stop`, which stay where they are.
  var stops: StopTexts {
    var stops = StopTexts()
    for index in 0..<stopCount {
      do throws(StopTextError) {
        unsafe try stops.append(stop(index))
      } catch {
        preconditionFailure("the command line was checked")
      }
    }
    return stops
  }
}
