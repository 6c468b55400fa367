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
    do throws(SnapshotError) {
      try engine.restore(from: file)
    } catch {
      throw unsafe console.fail(error, path: path)
    }
  }

  /// The file appears whole or not at all.
  func saveCache(_ path: UnsafePointer<CChar>, _ console: inout Console) throws(Exit) {
    do throws(SystemFailure) {
      var file = unsafe try ReplacementFile(path: path)
      engine.save(to: &file.text)
      try file.commit()
    } catch {
      throw unsafe console.fail(error, path: path)
    }
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
