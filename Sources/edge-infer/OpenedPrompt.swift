import Generation
import Platform

/// Standard input for `-`, else the file.
func openPrompt(
  _ path: UnsafePointer<CChar>
) throws(CommandFailure) -> InputStream {
  if unsafe isEqual(path, "-") { return InputStream.standardInput }
  do throws(SystemFailure) {
    return unsafe try InputStream(path: path)
  } catch {
    throw unsafe CommandFailure(.system(error), path: path)
  }
}

/// The text that `--prompt` or `--prompt-file` gives; standard input if neither is there.
func openText(
  _ arguments: Arguments, readCount: UnsafeMutablePointer<Int>
) throws(CommandFailure) -> PromptBytes {
  if let text = unsafe arguments.prompt {
    return unsafe PromptBytes(text: text, readCount: readCount)
  }
  if let path = unsafe arguments.promptFile, unsafe !isEqual(path, "-") {
    return unsafe PromptBytes(stream: try openPrompt(path), readCount: readCount)
  }
  return unsafe PromptBytes(stream: InputStream.standardInput, readCount: readCount)
}
