import Text

// Calls of tools in a message.
extension CompletionAnswer {
  /// A call follows, and then its arguments.
  /// - Parameter index: of the call in its message.
  mutating func beginCall<Sink>(
    _ name: FixedText<65>, _ index: Int, _ out: inout ResponseWriter<Sink>
  ) {
    if isStream {
      beginCallEvent(index, &out)
      out.write(",")
    } else {
      switch openMember {
      case .none: out.write(",\"content\":null,\"tool_calls\":[{")
      case .thoughts: out.write("\",\"content\":null,\"tool_calls\":[{")
      case .content: out.write("\",\"tool_calls\":[{")
      case .calls: out.write("\"}},{")
      }
    }
    openMember = .calls
    out.write("\"id\":\"")
    writeID(of: index, &out)
    out.write("\",\"type\":\"function\",\"function\":{\"name\":")
    out.write(jsonString: name)
    out.write(",\"arguments\":\"")
    if isStream {
      out.write("\"")
      endCallEvent(&out)
    }
  }

  /// - Parameter json: a piece of the arguments.
  func writeArguments<Sink>(
    _ json: Span<UInt8>, _ index: Int, _ out: inout ResponseWriter<Sink>
  ) {
    if !isStream {
      out.write(jsonText: json)
      return
    }
    beginCallEvent(index, &out)
    out.write(",\"function\":{\"arguments\":")
    out.write(jsonString: json)
    endCallEvent(&out)
  }

  private func beginCallEvent<Sink>(_ index: Int, _ out: inout ResponseWriter<Sink>) {
    beginChoiceEvent(&out)
    out.write(",\"delta\":{\"tool_calls\":[{\"index\":")
    out.write(index)
  }

  private func endCallEvent<Sink>(_ out: inout ResponseWriter<Sink>) {
    out.write("}}]},\"logprobs\":null")
    endChoiceEvent(nil, nil, &out)
  }

  /// Nine letters and digits, as Mistral's templates want them.
  private func writeID<Sink>(of index: Int, _ out: inout ResponseWriter<Sink>) {
    // Consecutive numbers give numbers that are far apart (Knuth, "The Art of Computer Programming",
    // volume 3, 6.4: multiplicative hashing).
    var rest =
      (number &+ UInt64(choice) << 16 &+ UInt64(index) &+ 1) &* 0x9e37_79b9_7f4a_7c15 >> 16
    for _ in 0..<9 {
      let digit = UInt8(rest % 36)
      out.write(byte: digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
      rest /= 36
    }
  }
}
