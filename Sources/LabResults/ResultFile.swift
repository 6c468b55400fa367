import Foundation

/// Why a results file cannot be used.
public struct ResultFileError: Error, CustomStringConvertible {
  public let description: String
}

/// A file of results, one JSON object a line, which grows by whole lines: what was finished before a
/// crash is skipped afterwards.
public final class ResultFile: @unchecked Sendable {
  private let handle: FileHandle
  private let lock = NSLock()
  private var finished: Set<ResultLine.Cell>
  public let path: String

  /// Opens the file, or makes it. A last line that was cut off by a crash is removed.
  public init(path: String) throws(ResultFileError) {
    self.path = path
    var kept = Data()
    if FileManager.default.fileExists(atPath: path) {
      kept = try Self.contents(path)
      kept.removeLast(kept.count - (kept.lastIndex(of: 10).map { $0 + 1 } ?? 0))
    } else if !FileManager.default.createFile(atPath: path, contents: nil) {
      throw ResultFileError(description: "\(path): cannot be made")
    }
    finished = Set(try Self.lines(kept, path).map(\.cell))
    guard let handle = FileHandle(forUpdatingAtPath: path) else {
      throw ResultFileError(description: "\(path): cannot be written")
    }
    self.handle = handle
    do {
      try handle.truncate(atOffset: UInt64(kept.count))
      try handle.seekToEnd()
    } catch {
      throw ResultFileError(description: "\(path): cannot be written")
    }
  }

  public func has(_ cell: ResultLine.Cell) -> Bool {
    lock.withLock { finished.contains(cell) }
  }

  /// Adds a line; it is on disk when this returns.
  public func append(_ line: ResultLine) throws(ResultFileError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    lock.lock()
    defer { lock.unlock() }
    do {
      try handle.write(contentsOf: try encoder.encode(line) + Data([10]))
      try handle.synchronize()
    } catch {
      throw ResultFileError(description: "\(path): \(error.localizedDescription)")
    }
    finished.insert(line.cell)
  }

  /// All whole lines of a file.
  public static func read(_ path: String) throws(ResultFileError) -> [ResultLine] {
    try lines(try contents(path), path)
  }

  private static func contents(_ path: String) throws(ResultFileError) -> Data {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ResultFileError(description: "\(path): cannot be read")
    }
    return data
  }

  private static func lines(_ data: Data, _ path: String) throws(ResultFileError) -> [ResultLine] {
    let decoder = JSONDecoder()
    var lines: [ResultLine] = []
    for (index, line) in data.split(separator: 10, omittingEmptySubsequences: true).enumerated() {
      do {
        lines.append(try decoder.decode(ResultLine.self, from: Data(line)))
      } catch {
        throw ResultFileError(description: "\(path): line \(index + 1) is not a result")
      }
    }
    return lines
  }
}
