import Foundation
import Platform

/// What a writer puts out, at most what a pipe holds.
func written(_ write: (inout TextOutput) -> Void) -> String {
  let pipe = Pipe()
  var out = TextOutput(descriptor: pipe.fileHandleForWriting.fileDescriptor)
  write(&out)
  out.flush()
  try? pipe.fileHandleForWriting.close()
  return String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
}
