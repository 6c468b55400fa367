import Constraint
import Generation
import Platform
import Text

/// Binds the answer to the schema or grammar that the command line names.
func bindAnswer(
  _ arguments: Arguments, _ program: inout Program, _ console: inout Console
) throws(CommandFailure) {
  guard let path = unsafe arguments.jsonSchema ?? arguments.grammar else { return }
  if program.model.generator.constraint == nil {
    throw CommandFailure(.malformedData, "a model without a tokenizer has no text to be bound")
  }
  let isGrammar = unsafe arguments.grammar != nil
  let buffer = unsafe UnsafeMutableRawBufferPointer(
    start: program.layout.input, count: TokenFile.bufferByteCount)
  let stream: InputStream
  do throws(SystemFailure) {
    stream = unsafe try InputStream(path: path)
  } catch {
    throw unsafe CommandFailure(.system(error), path: path)
  }
  var reading = BindingText(isGrammar: isGrammar)
  reading.begin(&program.model.generator.constraint!.text)
  while true {
    var byteCount = 0
    do throws(SystemFailure) {
      byteCount = unsafe try stream.read(into: buffer)
    } catch {
      throw unsafe CommandFailure(.system(error), path: path)
    }
    do throws(ConstraintError) {
      let bytes = unsafe UnsafeRawBufferPointer(rebasing: buffer[..<byteCount])
        .bindMemory(to: UInt8.self)
      let span = unsafe bytes.span
      try reading.take(span, &program.model.generator.constraint!.text)
      if byteCount > 0 { continue }
      try reading.finish(&program.model.generator.constraint!.text)
      return
    } catch {
      console.error.write("edge-infer: ")
      unsafe console.error.write(quoted: Excerpt(cString: path))
      console.error.write(": ")
      program.model.generator.constraint!.text.write(error, to: &console.error)
      console.error.write("\n")
      console.error.flush()
      throw CommandFailure(.malformedData)
    }
  }
}
