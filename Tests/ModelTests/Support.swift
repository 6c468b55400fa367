import Foundation
import Platform
import TestSupport
import Testing

@testable import Model

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
  let text = written { error.write(to: &$0) }
  #expect(!text.isEmpty && !text.contains("\n"))
  return text
}

func string(_ excerpt: Excerpt) -> String {
  String(decoding: (0..<excerpt.count).map { excerpt[$0] }, as: UTF8.self)
}
