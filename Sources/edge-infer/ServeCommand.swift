import CPlatform
import Generation
import Inference
import Measurement
import Memory
import Model
import Platform
import Profile
import Service
import Text

/// `serve`: answers requests of OpenAI's kind until SIGTERM or SIGINT.
func serveCommand(_ arguments: Arguments, _ console: inout Console) throws(CommandFailure) {
  let settings = try Settings(arguments, &console)
  let health = try HealthMonitor(arguments, settings.profile, &console)
  let address = try listenAddress(arguments, &console)
  let token = unsafe try readToken(arguments.service.tokenFile, &console)
  // Before the model is loaded, which may take long; connections wait.
  let (listener, wakingDescriptor) = try listen(address, arguments, &console)
  var preparation = try Preparation(arguments, settings, serveNeeds(arguments))
  var keptFile = try openKeptFile(arguments, preparation)
  var program = try Program(&preparation)
  let facts = ServiceFacts(
    name: servedName(arguments, preparation.path), version: Version.number,
    arenaByteCount: program.arenaByteCount, startSeconds: unixSeconds(),
    checksHost: address.isLoopback, token: token, allowedOrigin: allowedOrigin(arguments),
    takesAnyModel: arguments.service.takesAnyModel,
    contextLength: program.model.engine.settings.evicts
      ? program.model.engine.shape.contextLength : program.model.engine.settings.slotCount,
    arguments.service.settings)
  var service = program.makeService(
    arguments, facts, preparation.opened.model, listener, wakingDescriptor: wakingDescriptor,
    host: ServeHost(health, logs: !arguments.isQuiet))
  var needs = LockdownNeeds()
  needs.servesSockets = true
  if let file = keptFile.take() {
    service.keepTexts(in: file, program.model.engine)
    needs.writesInPlace = true
  }
  program.lockdown = Lockdown.begin(arguments, needs, program.plan)
  if !arguments.isQuiet {
    writeStart(preparation, program, &console)
    writeAddress(address, listener, facts, arguments, &console)
  }
  if !address.isLoopback && !address.isLocal && token == nil {
    console.warn("whoever reaches this address is served; --token-file sets a token")
  }
  while !service.isOver {
    if Interrupt.isRaised { service.stop() }
    service.turn(&program.model.engine, &program.model.generator)
  }
  service.storeTexts(&program.model.engine)
}

/// What `serve` needs.
func serveNeeds(_ arguments: Arguments) -> ProgramNeeds {
  // Requests may ask for any temperature.
  var sampling = arguments.sampling.settings
  if sampling.isGreedy { sampling.temperature = 1 }
  // And for all tokens as candidates.
  sampling.topK = 0
  var needs = ProgramNeeds(
    logitRowCount: 1, generatedCount: 0, usesText: true, usesTemplate: !arguments.isRaw,
    sampling: sampling)
  needs.mayLackTemplate = true
  needs.proposes = true
  needs.service = arguments.service.settings
  needs.grammarByteCount = arguments.grammarByteCount
  needs.templateFile = arguments.templateFile
  return needs
}

extension ServeOptions {
  var settings: ServiceSettings {
    var settings = ServiceSettings(
      connectionCount: connectionCount, queueCount: queueCount, bodyByteCountMax: bodyByteCountMax,
      promptTokenCountMax: promptTokenCountMax, keptCount: keptCount,
      timeoutSeconds: timeoutSeconds, keepAliveSeconds: keepAliveSeconds,
      graceSeconds: graceSeconds)
    settings.keptFileByteCount = keptFileByteCount
    return settings
  }
}

/// `--alias`, or the file's name without its ending.
private func servedName(_ arguments: Arguments, _ path: ModelPath) -> ServedName {
  if let alias = unsafe arguments.service.alias, let name = unsafe ServedName(cStringSpan(alias)) {
    return name
  }
  return unsafe path.withPointer { unsafe ServedName(ofFile: cStringSpan($0)) }
}

private func allowedOrigin(_ arguments: Arguments) -> FixedText<261>? {
  guard let origin = unsafe arguments.service.allowedOrigin else { return nil }
  var text = FixedText<261>()
  let bytes = unsafe cStringSpan(origin)
  for index in 0..<bytes.count { text.append(bytes[index]) }
  return text
}

private func listenText(_ arguments: Arguments) -> UnsafePointer<CChar> {
  unsafe arguments.service.listen ?? cString("127.0.0.1:8080")
}

private func listenAddress(
  _ arguments: Arguments, _ console: inout Console
) throws(CommandFailure) -> ListenAddress {
  let text = unsafe listenText(arguments)
  if let address = unsafe ListenAddress(text) { return address }
  throw CommandFailure(
    .usage(
      .value(
        unsafe Excerpt(cString: text), "is no address to listen on; --listen takes ",
        ListenAddress.expected)))
}

private func readToken(
  _ path: UnsafePointer<CChar>?, _ console: inout Console
) throws(CommandFailure) -> FixedText<257>? {
  guard let path = unsafe path else { return nil }
  return unsafe try TokenReader.read(path, &console)
}

/// The file of `--kept-file`, with all of its space.
private func openKeptFile(
  _ arguments: Arguments, _ preparation: borrowing Preparation
) throws(CommandFailure) -> FixedFile? {
  guard let path = unsafe arguments.service.keptFile, let sizes = preparation.keptTextSizes else {
    return nil
  }
  do throws(SystemFailure) {
    let file = unsafe try FixedFile(path: path)
    if try file.mayKeepTexts() {
      try file.prepareKeptTexts(sizes)
      return file
    }
  } catch {
    throw unsafe CommandFailure(.system(error), path: path)
  }
  throw unsafe CommandFailure(
    .text(
      .malformedData,
      "is no file of kept texts, expected one that --kept-file made, or none, to be made"),
    path: path)
}

private func listen(
  _ address: ListenAddress, _ arguments: Arguments, _ console: inout Console
) throws(CommandFailure) -> (Listener, Int32) {
  do throws(SystemFailure) {
    return (try address.listen(), try Interrupt.listenForPoll())
  } catch {
    throw unsafe CommandFailure(.system(error), path: listenText(arguments))
  }
}

private func writeAddress(
  _ address: ListenAddress, _ listener: Listener, _ facts: ServiceFacts, _ arguments: Arguments,
  _ console: inout Console
) {
  console.error.write("   listening on ")
  let text = unsafe cStringSpan(listenText(arguments))
  var end = text.count
  if !address.isLocal {
    while text[end - 1] != UInt8(ascii: ":") { end -= 1 }
    console.error.write("http://")
  }
  console.error.write(text.extracting(0..<end))
  if !address.isLocal { console.error.write(listener.port) }
  console.error.write(", model ")
  for index in 0..<facts.name.text.count { console.error.write(byte: facts.name.text[index]) }
  console.error.write(", ")
  console.error.write(arguments.service.connectionCount)
  console.error.write(" connections, ")
  console.error.write(arguments.service.queueCount)
  console.error.write(" waiting requests\n")
  console.error.flush()
}
