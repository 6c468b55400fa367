import Text

/// Why a template could not be compiled or did not end. The line is that of the template, from 1; 0 if
/// the problem has no place in it.
public struct TemplateError: Error, Sendable {
  public enum Problem: UInt8, Sendable {
    /// The template called `raise_exception`; the engine's `message` is its text.
    case refused
    /// The template is not Jinja; `expected` says what would be right.
    case syntax
    /// A value is not defined; the engine's `message` is its name.
    case undefined
    /// An operation has no meaning for its values.
    case type
    case nestedTooDeeply
    case tooManySteps
    case tooManyVariables
    /// The value heap is full.
    case heapFull
    /// The text that the template writes has too many parts or bytes of its own.
    case outputFull
    /// The messages and variables do not fit in their memory.
    case conversationFull
    /// A text that is longer than the conversation's memory was taken apart, not only written out.
    case streamedTextTakenApart
    /// A part of the language that is not done here; `expected` names it.
    case unsupported
  }

  public let problem: Problem
  public let line: Int32
  /// What would be right, or what is not supported.
  public let expected: StaticString

  init(_ problem: Problem, line: Int32 = 0, _ expected: StaticString = "") {
    self.problem = problem
    self.line = line
    self.expected = expected
  }
}

extension TemplateError {
  /// Of an owner of the data, who has found no room for a text.
  public static var conversationFull: TemplateError { TemplateError(.conversationFull) }
  /// Of a text that does not have the mark of `TemplateData.markEnd`.
  public static var lastMessageLost: TemplateError {
    TemplateError(.unsupported, "to go on with the last message, which it does not write")
  }

  /// Of a template that does not compile: one line without its end.
  public func write<Sink: ByteSink & ~Copyable>(to out: inout Sink) {
    writeStart(to: &out)
    writeEnd(to: &out)
  }

  /// What stands before the engine's message.
  func writeStart<Sink: ByteSink & ~Copyable>(to out: inout Sink) {
    if problem == .refused { return }
    out.write("chat template")
    if line > 0 {
      out.write(", line ")
      out.write(Int(line))
    }
    out.write(": ")
  }

  /// What stands behind it.
  func writeEnd<Sink: ByteSink & ~Copyable>(to out: inout Sink) {
    switch problem {
    case .refused: return
    case .syntax: out.write("expected ")
    case .undefined: out.write(" is not defined")
    case .type: out.write("the values do not fit the operation: ")
    case .nestedTooDeeply: out.write("it is nested more deeply than allowed")
    case .tooManySteps: out.write("it takes more steps than allowed")
    case .tooManyVariables: out.write("it has more variables than allowed")
    case .heapFull: out.write("its values need more memory than there is for them")
    case .outputFull: out.write("what it captures has more text than there is memory for")
    case .conversationFull: out.write("the conversation is longer than its memory")
    case .streamedTextTakenApart:
      out.write("it takes a text apart that is longer than the conversation's memory")
    case .unsupported: out.write("not supported: ")
    }
    out.write(expected)
  }
}
