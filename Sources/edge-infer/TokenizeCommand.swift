import CPlatform
import Generation
import Memory
import Model
import Platform
import Tokenizer

/// `tokenize`: a text's ids on one line.
func tokenizeCommand(_ arguments: Arguments) throws(CommandFailure) {
  guard let name = unsafe arguments.model else {
    throw CommandFailure(.usage, "a model is missing: the path of a GGUF file")
  }
  let path = unsafe ModelPath(name)
  var buffer = HeaderBuffer()
  var model = try buffer.open(path, needsWeights: false)
  let preTokenizer = try arguments.knownPreTokenizer()
  try checkSplits(model.tokenizer, preTokenizer)
  if let preTokenizer { model.setPreTokenizer(preTokenizer) }
  writeWarnings(model.tokenizer)
  let needs: TextNeeds
  do throws(TextFailure) {
    needs = try buffer.textNeeds(of: model, usesTemplate: false)
  } catch {
    throw CommandFailure(.textLayer(error), path)
  }
  var measuring = Carver.measuring
  _ = TokenizeLayout(carver: &measuring, needs)
  let arena = try mapArena(measuring.measured())
  var carver = arena.carver()
  var layout = TokenizeLayout(carver: &carver, needs)
  carver.seal()
  do throws(TextFailure) {
    try buffer.load(layout.text, of: model, into: arena)
  } catch {
    throw CommandFailure(.textLayer(error), path)
  }
  try writeTokens(arguments, &layout)
  _ = consume arena
}

/// All of the arena when only the tokenizer is used.
@safe private struct TokenizeLayout: ~Copyable {
  var text: TextLayout
  let readCount: UnsafeMutablePointer<Int>

  init(carver: inout Carver, _ needs: borrowing TextNeeds) {
    text = TextLayout(carver: &carver, needs)
    unsafe readCount = carver.take(.text, Int.self, count: 1)
  }
}

private func writeTokens(
  _ arguments: Arguments, _ layout: inout TokenizeLayout
) throws(CommandFailure) {
  let bytes = unsafe try openText(arguments, readCount: layout.readCount)
  let byteCount = bytes.byteCount
  let plain = PlainText(bytes, name: "text", parsesSpecialTokens: true)
  var source = unsafe TextPrompt(
    plain, layout.text.marks.ofWholeText, layout.text.takeEncoder(), layout.text.vocabulary,
    readCount: layout.readCount, byteCount: byteCount)
  var output = TextOutput.standardOutput
  var isFirst = true
  while true {
    let item: PromptItem
    do throws(TokenizerError) {
      item = try source.next()
    } catch {
      throw unsafe CommandFailure(.tokenizer(error), about: .prompt(arguments.promptPath))
    }
    guard case .token(let token) = item else { break }
    if !isFirst { output.write(" ") }
    isFirst = false
    output.write(Int(token))
  }
  output.write("\n")
  try finish(&output)
}
