import Constraint
import Generation
import Platform
import Template
import Text

// The tools of `--tools`: a list, as OpenAI's API has it.
extension Program {
  /// Puts the tools into the variables of the template, and binds calls in answers to them.
  mutating func readTools(
    _ path: UnsafePointer<CChar>, into data: inout TemplateData, _ console: inout Console
  ) throws(CommandFailure) {
    let family = model.text!.template!.withToolSource { ToolFamily(template: $0) }
    guard model.generator.constraint != nil else {
      throw CommandFailure(.malformedData, "a model without a tokenizer has no text to be bound")
    }
    do throws(TemplateError) {
      try data.name("tools")
    } catch {
      throw CommandFailure(.variables(.template(error)))
    }
    model.generator.constraint!.text.beginTools()
    unsafe try feedTools(path, into: &data, &console)
    do throws(ConstraintError) {
      try model.generator.constraint!.text.finishTools(
        family, .auto, chosen: FixedText<65>(), isParallel: true)
    } catch {
      throw unsafe write(error, path, &console)
    }
  }

  private mutating func feedTools(
    _ path: UnsafePointer<CChar>, into data: inout TemplateData, _ console: inout Console
  ) throws(CommandFailure) {
    let stream = unsafe try openPrompt(path)
    var json = JSONTokenizer()
    var buffer = InlineArray<4096, UInt8>(repeating: 0)
    while true {
      var count = 0
      do throws(SystemFailure) {
        count = unsafe try withUnsafeMutableBytes(of: &buffer) { (bytes) throws(SystemFailure) in
          unsafe try stream.read(into: bytes)
        }
      } catch {
        throw unsafe CommandFailure(.system(error), path: path)
      }
      if count == 0 { break }
      unsafe try take(buffer.span.extracting(0..<count), &json, &data, path, &console)
    }
    if !json.isEnded {
      throw unsafe CommandFailure(
        .variables(.json(.unexpectedEnd, byteCount: json.byteCount)), path: path)
    }
  }

  private mutating func take(
    _ bytes: Span<UInt8>, _ json: inout JSONTokenizer, _ data: inout TemplateData,
    _ path: UnsafePointer<CChar>, _ console: inout Console
  ) throws(CommandFailure) {
    var offset = 0
    while true {
      let event: JSONTokenizer.Event
      do throws(JSONFault) {
        event = try json.next(bytes, at: &offset)
      } catch {
        throw unsafe CommandFailure(
          .variables(.json(error, byteCount: json.byteCount)), path: path)
      }
      if case .needsMore = event { return }
      do throws(TemplateError) {
        try data.take(event, bytes)
      } catch {
        throw unsafe CommandFailure(.variables(.template(error)), path: path)
      }
      do throws(ConstraintError) {
        try model.generator.constraint!.text.take(event, bytes)
      } catch {
        throw unsafe write(error, path, &console)
      }
    }
  }

  /// Writes what is wrong with the tools.
  private func write(
    _ error: ConstraintError, _ path: UnsafePointer<CChar>, _ console: inout Console
  ) -> CommandFailure {
    console.error.write("edge-infer: ")
    unsafe console.error.write(quoted: Excerpt(cString: path))
    console.error.write(": ")
    switch model.generator.constraint {
    case .some(let constraint): constraint.text.write(error, to: &console.error)
    case .none: break
    }
    console.error.write("\n")
    console.error.flush()
    return CommandFailure(.malformedData)
  }
}
