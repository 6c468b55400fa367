import Inference
import Platform

/// Why tokens could not pass through the model.
public enum PassFailure: LineError {
  case cacheFull(CacheFull)
  case numbers(NumberFault)

  @export(interface)
  public func write(to out: inout TextOutput) {
    switch self {
    case .cacheFull(let full): full.write(to: &out)
    case .numbers(let fault): fault.write(to: &out)
    }
  }

  public var exitCode: ExitCode {
    switch self {
    case .cacheFull(let full): full.exitCode
    case .numbers(let fault): fault.exitCode
    }
  }
}

/// Why a generator could not take a step.
public enum GenerationFailure<SourceFailure: Error>: Error {
  /// The prompt cannot be read. The tokens before the failure may be in the cache.
  case source(SourceFailure)
  case pass(PassFailure)
  /// The prompt has no tokens.
  case emptyPrompt
}
