import Platform
import Service
import Text

/// The token of `--token-file`.
struct TokenReader {
  /// The file's one line, without white space around it.
  static func read(
    _ path: UnsafePointer<CChar>, _ console: inout Console
  ) throws(CommandFailure) -> FixedText<257> {
    var bytes = InlineArray<1024, UInt8>(repeating: 0)
    var count = 0
    do throws(SystemFailure) {
      let file = unsafe try InputStream(path: path)
      count = unsafe try withUnsafeMutableBytes(of: &bytes) {
        (target) throws(SystemFailure) -> Int in
        unsafe try file.read(into: target)
      }
    } catch {
      throw unsafe CommandFailure(.system(error), path: path)
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
