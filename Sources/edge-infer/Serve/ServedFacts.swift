import Platform
import Profile
import Service

/// What does not change while a service runs.
@safe struct ServedFacts {
  let name: ServedName
  let arenaByteCount: Int
  let startSeconds: Int
  /// Only names of this machine may stand in the Host header: web pages reach a service at a loopback
  /// address by names that lead there (DNS rebinding).
  let checksHost: Bool
  let token: FixedText<257>?

  /// What a request is for, or why it is not served.
  func checkedRoute(_ head: RequestHead) throws(HTTPError) -> Route {
    if head.hasOrigin || checksHost && !isOwn(head.host) { throw .forbidden }
    if let token, head.route != .health {
      let isRight = head.hasBearer(token.bytes)
      if !isRight { throw .unauthorized }
    }
    return try head.checkedRoute()
  }

  /// Whether a Host header names this machine, with any port; HTTP/1.0 has no such header.
  private func isOwn(_ host: FixedText<260>) -> Bool {
    host.count == 0 || isName(host, "localhost") || isName(host, "127.0.0.1")
      || isName(host, "[::1]")
  }

  /// Whether the host is this name, in letters of any case, with a port or without.
  private func isName(_ host: FixedText<260>, _ name: StaticString) -> Bool {
    let count = name.utf8CodeUnitCount
    if host.count < count { return false }
    for index in 0..<count {
      let byte = host[index]
      let isUpper = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
      if unsafe (isUpper ? byte | 0x20 : byte) != name.utf8Start[index] { return false }
    }
    return host.count == count || host[count] == UInt8(ascii: ":")
  }
}

/// The token of `--token-file`.
struct TokenReader {
  /// The file's one line, without white space around it.
  static func read(
    _ path: UnsafePointer<CChar>, _ console: inout Console
  ) throws(Exit) -> FixedText<257> {
    var bytes = InlineArray<1024, UInt8>(repeating: 0)
    var count = 0
    do throws(SystemFailure) {
      let file = unsafe try InputStream(path: path)
      count = unsafe try withUnsafeMutableBytes(of: &bytes) {
        (target) throws(SystemFailure) -> Int in
        unsafe try file.read(into: target)
      }
    } catch {
      throw unsafe console.fail(error, path: path)
    }
    var start = 0
    while count > 0 && bytes[count - 1] <= 0x20 { count -= 1 }
    while start < count && bytes[start] <= 0x20 { start += 1 }
    var token = FixedText<257>()
    var isText = start < count
    for index in start..<max(count, start) {
      if bytes[index] <= 0x20 || bytes[index] >= 0x7f { isText = false }
      token.append(bytes[index])
    }
    if isText && !token.isCut { return token }
    console.beginError()
    unsafe console.error.write(quoted: Excerpt(cString: path))
    console.error.write(": a token is ")
    console.error.write(HTTPLimits.bearerByteCountMax)
    console.error.write(" characters of ASCII at most, without spaces")
    throw console.end(.malformedData)
  }
}
