import Platform

/// The body of the request that is being served, which is read piece by piece as its text is asked for.
struct RequestBody: ~Copyable {
  private var reader: CompletionReader
  private(set) var isWhole = false
  private var byteCount = 0
  private var hasContinued = false

  init(_ kind: CompletionKind) { reader = CompletionReader(kind) }

  /// Known when the body is whole.
  var settings: CompletionSettings { reader.settings }

  /// Reads one piece of the body, of those that its connection has received.
  /// - Returns: false if nothing has come.
  mutating func read(
    _ connection: inout Connection, into queue: inout PromptQueue, for name: ServedName
  ) throws(ServiceFailure) -> Bool {
    let event: RequestParser.Event
    do throws(HTTPError) {
      event = try connection.nextEvent()
    } catch {
      throw .http(error)
    }
    switch event {
    case .needsMore: return false
    case .body(let range): try feed(connection.input(range), &queue)
    case .end:
      isWhole = true
      connection.readsBody = false
      try finish(&queue, for: name)
    case .head: break
    }
    return true
  }

  private mutating func feed(
    _ bytes: Span<UInt8>, _ queue: inout PromptQueue
  ) throws(ServiceFailure) {
    byteCount += bytes.count
    do throws(RequestError) {
      try reader.feed(bytes, to: &queue)
    } catch {
      throw .request(error)
    }
    if queue.hasLateSystem { throw .http(.lateSystemMessage) }
  }

  private mutating func finish(
    _ queue: inout PromptQueue, for name: ServedName
  ) throws(ServiceFailure) {
    do throws(RequestError) {
      try reader.finish()
    } catch {
      throw .request(error)
    }
    if !name.isMeant(by: reader.settings.model) { throw .http(.modelNotFound) }
    queue.endPrompt()
  }

  /// Whether the client waits to be told that it may send the body. It is told once.
  mutating func takeContinue(_ head: RequestHead) -> Bool {
    if hasContinued { return false }
    hasContinued = true
    return byteCount == 0 && head.expectsContinue
  }
}
