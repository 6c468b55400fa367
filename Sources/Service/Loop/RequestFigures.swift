import Platform

/// What a request for a text took.
public struct RequestFigures: Sendable {
  /// Tokens of the prompt that have been read, those that were kept included.
  public internal(set) var promptCount = 0
  /// Of the prompt, tokens that were kept and not read again.
  public internal(set) var cachedCount = 0
  public internal(set) var generatedCount = 0
  /// Tokens that were proposed, and those of them that were chosen.
  var proposedCount = 0
  var acceptedCount = 0
  /// From the request's head to the first token; 0 if there was none.
  public internal(set) var firstTokenNanoseconds: Int64 = 0
  /// From its turn to its end; 0 if it never came to its turn.
  public internal(set) var servedNanoseconds: Int64 = 0

  init() {}

  var usage: TokenUsage {
    TokenUsage(
      promptCount: promptCount, cachedCount: cachedCount, completionCount: generatedCount)
  }
}

/// A request that has been answered, or whose client has gone.
public struct RequestRecord: Sendable {
  let head: RequestHead
  /// Nil if the client had gone.
  public let status: HTTPStatus?
  public let figures: RequestFigures
  /// From the head to the end; 0 if the head was never whole.
  public let nanoseconds: Int64

  /// One line: method, target, status, counts of tokens and milliseconds.
  @export(interface)
  public func write(to out: inout TextOutput) {
    switch head.method {
    case .get: out.write("GET ")
    case .head: out.write("HEAD ")
    case .post: out.write("POST ")
    case .options: out.write("OPTIONS ")
    case .other: out.write("- ")
    }
    if head.target.count == 0 {
      out.write("-")
    } else {
      for index in 0..<head.target.count { out.write(byte: head.target[index]) }
      if head.target.isCut { out.write("…") }
    }
    out.write(" ")
    if let status { out.write(status.rawValue) } else { out.write("gone") }
    if figures.promptCount > 0 {
      out.write(", prompt ")
      out.write(figures.promptCount)
      out.write(" cached ")
      out.write(figures.cachedCount)
      out.write(" generated ")
      out.write(figures.generatedCount)
    }
    out.write(", ")
    out.write(Double(nanoseconds) / 1e6, decimals: 1)
    out.write(" ms\n")
  }
}
