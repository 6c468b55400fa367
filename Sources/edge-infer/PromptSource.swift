import Inference
import Platform

/// A prompt, token by token.
protocol PromptSource: TokenSource, ~Copyable where Failure: PromptFailure {
  /// How much of the prompt has been read, where its size is known.
  var fraction: Double? { get }
}

/// Why a prompt could not be read.
protocol PromptFailure: Error {
  var reason: FailureReason { get }
}

extension Console {
  /// An error in a prompt; `path` names its file.
  func fail(_ failure: some PromptFailure, path: UnsafePointer<CChar>?) -> Exit {
    unsafe CommandFailure(failure.reason, about: .prompt(path))
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
