import Text

// The probabilities of tokens: of chats as a list of objects, one for each token, of texts as lists of
// names, of log-probabilities, of the likeliest tokens, and of places in the text (OpenAI's API
// reference, chat completions and completions).
extension CompletionAnswer {
  /// Times that all tokens are written.
  var chancePartCount: Int { isChat ? 1 : 4 }

  private static func name(ofPart part: Int) -> StaticString {
    switch part {
    case 0: "tokens"
    case 1: "token_logprobs"
    case 2: "top_logprobs"
    default: "text_offset"
    }
  }

  func beginChances<Sink>(_ out: inout ResponseWriter<Sink>) {
    out.write(isChat ? "{\"content\":[" : "{")
    if !isChat { beginPart(0, &out) }
  }

  private func beginPart<Sink>(_ part: Int, _ out: inout ResponseWriter<Sink>) {
    out.write(part > 0 ? "],\"" : "\"")
    out.write(Self.name(ofPart: part))
    out.write("\":[")
  }

  /// - Parameter isFirst: of its part.
  mutating func write<Sink>(
    _ chances: TokenChances, part: Int, _ names: TokenNames, isFirst: Bool,
    _ out: inout ResponseWriter<Sink>
  ) {
    if !isFirst {
      out.write(",")
    } else if part > 0 {
      beginPart(part, &out)
    }
    if isChat {
      Self.write(chances, names, &out)
      return
    }
    switch part {
    case 0: Self.writeName(of: chances.token, names, &out)
    case 1: Self.write(chances.logProbability, &out)
    case 2: Self.writeLikeliest(chances, names, &out)
    default:
      out.write(textOffset)
      textOffset += names.characterCount(of: chances.token, isAtStart: isAtStart)
      isAtStart = isAtStart && names.isControl(chances.token)
    }
  }

  /// - Parameter isEmpty: whether there was no token.
  func endChances<Sink>(isEmpty: Bool, _ out: inout ResponseWriter<Sink>) {
    if isEmpty && !isChat {
      for part in 1..<chancePartCount { beginPart(part, &out) }
    }
    out.write(isChat ? "],\"refusal\":null}" : "]}")
  }

  private static func write<Sink>(
    _ chances: TokenChances, _ names: TokenNames, _ out: inout ResponseWriter<Sink>
  ) {
    writeStart(chances.token, chances.logProbability, names, &out)
    out.write(",\"top_logprobs\":[")
    for index in 0..<chances.count {
      if index > 0 { out.write(",") }
      let other = chances[index]
      writeStart(other.token, other.logProbability, names, &out)
      out.write("}")
    }
    out.write("]}")
  }

  private static func writeLikeliest<Sink>(
    _ chances: TokenChances, _ names: TokenNames, _ out: inout ResponseWriter<Sink>
  ) {
    if chances.count == 0 {
      out.write("null")
      return
    }
    for index in 0..<chances.count {
      out.write(index > 0 ? "," : "{")
      let other = chances[index]
      writeName(of: other.token, names, &out)
      out.write(":")
      write(other.logProbability, &out)
    }
    out.write("}")
  }

  private static func writeStart<Sink>(
    _ token: Int32, _ logProbability: Float, _ names: TokenNames,
    _ out: inout ResponseWriter<Sink>
  ) {
    out.write("{\"id\":")
    out.write(Int(token))
    out.write(",\"token\":")
    writeName(of: token, names, &out)
    out.write(",\"bytes\":[")
    names.writeBytes(of: token, to: &out)
    out.write("],\"logprob\":")
    write(logProbability, &out)
  }

  private static func writeName<Sink>(
    of token: Int32, _ names: TokenNames, _ out: inout ResponseWriter<Sink>
  ) {
    out.write("\"")
    names.writeText(of: token, to: &out)
    out.write("\"")
  }

  private static func write<Sink>(_ logProbability: Float, _ out: inout ResponseWriter<Sink>) {
    if logProbability.isNaN {
      out.write("null")
    } else {
      out.write(Double(logProbability), decimals: 6)
    }
  }
}
