import CPlatform
import Platform

/// The options of `serve` alone.
@safe struct ServeOptions {
  static let aloneText: StaticString =
    """
    --listen, --connections, --queue, --token-file, --alias, --timeout, --keep-alive, --grace, \
    --keep-system-tokens and --max-body-mib are options of serve alone, and of plan --of serve
    """

  private(set) var listen: UnsafePointer<CChar>?
  private(set) var tokenFile: UnsafePointer<CChar>?
  private(set) var alias: UnsafePointer<CChar>?
  private var numbers = InlineArray<7, Int>(repeating: -1)

  init() { unsafe (listen, tokenFile, alias) = (nil, nil, nil) }

  private enum Number: Int {
    case connections, queue, timeout, keepAlive, grace, keepSystemTokens, maxBodyMiB

    var name: StaticString {
      switch self {
      case .connections: "--connections"
      case .queue: "--queue"
      case .timeout: "--timeout"
      case .keepAlive: "--keep-alive"
      case .grace: "--grace"
      case .keepSystemTokens: "--keep-system-tokens"
      case .maxBodyMiB: "--max-body-mib"
      }
    }

    /// What it is where the option is not given.
    var standard: Int {
      switch self {
      case .connections: 16
      case .queue: 8
      case .timeout, .grace: 30
      case .keepAlive: 60
      case .keepSystemTokens: 512
      case .maxBodyMiB: 1024
      }
    }

    var least: Int {
      switch self {
      case .queue, .grace, .keepSystemTokens: 0
      default: 1
      }
    }

    var most: Int {
      switch self {
      case .connections, .queue: 64
      case .timeout, .keepAlive, .grace: 3600
      case .keepSystemTokens, .maxBodyMiB: 1_048_576
      }
    }
  }

  private subscript(number: Number) -> Int {
    let given = numbers[number.rawValue]
    return given < 0 ? number.standard : given
  }

  /// Connections at a time.
  var connectionCount: Int { self[.connections] }
  /// Requests that wait for their turn.
  var queueCount: Int { self[.queue] }
  /// How long a client may keep still in the middle of something.
  var timeoutSeconds: Int { self[.timeout] }
  /// How long a connection stays open without a request.
  var keepAliveSeconds: Int { self[.keepAlive] }
  /// How long the running request may go on when the service is to end.
  var graceSeconds: Int { self[.grace] }
  /// Tokens of a system message that is kept; 0: none is.
  var keptTokenCount: Int { self[.keepSystemTokens] }
  var bodyByteCountMax: Int { self[.maxBodyMiB] << 20 }

  var isGiven: Bool {
    for index in 0..<7 where numbers[index] >= 0 { return true }
    return unsafe listen != nil || tokenFile != nil || alias != nil
  }

  /// Takes the option's value; false where `name` is another option.
  mutating func take(
    _ name: UnsafePointer<CChar>, _ reader: inout ArgumentReader, _ console: inout Console
  ) throws(Exit) -> Bool {
    for index in 0..<7 {
      guard let number = Number(rawValue: index), unsafe isEqual(name, number.name) else {
        continue
      }
      let old = numbers[index] < 0 ? nil : numbers[index]
      numbers[index] = unsafe try reader.number(of: name, after: old, &console)
      return true
    }
    if unsafe isEqual(name, "--listen") {
      unsafe listen = unsafe try reader.value(of: name, after: listen != nil, &console)
    } else if unsafe isEqual(name, "--token-file") {
      unsafe tokenFile = unsafe try reader.value(of: name, after: tokenFile != nil, &console)
    } else if unsafe isEqual(name, "--alias") {
      unsafe alias = unsafe try reader.value(of: name, after: alias != nil, &console)
    } else {
      return false
    }
    return true
  }

  func check(_ console: inout Console) throws(Exit) {
    for index in 0..<7 {
      guard let number = Number(rawValue: index) else { continue }
      if self[number] >= number.least && self[number] <= number.most { continue }
      console.beginError()
      console.error.write(number.name)
      console.error.write(" is ")
      console.error.write(self[number])
      console.error.write(", expected ")
      console.error.write(number.least)
      console.error.write(" to ")
      console.error.write(number.most)
      throw console.end(.usage)
    }
    if let alias = unsafe alias, unsafe ServedName(alias) == nil {
      throw unsafe Arguments.refuse(
        alias, "is no name of a model; --alias takes ", "1 to 128 bytes of UTF-8", &console)
    }
  }
}
