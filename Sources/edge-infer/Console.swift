import CPlatform
import Generation
import Inference
import Model
import Platform
import Profile

typealias Exit = CommandFailure

/// As `finish` without a console.
func finish(_ output: inout TextOutput, _ console: inout Console) throws(CommandFailure) {
  try finish(&output)
}

/// Standard error: tables, progress and error lines. Standard output is for the text alone.
struct Console: ~Copyable {
  var error = TextOutput.standardError
  /// Whether lines that are written over and over can be seen.
  let isTerminal = edge_is_terminal(2) != 0

  /// Writes the line of an error after which the command goes on.
  mutating func report(_ failure: CommandFailure) { failure.write(to: &error) }

  /// Starts an error line.
  mutating func beginError() { error.write("edge-infer: ") }

  /// Ends an error line.
  mutating func end(_ code: ExitCode) -> Exit {
    error.write("\n")
    error.flush()
    return Exit(code)
  }

  func fail(_ code: ExitCode, _ text: StaticString) -> Exit { CommandFailure(code, text) }

  /// An error about a file: its path, what was tried, why not.
  func fail(_ failure: SystemFailure, path: UnsafePointer<CChar>) -> Exit {
    unsafe CommandFailure(.system(failure), path: path)
  }

  func fail(_ failure: SystemFailure, what: StaticString) -> Exit {
    CommandFailure(.system(failure), about: .name(what))
  }

  func fail(_ error: ProfileError, path: UnsafePointer<CChar>? = nil) -> Exit {
    guard let path = unsafe path else { return CommandFailure(.profile(error)) }
    return unsafe CommandFailure(.profile(error), path: path)
  }

  func fail(_ error: ModelError, path: UnsafePointer<CChar>) -> Exit {
    unsafe CommandFailure(.model(error), path: path)
  }

  func fail(_ full: CacheFull) -> Exit { CommandFailure(.cacheFull(full)) }

  func fail(_ fault: NumberFault) -> Exit { CommandFailure(.numbers(fault)) }

  /// Memory or threads that the system does not give.
  func refuse(_ failure: SystemFailure) -> Exit { CommandFailure(.refused(failure)) }

  mutating func warn(_ text: StaticString) {
    error.write("edge-infer: warning: ")
    error.write(text)
    error.write("\n")
    error.flush()
  }
}
