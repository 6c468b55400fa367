import Foundation
import Testing

/// A folder that is removed with the object; in memory if a test asks for that, because it writes
/// thousands of files, and the system has such a folder.
public final class Folder {
  public let url: URL

  public init(inMemory: Bool = false) throws {
    let memory = URL(fileURLWithPath: "/dev/shm")
    let parent =
      inMemory && FileManager.default.isWritableFile(atPath: memory.path)
      ? memory : FileManager.default.temporaryDirectory
    url = parent.appendingPathComponent("edge-infer-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  public func path(_ name: String) -> String { url.appendingPathComponent(name).path }

  /// Writes a file and the folders that lead to it.
  /// - Returns: the path of the file.
  @discardableResult
  public func write(_ name: String, _ data: Data) throws -> String {
    let file = url.appendingPathComponent(name)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try data.write(to: file)
    return file.path
  }

  @discardableResult
  public func write(_ name: String, _ text: String) throws -> String {
    try write(name, Data(text.utf8))
  }

  /// Lines of a file in it.
  public func lines(_ name: String) throws -> [String] {
    try String(contentsOfFile: path(name), encoding: .utf8).split(separator: "\n").map(String.init)
  }
}

/// A file, in memory if the system has a folder there, that is removed with the object.
public final class TemporaryFile {
  private let folder: Folder
  public let path: String

  public init(_ bytes: [UInt8] = []) {
    folder = try! Folder(inMemory: true)
    path = folder.path("file")
    write(bytes)
  }

  public func write(_ bytes: [UInt8]) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    #expect(Foundation.write(descriptor, bytes, bytes.count) == bytes.count)
    close(descriptor)
  }

  public func cut(to byteCount: Int) { #expect(truncate(path, byteCount) == 0) }
}
