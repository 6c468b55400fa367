/// What a prompt source gives next.
public enum PromptItem: Sendable {
  case token(Int32)
  case end
  /// Nothing has come yet: the source is to be asked again later.
  case pending
}

/// Token ids in order, from wherever they come.
public protocol TokenSource: ~Copyable {
  associatedtype Failure: Error
  mutating func next() throws(Failure) -> PromptItem
}

/// A prompt, token by token, that says how far it has been read.
public protocol PromptSource: TokenSource, ~Copyable {
  /// The part of the prompt that has been read, if its size is known.
  var fraction: Double? { get }
}

/// A prompt without tokens: for an answer to what the cache holds already.
public struct EmptyPrompt: PromptSource {
  public var fraction: Double? { nil }

  public init() {}

  public mutating func next() throws(Never) -> PromptItem { .end }
}
