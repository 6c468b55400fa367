import Platform
import Template

// Requests as they come, and answers that need no model.
extension ServiceLoop where Host: ~Copyable {
  /// Reads the next request of a connection as far as it has come, and answers it if that needs no
  /// model.
  mutating func answerNext(_ index: Int) {
    if table[index].phase == .reading { readHead(index) }
    if table[index].phase == .receiving { readBody(index) }
  }

  private mutating func readHead(_ index: Int) {
    do throws(HTTPError) {
      while true {
        switch try table[index].nextEvent() {
        case .needsMore: table.noteHead(index)
        case .head: takeHead(index)
        case .body, .end: continue
        }
        return
      }
    } catch {
      refuse(index, error, closes: true)
    }
  }

  /// Reads what has come of a body; one that is whole enters the queue.
  private mutating func readBody(_ index: Int) {
    var isWhole = false
    do throws(ServiceFailure) {
      isWhole = try table.readBody(index)
      if isWhole { try enqueue(index) }
    } catch {
      refuse(index, error, closes: !isWhole)
    }
  }

  /// A head is whole.
  private mutating func takeHead(_ index: Int) {
    table[index].deadline = .max
    table[index].requestStart = Instant.now().nanoseconds
    table[index].parser.setNumber(texts.nextNumber())
    let head = table[index].parser.head
    do throws(HTTPError) {
      let route = try facts.checkedRoute(head)
      if head.method == .options {
        answerOptions(index)
      } else if let kind = route.kind {
        try beginBody(index, kind)
      } else {
        try answer(route, index)
      }
      if head.expectsContinue && !table[index].hasInput { sendContinue(index) }
    } catch {
      refuse(index, error, closes: Self.hasBody(head))
    }
  }

  private mutating func answer(_ route: Route, _ index: Int) throws(HTTPError) {
    switch route {
    case .health: answerHealth(index)
    case .metrics: answerMetrics(index)
    case .models: answerModels(index)
    case .model: try answerModel(index)
    case .properties: answerProperties(index)
    case .slots: answerSlots(index)
    case .tags, .running: answerTags(index, isRunning: route == .running)
    case .version: answerVersion(index)
    case .page: answerPage(index)
    default: throw .notFound
    }
  }

  /// The client waits to be told that it may send the body.
  private mutating func sendContinue(_ index: Int) {
    if table[index].phase != .receiving { return }
    var writer = ResponseWriter(table.sink(index))
    writer.sendContinue()
  }

  /// Tells the client of a stream that waits how many are before it.
  mutating func comment(_ index: Int, before count: Int) {
    var writer = beginStream(index)
    table[index].isStreamBegun = true
    if table[index].parser.head.form == .ollama {
      // White space may precede the first object.
      writer.write(" ")
    } else {
      writer.write(": waiting, ")
      writer.write(count)
      writer.write(" before\n\n")
    }
    writer.flush()
  }

  /// The head of a stream, or what follows it if it has been sent.
  private func beginStream(_ index: Int) -> ResponseWriter<ConnectionSink> {
    var writer = ResponseWriter(table.sink(index))
    let head = table[index].parser.head
    writer.begin(
      ResponseHead(
        dated: .ok, CompletionAnswer.type(head.form, isStream: true), to: head, keepsAlive: true),
      isHeadSent: table[index].isStreamBegun)
    return writer
  }

  /// Ends a stream whose turn has not come.
  private mutating func breakOff(_ index: Int, _ error: HTTPError) {
    if table[index].outputRoom >= ServedAnswer.commentByteCountMax {
      var writer = beginStream(index)
      let form = table[index].parser.head.form
      writer.write(form.errorEventStart)
      error.writeBody(form, to: &writer)
      writer.write(form.eventEnd)
      writer.abandon()
    }
    record(index, error.status, RequestFigures())
    finish(index, keepsAlive: false)
  }

  /// Whether a body follows the head.
  private static func hasBody(_ head: RequestHead) -> Bool { head.body != .byteCount(0) }

  /// Answers with an error.
  /// - Parameter closes: whether it is not known where the next request begins, or none may follow.
  mutating func refuse(
    _ index: Int, _ error: HTTPError, closes: Bool, _ figures: RequestFigures = RequestFigures()
  ) {
    if table[index].isStreamBegun {
      breakOff(index, error)
      return
    }
    var answer = ResponseHead(error, to: table[index].parser.head, keepsAlive: !closes)
    answer.unixSeconds = unixSeconds()
    if error == .queueFull || error == .stopping { answer.retryAfterSeconds = retrySeconds }
    var writer = ResponseWriter(table.sink(index))
    writer.begin(answer)
    error.writeBody(table[index].parser.head.form, to: &writer)
    let canFollow = writer.finish()
    record(index, error.status, figures)
    finish(index, keepsAlive: canFollow)
  }

  /// Answers that the body is wrong.
  mutating func refuse(
    _ index: Int, _ error: RequestError, closes: Bool, _ figures: RequestFigures
  ) {
    var writer = ResponseWriter(table.sink(index))
    writer.begin(
      ResponseHead(
        dated: .badRequest, .json, to: table[index].parser.head, keepsAlive: !closes))
    error.writeBody(
      table[index].parser.head.form, to: &writer, unknown: table[index].reader.unknownName)
    let canFollow = writer.finish()
    record(index, .badRequest, figures)
    finish(index, keepsAlive: canFollow)
  }

  /// Answers that the chat template does not take the messages, with its own text.
  mutating func refuse(
    _ index: Int, _ error: TemplateError, closes: Bool, _ figures: RequestFigures
  ) {
    var message = MessageText()
    prompt.write(error, to: &message)
    refuse(index, message.text, about: "messages", closes: closes, figures)
  }

  /// Answers that a member of the body cannot be used.
  mutating func refuse<let capacity: Int>(
    _ index: Int, _ message: FixedText<capacity>, about member: StaticString, closes: Bool,
    _ figures: RequestFigures
  ) {
    let isStream = table[index].isStreamBegun
    var writer = isStream ? beginStream(index) : ResponseWriter(table.sink(index))
    let form = table[index].parser.head.form
    if isStream {
      writer.write(form.errorEventStart)
    } else {
      writer.begin(
        ResponseHead(
          dated: .badRequest, .json, to: table[index].parser.head, keepsAlive: !closes))
    }
    let type: StaticString = "invalid_request_error"
    form.beginError(type, to: &writer)
    writer.write(jsonText: message.bytes)
    if form.endMessage(type, to: &writer) {
      writer.write(jsonString: member)
      form.endError(code: nil, to: &writer)
    }
    if isStream {
      writer.write(form.eventEnd)
      writer.abandon()
    }
    let canFollow = isStream ? false : writer.finish()
    record(index, .badRequest, figures)
    finish(index, keepsAlive: canFollow)
  }

  /// About as long as those take that are before it.
  private var retrySeconds: Int {
    let served = metrics.served
    let mean = served.count == 0 ? 0.3e9 : Double(served.sum) / Double(served.count)
    let seconds = mean * Double(queue.count + 1) / 1e9
    return min(max(Int(min(seconds, 3600)) + 1, 1), 60)
  }

  private mutating func answerHealth(_ index: Int) {
    var writer = begin(index, .json)
    writer.write(isStopping ? "{\"status\":\"stopping\"" : "{\"status\":\"ok\"")
    writer.write(served.isNone ? ",\"busy\":false" : ",\"busy\":true")
    writer.write(",\"waiting\":")
    writer.write(queue.count)
    writer.write("}")
    end(index, &writer)
  }

  private mutating func answerModels(_ index: Int) {
    var writer = begin(index, .json)
    writeModelList(model: facts.name.text, unixSeconds: facts.startSeconds, to: &writer)
    end(index, &writer)
  }

  private mutating func answerModel(_ index: Int) throws(HTTPError) {
    if !facts.serves(table[index].parser.head.modelName) { throw .modelNotFound }
    var writer = begin(index, .json)
    writeModel(model: facts.name.text, unixSeconds: facts.startSeconds, to: &writer)
    end(index, &writer)
  }

  /// A browser asks what a page may send.
  private mutating func answerOptions(_ index: Int) {
    let head = table[index].parser.head
    var answer = ResponseHead(dated: .noContent, .json, to: head, keepsAlive: !Self.hasBody(head))
    answer.allowedHeaders = head.requestedHeaders
    var writer = ResponseWriter(table.sink(index))
    writer.begin(answer)
    let canFollow = writer.finish()
    record(index, .noContent, RequestFigures())
    finish(index, keepsAlive: canFollow)
  }

  /// As llama.cpp's server has it, as far as there is something to say.
  private mutating func answerProperties(_ index: Int) {
    var writer = begin(index, .json)
    writer.write("{\"default_generation_settings\":{\"n_ctx\":")
    writer.write(facts.contextLength)
    writer.write("},\"total_slots\":1,\"model_alias\":")
    writer.write(jsonString: facts.name.text)
    writer.write(",\"modalities\":{\"vision\":false,\"audio\":false}")
    writer.write(",\"build_info\":\"edge-infer\",\"is_sleeping\":false}")
    end(index, &writer)
  }

  private mutating func answerSlots(_ index: Int) {
    var writer = begin(index, .json)
    writer.write("[{\"id\":0,\"n_ctx\":")
    writer.write(facts.contextLength)
    writer.write(",\"speculative\":false,\"is_processing\":")
    writer.write(served.isNone ? "false" : "true")
    writer.write(",\"n_prompt_tokens\":")
    writer.write(served.isNone ? 0 : prompt.count)
    writer.write(",\"n_prompt_tokens_processed\":")
    writer.write(served.isNone ? 0 : served.readCount)
    writer.write(",\"n_decoded\":")
    writer.write(served.isNone ? 0 : served.times.generatedCount)
    writer.write("}]")
    end(index, &writer)
  }

  private mutating func answerMetrics(_ index: Int) {
    var writer = begin(index, .metrics)
    metrics.write(connectionCount: table.takenCount, to: &writer)
    Prometheus.write(gauge: "edge_infer_queue_length", queue.count, to: &writer)
    Prometheus.write(gauge: "edge_infer_busy", served.isNone ? 0 : 1, to: &writer)
    Prometheus.write(gauge: "edge_infer_connections", table.openCount, to: &writer)
    Prometheus.write(gauge: "edge_infer_kept_texts", kept.filledCount, to: &writer)
    kept.writeFileMetrics(to: &writer)
    facts.limits.write(to: &writer)
    Prometheus.write(
      gauge: "edge_infer_peak_resident_bytes", peakResidentByteCount(), to: &writer)
    Prometheus.write(gauge: "edge_infer_arena_bytes", facts.arenaByteCount, to: &writer)
    Prometheus.write(gauge: "edge_infer_start_time_seconds", facts.startSeconds, to: &writer)
    host.writeMetrics(to: &writer)
    end(index, &writer)
  }

  /// - Parameter isBodyRead: whether it is known where the next request begins.
  func begin(
    _ index: Int, _ type: ResponseType, isBodyRead: Bool = false
  ) -> ResponseWriter<ConnectionSink> {
    let head = table[index].parser.head
    var writer = ResponseWriter(table.sink(index))
    writer.begin(
      ResponseHead(dated: .ok, type, to: head, keepsAlive: isBodyRead || !Self.hasBody(head)))
    return writer
  }

  mutating func end(_ index: Int, _ writer: inout ResponseWriter<ConnectionSink>) {
    let canFollow = writer.finish()
    record(index, .ok, RequestFigures())
    finish(index, keepsAlive: canFollow)
  }
}

extension ResponseHead {
  /// With the time of day.
  init(
    dated status: HTTPStatus, _ type: ResponseType, to request: RequestHead, keepsAlive: Bool
  ) {
    self.init(status, type, to: request, keepsAlive: keepsAlive)
    self.unixSeconds = Platform.unixSeconds()
  }
}

/// A message that is written before its length is known.
struct MessageText: ByteSink {
  private(set) var text = FixedText<2049>()

  mutating func write(byte: UInt8) { text.append(byte) }
}
