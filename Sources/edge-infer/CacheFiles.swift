import Inference
import Platform
import Profile

extension Program {
  /// Continues from a saved cache.
  mutating func loadCache(
    _ path: UnsafePointer<CChar>, _ console: inout Console
  ) throws(Exit) {
    let file: InputFile
    do throws(SystemFailure) {
      file = unsafe try InputFile(path: path)
    } catch {
      throw unsafe console.fail(error, path: path)
    }
    unsafe try loadCache(from: file, path, &console)
  }

  mutating func loadCache(
    from file: borrowing InputFile, _ path: UnsafePointer<CChar>, _ console: inout Console
  ) throws(Exit) {
    do throws(SnapshotError) {
      try engine.restore(from: file)
    } catch {
      throw unsafe console.fail(error, path: path)
    }
  }

  /// The file appears whole or not at all.
  func saveCache(_ path: UnsafePointer<CChar>, _ console: inout Console) throws(Exit) {
    var file = unsafe try Report.open(path, &console)
    unsafe try saveCache(to: &file, path, &console)
  }

  func saveCache(
    to file: inout ReplacementFile, _ path: UnsafePointer<CChar>, _ console: inout Console
  ) throws(Exit) {
    engine.save(to: &file.text)
    unsafe try Report.commit(&file, path, &console)
  }
}

extension Console {
  mutating func fail(_ failure: SnapshotError, path: UnsafePointer<CChar>) -> Exit {
    if case .file(let system) = failure { return unsafe fail(system, path: path) }
    beginError()
    unsafe error.write(quoted: Excerpt(cString: path))
    error.write(": ")
    failure.write(to: &error)
    return end(Exit(rawCode: failure.exitCode).code)
  }
}

extension SnapshotError {
  fileprivate func write(to out: inout TextOutput) {
    switch self {
    case .file: break
    case .notSnapshot: out.write("not a saved cache: it does not start with 'EDGESNAP'")
    case .version(let version):
      out.write("a saved cache of version ")
      out.write(version)
      out.write(", expected 1")
    case .byteCount(let found, let expected):
      out.write("truncated or too long: ")
      out.write(found)
      out.write(" bytes, expected ")
      out.write(expected)
    case .checksum: out.write("damaged: its checksum is not that of its bytes")
    case .model: out.write("was saved with another model")
    case .setting(let name, let found, let expected):
      out.write("was saved with ")
      out.write(name)
      out.write(" ")
      out.write(found)
      out.write(", expected this run's ")
      out.write(expected)
    case .policy(let found, let expected):
      out.write("was saved with policy ")
      out.write(found?.name ?? "unknown")
      out.write(", expected this run's ")
      out.write(expected.name)
    case .malformed(let what):
      out.write("not a cache that a run leaves: ")
      out.write(what)
    }
  }
}
