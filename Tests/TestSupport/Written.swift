import Foundation
import Platform

/// The bytes that `body` writes.
public func writtenBytes(_ body: (inout TextOutput) throws -> Void) rethrows -> [UInt8] {
  let file = TemporaryFile()
  let descriptor = open(file.path, O_WRONLY)
  defer { close(descriptor) }
  var out = TextOutput(descriptor: descriptor)
  try body(&out)
  out.flush()
  return [UInt8](FileManager.default.contents(atPath: file.path)!)
}

/// The text that `body` writes.
public func written(_ body: (inout TextOutput) throws -> Void) rethrows -> String {
  String(decoding: try writtenBytes(body), as: UTF8.self)
}
