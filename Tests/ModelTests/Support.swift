import Foundation
import Platform
import Testing

@testable import Model

/// A directory beside the repository's, or a file of the user's cache; tests that need one of these
/// are skipped where it is absent.
enum ExternalFile {
  static let smolLM = URL(
    fileURLWithPath: NSString("~/.cache/edge-infer/SmolLM2-135M-Instruct.Q4_1.gguf")
      .expandingTildeInPath
  ).path
  static let stories32 = shared("stories260K-f32.gguf")
  static let stories16 = shared("stories260K-f16.gguf")

  private static func shared(_ name: String) -> String {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    return root.appendingPathComponent("../shared/data/models/\(name)").standardized.path
  }

  static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
}

/// A file that is removed with this value; in memory where the system has such a directory, because
/// thousands are written.
final class TemporaryFile {
  private static let directory =
    FileManager.default.isWritableFile(atPath: "/dev/shm") ? "/dev/shm/" : NSTemporaryDirectory()
  let path: String

  init(_ bytes: [UInt8] = []) {
    path = Self.directory + "edge-infer-model-\(UUID().uuidString)"
    write(bytes)
  }

  deinit { unlink(path) }

  func write(_ bytes: [UInt8]) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    #expect(unsafe Foundation.write(descriptor, bytes, bytes.count) == bytes.count)
    close(descriptor)
  }

  func cut(to byteCount: Int) { #expect(truncate(path, byteCount) == 0) }
}

/// The memory that a model file is read through.
final class ReadBuffer {
  let bytes: UnsafeMutableRawBufferPointer

  init(byteCount: Int = GGUF.bufferByteCountMin) {
    unsafe bytes = .allocate(byteCount: byteCount, alignment: 64)
  }

  deinit { unsafe bytes.deallocate() }
}

/// Opens a model and runs `body` on it.
func withModel<Result>(
  _ path: String, buffer: ReadBuffer = ReadBuffer(),
  _ body: (borrowing ModelFile) throws -> Result
) throws -> Result {
  let model = unsafe try ModelFile(path: path, buffer: buffer.bytes)
  return try body(model)
}

func withModel<Result>(
  _ builder: GGUFBuilder, _ body: (borrowing ModelFile) throws -> Result
) throws -> Result {
  let file = TemporaryFile(builder.build())
  return try withModel(file.path, body)
}

/// The error of opening a file, or nil.
func openingError(_ path: String, buffer: ReadBuffer = ReadBuffer()) -> ModelError? {
  do throws(ModelError) {
    _ = unsafe try ModelFile(path: path, buffer: buffer.bytes)
    return nil
  } catch {
    return error
  }
}

/// The line for the error of opening these bytes, or nil; the exit code must be 65.
func complaint(_ bytes: [UInt8], sourceLocation: SourceLocation = #_sourceLocation) -> String? {
  let file = TemporaryFile(bytes)
  guard let error = openingError(file.path) else { return nil }
  #expect(error.exitCode == .malformedData, sourceLocation: sourceLocation)
  return message(error)
}

func complaint(
  _ builder: GGUFBuilder, sourceLocation: SourceLocation = #_sourceLocation
) -> String? {
  complaint(builder.build(), sourceLocation: sourceLocation)
}

/// What an error writes; it must be one line.
func message(_ error: ModelError) -> String {
  let pipe = Pipe()
  var out = TextOutput(descriptor: pipe.fileHandleForWriting.fileDescriptor)
  error.write(to: &out)
  out.flush()
  try? pipe.fileHandleForWriting.close()
  let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
  #expect(!text.isEmpty && !text.contains("\n"))
  return text
}

func string(_ excerpt: Excerpt) -> String {
  String(decoding: (0..<excerpt.count).map { excerpt[$0] }, as: UTF8.self)
}

/// SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }
}
