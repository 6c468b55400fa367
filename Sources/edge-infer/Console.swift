import CPlatform
import Platform

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
  mutating func end(_ code: ExitCode) -> CommandFailure {
    error.write("\n")
    error.flush()
    return CommandFailure(code)
  }

  mutating func warn(_ text: StaticString) {
    error.write("edge-infer: warning: ")
    error.write(text)
    error.write("\n")
    error.flush()
  }
}
