import Model
import Platform
import Template
import Tokenizer

/// Why a model's tokenizer or template cannot be used.
public enum TextFailure: LineError {
  case model(ModelError)
  case tokenizer(TokenizerError)
  /// The tokenizer is of another kind, or there is none.
  case kind(Excerpt)
  case noTemplate
  /// The template does not compile.
  case template(TemplateError)
  case templateFile(SystemFailure)
  case templateTooLong
  /// There is none for the template.
  case memory(SystemFailure)

  @export(interface)
  public func write(to out: inout TextOutput) {
    switch self {
    case .model(let error): error.write(to: &out)
    case .tokenizer(let error): error.write(to: &out)
    case .kind(let name):
      out.write("tokenizer.ggml.model is ")
      if name.count == 0 { out.write("missing") } else { out.write(quoted: name) }
      out.write("; text needs 'gpt2' (byte-level BPE), 'llama' or 'gemma4' (pieces); ")
      out.write("token ids work with any model (--tokens)")
    case .template(let error): error.write(to: &out)
    case .templateFile(let error):
      out.write("--chat-template: ")
      error.write(to: &out)
    case .memory(let error): error.write(to: &out)
    case .templateTooLong:
      out.write("the chat templates have more than 65536 bytes together")
    case .noTemplate:
      out.write("the model has no chat template; --raw takes the prompt as it is")
    }
  }

  public var exitCode: ExitCode {
    switch self {
    case .model(let error): error.exitCode
    case .templateFile(let error), .memory(let error): error.exitCode
    default: .malformedData
    }
  }
}
