import Generation
import Inference
import Measurement
import Model
import Platform
import Profile

/// What the measuring commands take from the command line.
extension Arguments {
  func benchRequest() throws(CommandFailure) -> BenchRequest {
    do throws(BenchRequestError) {
      let prompts = unsafe try NumberList(
        "--prompt", prompt, maximum: BenchRequest.promptLengthMax, example: "512,2048")
      var request = try BenchRequest(
        prompts: prompts, generate: generate ?? 64, repeat: repeatCount ?? 3)
      request.showsWaits = showsWaits
      request.measuresPasses = measuresPasses
      return request
    } catch {
      throw CommandFailure(.request(error))
    }
  }

  func policyCostRequest(blockSize: Int) throws(CommandFailure) -> PolicyCostRequest {
    do throws(BenchRequestError) {
      let counts = unsafe try NumberList(
        "--kv", kv, maximum: ProfileLimits.cacheBudgetMax, example: "512,1024,2048,4096,8192")
      let named = overrides.policy?.name ?? "all"
      return try PolicyCostRequest(
        counts: counts, policies: unsafe PolicyList(policies ?? cString(named), for: .cost),
        repeat: repeatCount ?? PolicyCostRequest.repeatCountDefault, blockSize: blockSize)
    } catch {
      throw CommandFailure(.request(error))
    }
  }

  func firstTokenRequest() throws(CommandFailure) -> FirstTokenRequest {
    do throws(BenchRequestError) {
      let prompts = unsafe try NumberList(
        "--prompt", prompt, maximum: BenchRequest.promptLengthMax, example: "1024,4096,16384")
      let blocks =
        if let blockSize = overrides.blockSize { NumberList(blockSize) } else {
          unsafe try NumberList(
            "--blocks", self.blocks, maximum: ProfileLimits.blockSizeMax, example: "64,128,256")
        }
      let policies =
        if let policy = overrides.policy { PolicyList(policy) } else {
          unsafe try PolicyList(self.policies ?? cString("full,keydiff"), for: .running)
        }
      return try FirstTokenRequest(
        prompts: prompts, policies: policies, blocks: blocks, repeat: repeatCount ?? 3)
    } catch {
      throw CommandFailure(.request(error))
    }
  }
}

extension Settings {
  /// For a measurement.
  var measurement: MeasurementSettings {
    MeasurementSettings(
      profile, retention, renumbers: renumbers, usesHugePages: usesHugePages,
      locksMemory: locksMemory)
  }
}

extension BenchModel {
  /// Opens the model, or looks the shape up.
  /// - Parameter fallback: if the command line names neither and the profile's file is missing.
  init(
    _ arguments: Arguments, _ settings: Settings, fallback: PublishedShape? = nil,
    _ console: inout Console
  ) throws(CommandFailure) {
    if let name = unsafe arguments.shape {
      self.init(unsafe try PublishedShape(option: name), weights: settings.profile.weights)
      return
    }
    let path = ModelPath(arguments, settings)
    if let fallback, unsafe arguments.model == nil && !path.exists {
      self.init(fallback, weights: settings.profile.weights)
      return
    }
    var buffer = HeaderBuffer()
    self.init(try buffer.open(path))
  }
}

extension PublishedShape {
  /// Of the catalogue.
  init(option name: UnsafePointer<CChar>) throws(CommandFailure) {
    guard let published = unsafe PublishedShape(name: cStringSpan(name)) else {
      throw CommandFailure(.shape(unsafe Excerpt(cString: name)))
    }
    self = published
  }

  /// What stands behind a name that is in no catalogue.
  static func writeNames(to out: inout TextOutput) {
    out.write(" is not in the catalogue; there are ")
    for index in 0..<PublishedShape.count {
      if index > 0 { out.write(index == PublishedShape.count - 1 ? " and " : ", ") }
      out.write(PublishedShape(rawValue: index)!.name)
    }
  }
}

extension CommandFailure {
  /// - Parameter settings: whose model is measured.
  init(_ error: MeasurementError, _ arguments: Arguments, _ settings: Settings) {
    switch error {
    case .model(let error):
      self = unsafe ModelPath(arguments, settings).withPointer {
        unsafe CommandFailure(.model(error), path: $0)
      }
    case .interrupt: self = .byInterrupt
    default: self.init(.measurement(error))
    }
  }
}
