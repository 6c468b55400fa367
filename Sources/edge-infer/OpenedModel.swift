import Generation
import Model
import Platform
import Tokenizer

extension HeaderBuffer {
  /// Opens a model of the command line or of the profile.
  /// - Parameter needsWeights: false if only the vocabulary is used.
  mutating func open(
    _ path: ModelPath, needsWeights: Bool = true
  ) throws(CommandFailure) -> ModelFile {
    do throws(ModelError) {
      return unsafe try path.withPointer { (name) throws(ModelError) in
        unsafe try open(name, needsWeights: needsWeights)
      }
    } catch {
      throw CommandFailure(.model(error), path)
    }
  }
}

extension Arguments {
  /// The name of `--pre-tokenizer`, one that is known.
  func knownPreTokenizer() throws(CommandFailure) -> Excerpt? {
    guard let name = unsafe preTokenizer else { return nil }
    do throws(TokenizerError) {
      _ = unsafe try PreTokenizer(name: cStringSpan(name))
    } catch {
      throw CommandFailure(
        .usage(
          .value(
            unsafe Excerpt(cString: name), "is no pre-tokenizer; --pre-tokenizer is ",
            "llama-bpe, qwen2, qwen35, smollm, gpt-2, gpt-4o, tekken, default or an alias")))
    }
    return unsafe Excerpt(cString: name)
  }
}

/// A tokenizer of another kind does not split text before it merges.
func checkSplits(_ facts: TokenizerFacts, _ preTokenizer: Excerpt?) throws(CommandFailure) {
  if preTokenizer == nil || facts.kind == .byteLevelBPE { return }
  throw CommandFailure(
    .usage, "--pre-tokenizer is for models with byte-level BPE, and this one has another tokenizer")
}

/// Says what was taken in place of what a file's tokenizer lacks.
func writeWarnings(_ facts: TokenizerFacts) {
  var error = TextOutput.standardError
  if facts.lacksPreTokenizer {
    error.write("edge-infer: warning: key 'tokenizer.ggml.pre' is missing; the text is split as ")
    error.write("'default' says, and the model may have been trained with another way\n")
  }
  if let key = facts.wrongID {
    error.write("edge-infer: warning: key ")
    error.write(quoted: key)
    error.write(" names a token that there is not; the tokenizer's default takes its place\n")
  }
  error.flush()
}
