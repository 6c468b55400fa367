import Generation
import Memory
import Model
import Platform
import Template
import Tokenizer

/// `template`: the text that the model's chat template makes of a conversation.
func templateCommand(_ arguments: Arguments, _ console: inout Console) throws(CommandFailure) {
  guard let name = unsafe arguments.model else {
    throw CommandFailure(.usage, "a model is missing: the path of a GGUF file")
  }
  let path = unsafe ModelPath(name)
  var buffer = HeaderBuffer()
  let model = try buffer.open(path, needsWeights: false)
  let needs: TemplateCommandNeeds
  do throws(TextFailure) {
    needs = try TemplateCommandNeeds(model, &buffer, arguments)
  } catch {
    throw CommandFailure(.textLayer(error), path)
  }
  var measuring = Carver.measuring
  _ = TemplateLayout(carver: &measuring, needs)
  let arena = try mapArena(measuring.measured())
  var carver = arena.carver()
  var layout = TemplateLayout(carver: &carver, needs)
  carver.seal()
  do throws(TextFailure) {
    try buffer.load(layout.text, of: model, into: arena)
  } catch {
    throw CommandFailure(.textLayer(error), path)
  }
  try fill(&layout, model.tokenizer, arguments)
  try render(&layout.engine, count: arguments.repeatCount ?? 1, &console)
  var output = TextOutput.standardOutput
  var made = layout.engine.text
  repeat {
    for index in 0..<made.partCount { output.write(made.bytes(of: made.part(index))) }
  } while made.advance()
  try finish(&output)
  _ = consume arena
}

/// The longest conversation that `template` takes, in bytes.
private var conversationByteCountMax: Int { 4 << 20 }

private struct TemplateCommandNeeds: ~Copyable {
  let text: TextNeeds
  let template: TemplateNeeds

  init(
    _ model: borrowing ModelFile, _ buffer: inout HeaderBuffer, _ arguments: Arguments
  ) throws(TextFailure) {
    let text = try buffer.textNeeds(of: model, usesTemplate: false)
    let template = try TemplateNeeds.make(
      model, file: arguments.templateFile, hasChatML: text.hasChatML, tellsOfTools: false,
      sizes: TemplateSizes(conversationByteCount: conversationByteCountMax))
    self.text = text
    self.template = template
  }
}

/// All of the arena when only the tokenizer and the template are used.
@safe private struct TemplateLayout: ~Copyable {
  var text: TextLayout
  var engine: TemplateEngine
  let readCount: UnsafeMutablePointer<Int>

  init(carver: inout Carver, _ needs: borrowing TemplateCommandNeeds) {
    text = TextLayout(carver: &carver, needs.text)
    // TemplateNeeds has compiled the same text.
    guard let engine = try? needs.template.engine(carver: &carver) else {
      preconditionFailure("the template was compiled before")
    }
    self.engine = engine
    unsafe readCount = carver.take(.text, Int.self, count: 1)
  }
}

private func fill(
  _ layout: inout TemplateLayout, _ facts: TokenizerFacts, _ arguments: Arguments
) throws(CommandFailure) {
  do throws(TemplateError) {
    unsafe try layout.engine.data.beginVariables(
      bos: facts.bosID.map { Int32($0) }, eos: facts.eosID.map { Int32($0) },
      layout.text.vocabulary.pointee)
  } catch {
    throw CommandFailure(.variables(.template(error)))
  }
  if let path = unsafe arguments.messages {
    unsafe try readMessages(path, into: &layout.engine.data)
  } else {
    unsafe try readPrompt(arguments, into: &layout.engine.data, readCount: layout.readCount)
  }
  do throws(TemplateError) {
    if unsafe arguments.messages == nil { try layout.engine.data.endObject() }
  } catch {
    throw CommandFailure(.variables(.template(error)))
  }
}

/// Adds the members of a JSON object to the variables.
private func readMessages(
  _ path: UnsafePointer<CChar>, into data: inout TemplateData
) throws(CommandFailure) {
  let stream = unsafe try openPrompt(path)
  var reader = VariableReader()
  var buffer = InlineArray<4096, UInt8>(repeating: 0)
  while true {
    let count: Int
    do throws(SystemFailure) {
      count = unsafe try withUnsafeMutableBytes(of: &buffer) { (bytes) throws(SystemFailure) in
        unsafe try stream.read(into: bytes)
      }
    } catch {
      throw unsafe CommandFailure(.system(error), path: path)
    }
    if count == 0 { break }
    do throws(VariableFault) {
      try reader.feed(buffer.span.extracting(0..<count), into: &data)
    } catch {
      throw unsafe CommandFailure(.variables(error), path: path)
    }
  }
  if !reader.isEnded {
    throw unsafe CommandFailure(.variables(.json(.unexpectedEnd, byteCount: 0)), path: path)
  }
}

/// The conversation of `--system` and the prompt.
private func readPrompt(
  _ arguments: Arguments, into data: inout TemplateData, readCount: UnsafeMutablePointer<Int>
) throws(CommandFailure) {
  var prompt = unsafe try openText(arguments, readCount: readCount)
  let subject = unsafe FailureSubject.prompt(arguments.promptPath)
  do throws(TemplateError) {
    try data.name("messages")
    try data.beginArray()
    if let system = unsafe arguments.system {
      unsafe try data.put(role: "system", cStringSpan(system))
    }
    try data.beginMessage("user")
  } catch {
    throw CommandFailure(.variables(.template(error)))
  }
  var text = UTF8Sequence()
  var buffer = InlineArray<4096, UInt8>(repeating: 0)
  while true {
    let count: Int
    do throws(SystemFailure) {
      count = unsafe try withUnsafeMutableBytes(of: &buffer) { (bytes) throws(SystemFailure) in
        unsafe try prompt.read(into: bytes)
      }
    } catch {
      throw CommandFailure(.system(error), about: subject)
    }
    if count == 0 { break }
    for index in 0..<count where text.accept(buffer[index]) == .invalid {
      throw CommandFailure(.text(.malformedData, "the text is not UTF-8"), about: subject)
    }
    if data.append(buffer.span.extracting(0..<count)) < count {
      throw CommandFailure(
        .text(.malformedData, "the text is longer than the conversation's memory"), about: subject)
    }
  }
  if !text.isBetweenSequences {
    throw CommandFailure(.text(.malformedData, "the text is not UTF-8"), about: subject)
  }
  do throws(TemplateError) {
    try data.endMessage()
    try data.endArray()
  } catch {
    throw CommandFailure(.variables(.template(error)))
  }
}

/// Runs the template so many times, and says how long that took if it is more than once.
private func render(
  _ engine: inout TemplateEngine, count: Int, _ console: inout Console
) throws(CommandFailure) {
  var (least, sum) = (Int64.max, Int64(0))
  for _ in 0..<count {
    let start = Instant.now()
    do throws(TemplateError) {
      try engine.render(now: TemplateTime(secondsSince1970: unixSeconds()))
    } catch {
      console.error.write("edge-infer: ")
      engine.write(error, to: &console.error)
      console.error.write("\n")
      throw CommandFailure(.malformedData)
    }
    let duration = Instant.now().nanoseconds(since: start)
    least = min(least, duration)
    sum += duration
  }
  if count == 1 { return }
  console.error.write("template: ")
  console.error.write(count)
  console.error.write(" runs, ")
  console.error.write(Double(least) / 1e6, decimals: 3)
  console.error.write(" ms at least, ")
  console.error.write(Double(sum) / 1e6 / Double(count), decimals: 3)
  console.error.write(" ms on average\n")
  console.error.flush()
}
