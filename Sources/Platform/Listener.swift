import CPlatform

/// Where a service listens: `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080` or `unix:PATH`.
@safe public struct ListenAddress {
  public static let expected: StaticString =
    "ADDRESS:PORT with an IPv4 address or an IPv6 address in brackets, or unix:PATH"
  private static let hostByteCountMax = 63

  private var storage = sockaddr_storage()
  private var byteCount: UInt32 = 0
  /// Of a socket in the file system.
  private let path: UnsafePointer<CChar>?

  /// Whether only this machine's programs reach it by a network address.
  public var isLoopback: Bool {
    unsafe withUnsafePointer(to: storage) { unsafe edge_is_loopback($0) != 0 }
  }
  public var isLocal: Bool { unsafe path != nil }

  /// - Parameter text: must stay where it is.
  /// - Returns: nil where it is no address.
  @export(interface)
  public init?(_ text: UnsafePointer<CChar>) {
    let scheme: StaticString = "unix:"
    if unsafe strncmp(text, pointer(scheme), scheme.utf8CodeUnitCount) == 0 {
      unsafe path = unsafe text + scheme.utf8CodeUnitCount
      byteCount = unsafe withUnsafeMutablePointer(to: &storage) {
        unsafe edge_local_address(path!, $0)
      }
      if unsafe byteCount == 0 || path![0] == 0 { return nil }
      return
    }
    unsafe path = nil
    guard let colon = unsafe strrchr(text, Int32(UInt8(ascii: ":"))),
      let port = unsafe Self.port(UnsafePointer(colon) + 1)
    else { return nil }
    var host = InlineArray<64, CChar>(repeating: 0)
    if unsafe !Self.copyHost(text, byteCount: UnsafePointer(colon) - text, to: &host) { return nil }
    byteCount = unsafe withUnsafePointer(to: host) { (host) -> UInt32 in
      let name = unsafe UnsafeRawPointer(host).assumingMemoryBound(to: CChar.self)
      let numbers = unsafe strcmp(name, pointer("localhost")) == 0 ? pointer("127.0.0.1") : name
      return unsafe withUnsafeMutablePointer(to: &storage) {
        unsafe edge_internet_address(numbers, port, $0)
      }
    }
    if byteCount == 0 { return nil }
  }

  private static func port(_ text: UnsafePointer<CChar>) -> UInt16? {
    var value = 0
    var count = 0
    while unsafe text[count] != 0 {
      let digit = unsafe Int(text[count]) - Int(UInt8(ascii: "0"))
      if digit < 0 || digit > 9 { return nil }
      value = value * 10 + digit
      if value > Int(UInt16.max) { return nil }
      count += 1
    }
    return count > 0 ? UInt16(value) : nil
  }

  /// Without the brackets, which an IPv6 address must have and an IPv4 address must not.
  private static func copyHost(
    _ text: UnsafePointer<CChar>, byteCount: Int, to host: inout InlineArray<64, CChar>
  ) -> Bool {
    var (start, end) = (0, byteCount)
    let isBracketed =
      unsafe end > 2 && text[0] == CChar(UInt8(ascii: "["))
      && text[end - 1] == CChar(UInt8(ascii: "]"))
    if isBracketed { (start, end) = (1, end - 1) }
    if end == start || end - start > hostByteCountMax { return false }
    var hasColon = false
    for index in start..<end {
      unsafe host[index - start] = text[index]
      if unsafe text[index] == CChar(UInt8(ascii: ":")) { hasColon = true }
    }
    return hasColon == isBracketed
  }
}

/// A literal as a zero-terminated string.
private func pointer(_ text: StaticString) -> UnsafePointer<CChar> {
  unsafe UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
}

/// A socket that connections are taken from.
public struct Listener: Sendable {
  /// Connections that the system keeps until they are taken.
  fileprivate static let backlogCount: Int32 = 64
  public let descriptor: Int32
  /// 0 for a socket in the file system.
  public let port: Int

  /// The next connection, which never waits; nil where there is none.
  @export(interface)
  public func accept() throws(SystemFailure) -> Int32? {
    let taken = edge_accept(descriptor)
    if taken >= 0 { return taken }
    switch -taken {
    // The client has gone already, or a network error of its connection (accept(2)).
    case EAGAIN, EINTR, ECONNABORTED, EPROTO, ENETDOWN, ENETUNREACH, EHOSTDOWN, EHOSTUNREACH:
      return nil
    default: throw SystemFailure("take a connection", code: -taken)
    }
  }

  public func close() { _ = edge_close(descriptor) }
}

extension ListenAddress {
  /// A socket that listens there. A socket in the file system where nobody listens any more is
  /// replaced; what else is there is not.
  @export(interface)
  public func listen() throws(SystemFailure) -> Listener {
    try unsafe withUnsafePointer(to: storage) { (address) throws(SystemFailure) in
      if let path = unsafe path { unsafe try Self.removeStale(path, address, byteCount) }
      let descriptor = unsafe edge_socket(address)
      if descriptor < 0 { throw SystemFailure("make a socket", code: -descriptor) }
      do throws(SystemFailure) {
        if unsafe path == nil { Self.setOptions(descriptor) }
        let bound = unsafe edge_bind(descriptor, address, byteCount)
        if bound < 0 { throw SystemFailure("listen", code: -bound) }
        let listening = edge_listen(descriptor, Listener.backlogCount)
        if listening < 0 { throw SystemFailure("listen", code: -listening) }
      } catch {
        _ = edge_close(descriptor)
        throw error
      }
      return Listener(descriptor: descriptor, port: Int(edge_bound_port(descriptor)))
    }
  }

  /// Connections take over from the listening socket that pieces are sent at once, and that clients
  /// that vanished are found out.
  private static func setOptions(_ descriptor: Int32) {
    _ = edge_set_socket(descriptor, SOL_SOCKET, SO_REUSEADDR)
    _ = edge_set_socket(descriptor, SOL_SOCKET, SO_KEEPALIVE)
    _ = edge_set_socket(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY)
  }

  private static func removeStale(
    _ path: UnsafePointer<CChar>, _ address: UnsafePointer<sockaddr_storage>, _ byteCount: UInt32
  ) throws(SystemFailure) {
    if unsafe edge_is_socket(path) == 0 { return }
    let descriptor = unsafe edge_socket(address)
    if descriptor < 0 { throw SystemFailure("make a socket", code: -descriptor) }
    let connected = unsafe edge_connect(descriptor, address, byteCount)
    _ = edge_close(descriptor)
    if connected == -ECONNREFUSED { _ = unsafe edge_unlink(path) }
  }
}

/// What reading or writing a connection comes to.
public enum ConnectionProgress: Sendable {
  case bytes(Int)
  /// Nothing to read, or no room to write, for now.
  case none
  /// The other side has ended, or is gone.
  case ended
}

/// A connection's bytes; nothing waits.
public enum Connections {
  public static func read(
    _ descriptor: Int32, into target: UnsafeMutableRawBufferPointer
  ) -> ConnectionProgress {
    progress(unsafe edge_read(descriptor, target.baseAddress, target.count))
  }

  public static func write(
    _ descriptor: Int32, _ bytes: UnsafeRawBufferPointer
  ) -> ConnectionProgress {
    progress(unsafe edge_write(descriptor, bytes.baseAddress, bytes.count))
  }

  private static func progress(_ result: Int64) -> ConnectionProgress {
    if result > 0 { return .bytes(Int(result)) }
    return result == Int64(-EAGAIN) || result == Int64(-EINTR) ? .none : .ended
  }

  public static func endWriting(_ descriptor: Int32) { _ = edge_end_writing(descriptor) }
  public static func close(_ descriptor: Int32) { _ = edge_close(descriptor) }
}
