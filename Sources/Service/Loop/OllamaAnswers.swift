import Inference
import Model
import Platform
import Text

/// What is told of the model that a service offers.
struct ServedModel {
  let shape: ModelShape
  let byteCount: Int
  /// The file's format of most weights; int8 for those that are held as such.
  let formatName: StaticString

  init(_ model: borrowing ModelFile) {
    shape = model.shape
    var kept = model.shape
    kept.keepsCodes = true
    formatName = FormatTally(kept).largestName
    byteCount = model.byteCount
  }

  var family: StaticString { shape.architecture.description.name }
}

// Answers of Ollama's API that need no model.
extension ServiceLoop where Host: ~Copyable {
  /// Answers a request with a body if that needs no turn.
  /// - Returns: whether it has been answered.
  mutating func answerAtOnce(_ index: Int) throws(ServiceFailure) -> Bool {
    let kind = table[index].kind
    if kind.form != .ollama { return false }
    if kind == .show {
      answerShow(index)
    } else if !table[index].settings.hasPrompt {
      var writer = begin(
        index, CompletionAnswer.type(.ollama, isStream: table[index].isStream), isBodyRead: true)
      CompletionAnswer(
        kind, table[index].settings, number: 0, unixSeconds: unixSeconds(), model: facts.name.text
      ).writeLoaded(&writer)
      end(index, &writer)
    } else {
      return false
    }
    return true
  }

  mutating func answerVersion(_ index: Int) {
    var writer = begin(index, .json)
    writer.write("{\"version\":")
    writer.write(jsonString: facts.version)
    writer.write("}")
    end(index, &writer)
  }

  /// The one model, which is always in memory.
  mutating func answerTags(_ index: Int, isRunning: Bool) {
    var writer = begin(index, .json)
    writer.write("{\"models\":[{\"name\":")
    writer.write(jsonString: facts.name.text)
    writer.write(",\"model\":")
    writer.write(jsonString: facts.name.text)
    writer.write(",\"size\":")
    writer.write(isRunning ? facts.arenaByteCount : model.byteCount)
    if isRunning {
      writer.write(",\"size_vram\":0,\"context_length\":")
      writer.write(facts.contextLength)
    } else {
      writer.write(",\"modified_at\":\"")
      CalendarTime(unixSeconds: facts.startSeconds).writeDate(to: &writer)
      writer.write("\"")
    }
    writeDetails(to: &writer)
    writer.write("}]}")
    end(index, &writer)
  }

  private func writeDetails(to writer: inout ResponseWriter<ConnectionSink>) {
    writer.write(",\"details\":{\"parent_model\":\"\",\"format\":\"gguf\",\"family\":")
    writer.write(jsonString: model.family)
    writer.write(",\"families\":[")
    writer.write(jsonString: model.family)
    writer.write("],\"parameter_size\":\"")
    writer.write(Double(model.shape.parameterCount) / 1e6, decimals: 1)
    writer.write("M\",\"quantization_level\":")
    writer.write(jsonString: model.formatName)
    writer.write("}")
  }

  private mutating func answerShow(_ index: Int) {
    var writer = begin(index, .json, isBodyRead: true)
    writer.write("{\"parameters\":\"\",\"template\":\"")
    prompt.writeTemplate(atMost: Connection.outputByteCount / 2, to: &writer)
    writer.write("\",\"modified_at\":\"")
    CalendarTime(unixSeconds: facts.startSeconds).writeDate(to: &writer)
    writer.write("\"")
    writeDetails(to: &writer)
    writer.write(",\"model_info\":{\"general.architecture\":")
    writer.write(jsonString: model.family)
    writer.write(",\"general.parameter_count\":")
    writer.write(model.shape.parameterCount)
    writeInfo("context_length", facts.contextLength, to: &writer)
    writeInfo("embedding_length", model.shape.embeddingLength, to: &writer)
    writeInfo("block_count", model.shape.layerCount, to: &writer)
    writeInfo("vocab_size", model.shape.vocabularyCount, to: &writer)
    writer.write("},\"capabilities\":[\"completion\"")
    if prompt.hasTemplate { writer.write(",\"tools\"") }
    if prompt.hasThoughts { writer.write(",\"thinking\"") }
    writer.write("]}")
    end(index, &writer)
  }

  private func writeInfo(
    _ name: StaticString, _ value: Int, to writer: inout ResponseWriter<ConnectionSink>
  ) {
    writer.write(",\"")
    writer.write(model.family)
    writer.write(".")
    writer.write(name)
    writer.write("\":")
    writer.write(value)
  }
}
