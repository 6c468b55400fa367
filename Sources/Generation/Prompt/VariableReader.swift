import Platform
import Template

/// Why a file of a template's variables cannot be read.
public enum VariableFault: LineError {
  /// After so many bytes.
  case json(JSONFault, byteCount: Int)
  case notAnObject
  case template(TemplateError)

  @export(interface)
  public func write(to out: inout TextOutput) {
    switch self {
    case .json(.unexpectedEnd, _): out.write("the JSON is not whole")
    case .json(_, let byteCount):
      out.write("it is not JSON after byte ")
      out.write(byteCount)
    case .notAnObject: out.write("it is not an object of a chat template's variables")
    case .template(let error): error.write(to: &out)
    }
  }

  public var exitCode: ExitCode { .malformedData }
}

/// Reads a JSON object, in pieces of any size, as further members of an object that is open.
public struct VariableReader: Sendable {
  private var tokenizer = JSONTokenizer()
  private var hasBegun = false

  public init() {}

  public var isEnded: Bool { tokenizer.isEnded }

  public mutating func feed(
    _ bytes: Span<UInt8>, into data: inout TemplateData
  ) throws(VariableFault) {
    var offset = 0
    while true {
      let event: JSONTokenizer.Event
      do throws(JSONFault) {
        event = try tokenizer.next(bytes, at: &offset)
      } catch {
        throw .json(error, byteCount: tokenizer.byteCount)
      }
      if case .needsMore = event { return }
      if hasBegun {
        try take(event, bytes, into: &data)
      } else {
        guard case .beginObject = event else { throw .notAnObject }
        hasBegun = true
      }
    }
  }

  private func take(
    _ event: JSONTokenizer.Event, _ bytes: Span<UInt8>, into data: inout TemplateData
  ) throws(VariableFault) {
    do throws(TemplateError) {
      try data.take(event, bytes)
    } catch {
      throw .template(error)
    }
  }
}
