import Foundation
import Generation
import Glibc
import Inference
import KVCache
import Memory
import Model
import Platform
import Profile
import TestSupport
import Testing
import Tokenizer

@testable import Service

/// A model of two small layers with random weights, all single bytes as tokens, and ChatML's template,
/// which refuses the message `refuse`.
enum TinyModel {
  private static let width = 32
  private static let specials = ["<|im_start|>", "<|im_end|>"]
  private static let vocabularyCount = 256 + specials.count

  /// GPT-2's alphabet, by its definition in encoder.py.
  private static let letters: [String] = {
    let printable = Array(0x21...0x7E) + Array(0xA1...0xAC) + Array(0xAE...0xFF)
    var next = 0x100
    return (0..<256).map { byte in
      if printable.contains(byte) { return String(Character(Unicode.Scalar(byte)!)) }
      next += 1
      return String(Character(Unicode.Scalar(next - 1)!))
    }
  }()

  private static let template = """
    {% if tools %}{{ tools | tojson + '\\n' }}{% endif %}\
    {% for message in messages %}{% if message['content'] == 'refuse' %}\
    {{ raise_exception('messages are refused') }}{% endif %}{{'<|im_start|>' + message['role'] + '\\n' + \
    (message['content'] or '')}}{% if message.tool_calls %}{{ message.tool_calls | tojson }}{% endif %}\
    {% if message.reasoning_content %}({{ message.reasoning_content }}){% endif %}\
    {{ '<|im_end|>' + '\\n'}}{% endfor %}{% if loud %}!{% endif %}\
    {% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}\
    {% if think %}<think>{% elif think == false %}<think></think>{% endif %}
    """

  static func write(to folder: Folder) throws -> String {
    var builder = GGUFBuilder()
    builder.set("llama.vocab_size", .uint32(UInt32(vocabularyCount)))
    builder.set("tokenizer.ggml.tokens", .strings(letters + specials))
    builder.set(
      "tokenizer.ggml.token_type",
      .int32s([Int32](repeating: 1, count: 256) + [Int32](repeating: 3, count: specials.count)))
    builder.set(
      "tokenizer.ggml.scores", .float32s([Float](repeating: 0, count: vocabularyCount)))
    builder.set("tokenizer.ggml.merges", .strings([]))
    builder.set("tokenizer.ggml.bos_token_id", .uint32(256))
    builder.set("tokenizer.ggml.eos_token_id", .uint32(257))
    builder.set("tokenizer.ggml.eot_token_id", .uint32(257))
    builder.set("tokenizer.ggml.add_bos_token", .bool(false))
    builder.remove("tokenizer.ggml.unknown_token_id")
    builder.set("tokenizer.chat_template", .string(template))
    builder.change("token_embd.weight") { $0.extents[1] = UInt64(vocabularyCount) }
    var random = SeededGenerator(seed: 7)
    for index in builder.tensors.indices {
      let count = builder.tensors[index].extents.reduce(1) { $0 * Int($1) }
      let isNorm = builder.tensors[index].name.contains("norm")
      let values = (0..<count).map { _ in
        isNorm ? Float(1) : Float.random(in: -0.3...0.3, using: &random)
      }
      builder.tensors[index].data = values.withUnsafeBytes(Array.init)
    }
    return try folder.write("tiny.gguf", Data(builder.build()))
  }
}

/// What a service says, and the heat that a test makes.
final class ServiceRecord {
  var requests: [RequestRecord] = []
  var isHot = false
  var pauseCount = 0
  var promptBlockCount = 0

  var statuses: [Int?] { requests.map { $0.status?.rawValue } }
}

struct TestHost: ServiceHost {
  let record: ServiceRecord

  func note(_ event: ServiceEvent) {
    if case .request(let request) = event { record.requests.append(request) }
  }
  func beginPrompt() {}
  func endBlock(tokenCount: Int) { record.promptBlockCount += 1 }
  func beginAnswer() {}
  func endToken(_ now: Instant) {}
  func endAnswer() {}
  var isTooHot: Bool { record.isHot }
  var isCool: Bool { !record.isHot }
  func endPause(since start: Instant) { record.pauseCount += 1 }
  func writeMetrics<Sink: ByteSink & ~Copyable>(to out: inout Sink) {}
}

/// A service with the tiny model, on socket pairs, which moves when a test says so.
final class ServiceRig {
  private nonisolated(unsafe) static let folder = try! Folder()
  private static let path = try! TinyModel.write(to: folder)

  // Declared before the arena, so that the threads end before their stacks go.
  private var engine: Engine
  private var generator: Generator
  private var loop: ServiceLoop<TestHost>
  private let arena: Arena
  let record = ServiceRecord()
  /// Without a file.
  let sizes: KeptTextSizes

  init(
    graceSeconds: Int = 30, timeoutSeconds: Int = 30, queueCount: Int = 4, keptCount: Int = 2,
    connectionCount: Int = 4, budget: Int = 32, bodyByteCountMax: Int = 1 << 20,
    promptTokenCountMax: Int = 1 << 16, keptFile: (path: String, slotCount: Int)? = nil
  ) throws {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 64)
    defer { buffer.deallocate() }
    let path = strdup(Self.path)!
    defer { free(path) }
    let model = try ModelFile(path: path, buffer: buffer)
    let needs = try TextNeeds(model, buffer: buffer, usesTemplate: true)
    let settings = RunSettings(
      blockSize: 8, cacheBudget: budget, policy: .keydiff,
      retained: Retained(sinkCount: 0, recentCount: 0), threadCount: 1, logitRowCount: 1,
      l2ByteCount: 512 * 1024)
    var service = ServiceSettings(
      connectionCount: connectionCount, queueCount: queueCount,
      bodyByteCountMax: bodyByteCountMax, promptTokenCountMax: promptTokenCountMax,
      keptCount: keptCount, timeoutSeconds: timeoutSeconds, keepAliveSeconds: 60,
      graceSeconds: graceSeconds)
    sizes = KeptTextSizes(service, model.shape, settings)
    if let keptFile {
      service.keptFileByteCount = keptFile.slotCount * sizes.slotByteCount
    }
    var measuring = Carver.measuring
    _ = Self.layOut(&measuring, model, needs, settings, service)
    arena = try Arena(plan: measuring.measured())
    var carver = arena.carver()
    var parts = Self.layOut(&carver, model, needs, settings, service)
    carver.seal()
    engine = try Engine(layout: parts.engine, cores: [Int32]().span)
    try engine.load(model, into: arena, buffer: buffer)
    try parts.text.load(model, tables: arena.bytes(of: .tokenizer), buffer: buffer)
    var sampling = SamplingSettings()
    sampling.temperature = 0
    loop = ServiceLoop(
      parts.service, service,
      ServiceFacts(
        name: ServedName(ofFile: bytes("tiny.gguf").span), version: "1.2.3", arenaByteCount: 0,
        startSeconds: 0, checksHost: true, token: nil, allowedOrigin: nil, takesAnyModel: false,
        contextLength: 512, service),
      AnswerDefaults(maxTokens: 16, stops: StopTexts(), sampling: sampling, isSeedGiven: true),
      &parts.text, model, listener: nil, wakingDescriptor: -1, host: TestHost(record: record))
    generator = parts.generator
    if let keptFile {
      let file = try FixedFile(path: strdup(keptFile.path))
      try file.prepareKeptTexts(KeptTextSizes(service, model.shape, settings))
      loop.keepTexts(in: file, engine)
    }
  }

  /// As before the end of a service.
  func storeTexts() { loop.storeTexts(&engine) }

  private struct Parts: ~Copyable {
    let engine: EngineLayout
    var text: TextLayout
    let generator: Generator
    let service: ServiceLayout
  }

  private static func layOut(
    _ carver: inout Carver, _ model: borrowing ModelFile, _ needs: borrowing TextNeeds,
    _ settings: RunSettings, _ service: ServiceSettings
  ) -> Parts {
    let engine = EngineLayout(carver: &carver, shape: model.shape, settings: settings)
    let text = TextLayout(carver: &carver, needs)
    var sampling = SamplingSettings()
    sampling.temperature = 1
    var generatorNeeds = GeneratorNeeds()
    generatorNeeds.sampling = sampling
    let generator = Generator(
      carver: &carver, generatorNeeds, AnswerEnds(model.tokenizer),
      vocabularyCount: model.shape.vocabularyCount, text.vocabulary)
    let layout = ServiceLayout(
      carver: &carver, service, model.shape, settings,
      longestTokenByteCount: needs.longestTokenByteCount)
    return Parts(engine: engine, text: text, generator: generator, service: layout)
  }

  func connect(sendByteCount: Int32? = nil) throws -> RigClient {
    let client = try RigClient(sendByteCount: sendByteCount)
    let isTaken = loop.take(client.serviceEnd)
    #expect(isTaken)
    return client
  }

  /// So many turns, none of which waits.
  func turn(_ count: Int = 1) {
    for _ in 0..<count { loop.turn(&engine, &generator, waitingUntil: 0) }
  }

  /// Turns until `isDone`, at most so many.
  @discardableResult
  func turn(until isDone: () -> Bool, atMost count: Int = 20_000) -> Bool {
    for _ in 0..<count {
      if isDone() { return true }
      turn()
    }
    return isDone()
  }

  func stop() { loop.stop() }
  var isOver: Bool { loop.isOver }
  /// Whether a request is being served.
  var isBusy: Bool { !loop.served.isNone }
  var stage: ServedRequest.Stage { loop.served.stage }
}

/// A client's side of a connection, which never waits.
final class RigClient {
  private var descriptor: Int32
  let serviceEnd: Int32
  private(set) var received: [UInt8] = []
  private(set) var isEnded = false

  /// - Parameter sendByteCount: room in the system for what the service sends.
  init(sendByteCount: Int32?) throws {
    var ends: [Int32] = [-1, -1]
    let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    try #require(socketpair(AF_UNIX, type, 0, &ends) == 0)
    (descriptor, serviceEnd) = (ends[0], ends[1])
    if var count = sendByteCount {
      setsockopt(
        serviceEnd, SOL_SOCKET, SO_SNDBUF, &count, socklen_t(MemoryLayout<Int32>.size))
    }
  }

  deinit { close() }

  func send(_ bytes: some Collection<UInt8>) {
    let bytes = Array(bytes)
    #expect(Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count)
  }

  /// Sends what the system takes now.
  func sendSome(_ bytes: some Collection<UInt8>) -> Int {
    let bytes = Array(bytes)
    return max(Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)), 0)
  }

  func close() {
    if descriptor >= 0 { Glibc.close(descriptor) }
    descriptor = -1
  }

  /// Takes what has come.
  func receive() {
    var bytes = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = recv(descriptor, &bytes, bytes.count, 0)
      if count > 0 { received += bytes.prefix(count) }
      if count == 0 { isEnded = true }
      if count <= 0 { return }
    }
  }

  /// The next whole answer, which is taken out of what has come.
  func nextAnswer() -> RigAnswer? {
    receive()
    guard let answer = RigAnswer(&received) else { return nil }
    return answer
  }
}

/// An answer as a client sees it.
struct RigAnswer {
  let status: Int
  let body: String

  /// Nil, and nothing is taken, if it is not whole.
  init?(_ received: inout [UInt8]) {
    let mark = bytes("\r\n\r\n")
    guard
      let headEnd = received.indices.dropLast(3).first(where: {
        received[$0..<$0 + 4].elementsEqual(mark)
      })
    else { return nil }
    let head = String(decoding: received[..<headEnd], as: UTF8.self)
    guard let status = Int(head.split(separator: " ")[1]) else { return nil }
    var rest = received[(headEnd + 4)...]
    var body: [UInt8] = []
    if head.contains("Transfer-Encoding: chunked") {
      while true {
        guard let lineEnd = rest.firstIndex(of: 13),
          let count = Int(String(decoding: rest[..<lineEnd], as: UTF8.self), radix: 16),
          rest.endIndex - lineEnd >= 2 + count + 2
        else { return nil }
        body += rest[(lineEnd + 2)..<(lineEnd + 2 + count)]
        rest = rest[(lineEnd + 2 + count + 2)...]
        if count == 0 { break }
      }
    } else {
      let line = head.components(separatedBy: "\r\n").first { $0.hasPrefix("Content-Length: ") }
      let count = line.flatMap { Int($0.dropFirst("Content-Length: ".count)) } ?? 0
      if rest.count < count { return nil }
      body = Array(rest.prefix(count))
      rest = rest.dropFirst(count)
    }
    self.status = status
    self.body = String(decoding: body, as: UTF8.self)
    received = Array(rest)
  }

  private var json: [String: Any] {
    (try? JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any]) ?? [:]
  }

  /// The text of an answer that is no stream.
  var content: String? {
    let choice = (json["choices"] as? [[String: Any]])?.first
    return choice?["text"] as? String
      ?? (choice?["message"] as? [String: Any])?["content"] as? String
  }

  func usage(_ name: String) -> Int? {
    let usage = json["usage"] as? [String: Any]
    return usage?[name] as? Int
      ?? (usage?["prompt_tokens_details"] as? [String: Any])?[name] as? Int
  }
}
