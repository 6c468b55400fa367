import CPlatform
import Generation
import Inference
import Model
import Platform
import Profile

/// Exit codes, after BSD's sysexits.
enum ExitCode: Int32 {
  case success = 0
  case usage = 64
  case malformedData = 65
  case missingFile = 66
  case unavailable = 69
  case systemRefused = 71
  case inputOutput = 74
  case configuration = 78
  /// As shells give them: 128 and the number of the signal that ended the work.
  case interrupted = 130
  case brokenPipe = 141
  case terminated = 143
}

/// Thrown when the error line has been written, or where none is due.
struct Exit: Error {
  let code: ExitCode

  init(_ code: ExitCode) { self.code = code }

  /// Of a command that SIGINT or SIGTERM ended, when all of its outputs have been written.
  static var byInterrupt: Exit {
    Exit(Interrupt.signal == SIGTERM ? .terminated : .interrupted)
  }

  /// From a module's own code of the same list.
  init(rawCode: Int32) { code = ExitCode(rawValue: rawCode) ?? .malformedData }
}

/// Standard error: tables, progress and error lines. Standard output is for the text alone.
struct Console: ~Copyable {
  var error = TextOutput.standardError
  /// Whether lines that are written over and over can be seen.
  let isTerminal = edge_is_terminal(2) != 0

  /// Starts an error line.
  mutating func beginError() { error.write("edge-infer: ") }

  /// Ends an error line.
  mutating func end(_ code: ExitCode) -> Exit {
    error.write("\n")
    error.flush()
    return Exit(code)
  }

  mutating func fail(_ code: ExitCode, _ text: StaticString) -> Exit {
    beginError()
    error.write(text)
    return end(code)
  }

  /// An error about a file: its path, what was tried, why not.
  mutating func fail(_ failure: SystemFailure, path: UnsafePointer<CChar>) -> Exit {
    beginError()
    unsafe error.write(quoted: Excerpt(cString: path))
    error.write(": ")
    return end(failure)
  }

  mutating func fail(_ failure: SystemFailure, what: StaticString) -> Exit {
    beginError()
    error.write(what)
    error.write(": ")
    return end(failure)
  }

  mutating func fail(_ error: ProfileError, path: UnsafePointer<CChar>? = nil) -> Exit {
    beginError()
    if let path = unsafe path {
      unsafe self.error.write(quoted: Excerpt(cString: path))
      self.error.write(": ")
    }
    error.write(to: &self.error)
    return end(Exit(rawCode: error.exitCode).code)
  }

  mutating func fail(_ error: ModelError, path: UnsafePointer<CChar>) -> Exit {
    beginError()
    unsafe self.error.write(quoted: Excerpt(cString: path))
    self.error.write(": ")
    error.write(to: &self.error)
    return end(Exit(rawCode: error.exitCode).code)
  }

  mutating func fail(_ error: TextFailure, path: UnsafePointer<CChar>) -> Exit {
    beginError()
    unsafe self.error.write(quoted: Excerpt(cString: path))
    self.error.write(": ")
    error.write(to: &self.error)
    return end(Exit(rawCode: error.exitCode).code)
  }

  mutating func fail(_ full: CacheFull) -> Exit {
    beginError()
    error.write("the prompt is longer than the ")
    error.write(full.slotCount)
    error.write(" slots that policy full has here: take a larger --budget, or a policy that evicts")
    return end(.malformedData)
  }

  /// A model whose numbers leave Float32's range.
  mutating func fail(_ fault: NumberFault) -> Exit {
    beginError()
    switch fault {
    case .embeddings: error.write("the token embeddings")
    case .attention(let layer):
      error.write("layer ")
      error.write(layer)
      error.write(", attention")
    case .feedForward(let layer):
      error.write("layer ")
      error.write(layer)
      error.write(", feed-forward")
    case .outputHead: error.write("the output head")
    }
    error.write(": the model gives numbers past Float32's range or none at all; its weights are")
    error.write(" damaged, or too large")
    return end(.malformedData)
  }

  /// Memory or threads that the system does not give.
  mutating func refuse(_ failure: SystemFailure) -> Exit {
    beginError()
    error.write("cannot ")
    error.write(failure.operation)
    error.write(": ")
    error.write(failure.reason)
    return end(.systemRefused)
  }

  private mutating func end(_ failure: SystemFailure) -> Exit {
    error.write("cannot ")
    error.write(failure.operation)
    error.write(": ")
    error.write(failure.reason)
    error.write(" (errno ")
    error.write(Int(failure.code))
    error.write(")")
    return end(failure.isMissingFile ? .missingFile : .inputOutput)
  }

  mutating func warn(_ text: StaticString) {
    error.write("edge-infer: warning: ")
    error.write(text)
    error.write("\n")
    error.flush()
  }
}
