import Inference
import Platform

/// Why a prompt could not be read: a fragment of an error line, and the exit code.
protocol PromptFailure: Error {
  func write(to out: inout TextOutput)
  var code: ExitCode { get }
}

/// A prompt, token by token.
protocol PromptSource: TokenSource, ~Copyable where Failure: PromptFailure {
  /// How much of the prompt has been read, where its size is known.
  var fraction: Double? { get }
}

extension Console {
  /// An error in a prompt; `path` names its file.
  mutating func fail(_ failure: some PromptFailure, path: UnsafePointer<CChar>?) -> Exit {
    beginError()
    if let path = unsafe path, unsafe !isEqual(path, "-") {
      unsafe error.write(quoted: Excerpt(cString: path))
    } else {
      error.write(unsafe path == nil ? "the prompt" : "standard input")
    }
    error.write(": ")
    failure.write(to: &error)
    return end(failure.code)
  }
}

/// Standard input for `-`, else the file.
func openPrompt(
  _ path: UnsafePointer<CChar>, _ console: inout Console
) throws(Exit) -> InputStream {
  if unsafe isEqual(path, "-") { return InputStream.standardInput }
  do throws(SystemFailure) {
    return unsafe try InputStream(path: path)
  } catch {
    throw unsafe console.fail(error, path: path)
  }
}

/// The text that `--prompt` or `--prompt-file` gives; standard input where neither is there.
func openText(
  _ arguments: Arguments, readCount: UnsafeMutablePointer<Int>, _ console: inout Console
) throws(Exit) -> PromptBytes {
  if let text = unsafe arguments.prompt {
    return unsafe PromptBytes(argument: text, readCount: readCount)
  }
  if let path = unsafe arguments.promptFile, unsafe !isEqual(path, "-") {
    return unsafe PromptBytes(stream: try openPrompt(path, &console), readCount: readCount)
  }
  return unsafe PromptBytes(stream: InputStream.standardInput, readCount: readCount)
}
