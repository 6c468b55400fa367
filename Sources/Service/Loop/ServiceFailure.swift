import Generation
import Inference
import Template
import Tokenizer

/// Why a request for a text gets no whole answer.
enum ServiceFailure: Error {
  case http(HTTPError)
  case request(RequestError)
  /// The answer cannot be bound to what the request asks for; the loop has the reason.
  case binding
  /// The chat template refuses the messages, or cannot write them.
  case template(TemplateError)
  /// The client went away.
  case gone
  case numbers(NumberFault)
}

extension ServiceFailure {
  init(_ failure: GenerationFailure<TokenizerError>) {
    switch failure {
    case .source: self = .http(.internalFailure)
    case .pass(let failure): self.init(failure)
    case .emptyPrompt: self = .http(.emptyPrompt)
    }
  }

  init(_ failure: PassFailure) {
    switch failure {
    case .cacheFull: self = .http(.contextLengthExceeded)
    case .numbers(let fault): self = .numbers(fault)
    }
  }
}
