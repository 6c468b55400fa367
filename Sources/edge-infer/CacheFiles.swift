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
      throw unsafe CommandFailure(.savedCache(error), path: path)
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
