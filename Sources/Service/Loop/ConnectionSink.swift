import Platform

/// Puts an answer's pieces into a connection's output. Whoever writes makes sure that there is room:
/// see `Connection.outputRoom`.
@safe struct ConnectionSink: ResponseSink {
  private let connection: UnsafeMutablePointer<Connection>

  init(_ connection: UnsafeMutablePointer<Connection>) {
    unsafe self.connection = unsafe connection
  }

  mutating func send(_ bytes: Span<UInt8>) -> Bool {
    if unsafe connection.pointee.isGone { return false }
    unsafe connection.pointee.append(bytes)
    unsafe connection.pointee.flush()
    return unsafe !connection.pointee.isGone
  }
}
