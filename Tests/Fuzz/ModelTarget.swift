import Foundation
import Model
import TestSupport
import Tokenizer

/// A file that has no name.
final class NamelessFile {
  private let descriptor: Int32
  let path: String

  init() {
    var name = Array("/dev/shm/edge-infer-fuzz-XXXXXX".utf8CString)
    descriptor = mkstemp(&name)
    require(descriptor >= 0 && unlink(name) == 0, "a file in memory can be made")
    path = "/proc/self/fd/\(descriptor)"
  }

  deinit { close(descriptor) }

  func write(_ bytes: UnsafeBufferPointer<UInt8>) {
    require(ftruncate(descriptor, 0) == 0, "a file in memory can be emptied")
    var done = 0
    while done < bytes.count {
      let count = pwrite(descriptor, bytes.baseAddress! + done, bytes.count - done, done)
      require(count > 0, "a file in memory can be written")
      done += count
    }
  }
}

/// A GGUF file through all that the program does with it.
struct ModelTarget: FuzzTarget {
  static var seeds: [[UInt8]] { HostileFiles.bases.map { $0.builder.build() } }
  private let file = NamelessFile()
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 64)

  mutating func run(_ input: UnsafeBufferPointer<UInt8>) throws {
    file.write(input)
    do {
      let use = ModelUse(keepsCodes: input.count % 2 == 0)
      _ = try file.path.withCString { try use.run($0, buffer: buffer) }
    } catch let error as ModelError {
      require(error.exitCode == .malformedData, "a bad model is told by 65")
      require(!message(error).contains("\n"), "an error is one line")
    } catch let error as TokenizerError {
      require(error.exitCode == .malformedData, "a bad tokenizer is told by 65")
    }
  }

  private func message(_ error: ModelError) -> String { written { error.write(to: &$0) } }
}
