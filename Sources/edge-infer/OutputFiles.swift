import CPlatform
import Platform

/// A file that is not there before `commit`.
func openReplacement(_ path: UnsafePointer<CChar>) throws(CommandFailure) -> ReplacementFile {
  do throws(SystemFailure) {
    return unsafe try ReplacementFile(path: path)
  } catch {
    throw unsafe CommandFailure(.system(error), path: path)
  }
}

/// Puts a written file in its place.
func commit(
  _ file: inout ReplacementFile, _ path: UnsafePointer<CChar>
) throws(CommandFailure) {
  do throws(SystemFailure) {
    try file.commit()
  } catch {
    throw unsafe CommandFailure(.system(error), path: path)
  }
}

/// Flushes standard output; a failure is an error. A reader that went away ends the program quietly.
func finish(_ output: inout TextOutput) throws(CommandFailure) {
  output.flush()
  if output.failure == EPIPE { throw CommandFailure(.brokenPipe) }
  if output.failure != 0 {
    let failure = SystemFailure("write", code: output.failure)
    throw CommandFailure(.system(failure), about: .name("standard output"))
  }
}
