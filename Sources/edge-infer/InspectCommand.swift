import CPlatform
import Generation
import Memory
import Model
import Platform

/// `inspect`: what a GGUF file holds.
func inspectCommand(_ arguments: Arguments) throws(CommandFailure) {
  guard let name = unsafe arguments.model else {
    throw CommandFailure(.usage, "a model is missing: the path of a GGUF file")
  }
  let path = unsafe ModelPath(name)
  var buffer = HeaderBuffer()
  let model = try buffer.open(path, needsWeights: false)
  var census = TensorCensus()
  do throws(ModelError) {
    try buffer.visitTensors(of: model, &census)
  } catch {
    throw CommandFailure(.model(error), path)
  }
  var output = TextOutput.standardOutput
  writeModel(model, &output)
  writeTokenizer(model.tokenizer, &output)
  census.write(to: &output)
  try finish(&output)
}

private func writeModel(_ model: borrowing ModelFile, _ out: inout TextOutput) {
  let shape = model.shape
  writeRow("name", model.name, &out)
  writeName("architecture", &out)
  out.write(model.shape.architecture.name)
  out.write("\n")
  writeRow("GGUF version", Int(model.version), &out)
  if model.partCount > 1 { writeRow("files", model.partCount, &out) }
  if let packed = model.packed {
    writeName("packed for", &out)
    out.write(BuildFeatures.name)
    out.write("\n")
    writeRow("weight bytes", packed.weights.byteCount, &out)
    writeRow("source bytes", packed.sourceByteCount, &out)
    writeName("source XXH64", &out)
    out.write(hexadecimal: packed.sourceHash)
    out.write("\n")
    if packed.headBudgets != nil { out.write("head budgets          in the file\n") }
  } else {
    writeRow("file bytes", model.byteCount, &out)
  }
  writeRow("layers", shape.layerCount, &out)
  writeRow("embedding length", shape.embeddingLength, &out)
  writeRow("feed-forward length", shape.attentionLayer.feedForwardLength, &out)
  writeRow("heads", shape.attentionLayer.headCount, &out)
  writeRow("KV heads", shape.attentionLayer.kvHeadCount, &out)
  writeRow("head dimension", shape.attentionLayer.headDim, &out)
  writeRow("vocabulary", shape.vocabularyCount, &out)
  writeRow("trained length", shape.contextLength, &out)
  writeName("RoPE base", &out)
  out.write(Double(shape.ropeTables[0].frequencyBase), decimals: 1)
  out.write("\n")
  writeName("RMS norm epsilon", &out)
  out.write(Double(shape.rmsEpsilon), decimals: 9)
  out.write("\n")
  writeName("output head", &out)
  out.write(shape.isOutputTied ? "tied to the embeddings\n" : "own matrix\n")
}

private func writeTokenizer(_ tokenizer: TokenizerFacts, _ out: inout TextOutput) {
  writeRow("tokenizer", tokenizer.name, &out)
  writeRow("pre-tokenizer", tokenizer.preTokenizer, &out)
  writeRow("tokens", tokenizer.tokenCount, &out)
  writeRow("merges", tokenizer.mergeCount, &out)
  writeRow("special tokens", tokenizer.specialTokenCount, &out)
  writeRow("chat template bytes", tokenizer.chatTemplate?.byteCount ?? 0, &out)
}

private func writeName(_ name: StaticString, _ out: inout TextOutput) {
  out.write(name, width: 22)
}

private func writeRow(_ name: StaticString, _ value: Int, _ out: inout TextOutput) {
  writeName(name, &out)
  out.write(value)
  out.write("\n")
}

private func writeRow(_ name: StaticString, _ value: Excerpt, _ out: inout TextOutput) {
  writeName(name, &out)
  if value.count == 0 { out.write("none") } else { out.write(quoted: value) }
  out.write("\n")
}

extension StorageType {
  fileprivate var bitsPerWeight: Double {
    Double(blockByteCount * 8) / Double(blockElementCount)
  }
}

/// Counts tensors, elements and bytes by type.
private struct TensorCensus: TensorVisitor {
  private static let codeCount = 64
  private var tensorCounts = InlineArray<64, Int>(repeating: 0)
  private var byteCounts = InlineArray<64, Int>(repeating: 0)

  mutating func visit(_ tensor: TensorEntry) throws(ModelError) {
    let code = Int(tensor.type.code)
    if code >= Self.codeCount { return }
    tensorCounts[code] += 1
    byteCounts[code] += tensor.byteCount
  }

  func write(to out: inout TextOutput) {
    for code in 0..<Self.codeCount where tensorCounts[code] > 0 {
      guard let type = StorageType(code: UInt32(code)) else { continue }
      writeName("tensors", &out)
      out.write(type.name, width: 8)
      out.write(tensorCounts[code], width: 6)
      out.write(" tensors")
      out.write(byteCounts[code], width: 15)
      out.write(" bytes, ")
      out.write(type.bitsPerWeight, decimals: 2, width: 5)
      out.write(" bits a weight\n")
    }
  }
}
