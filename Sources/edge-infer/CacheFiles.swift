import Generation
import Inference
import Platform

extension Program {
  /// Continues from a saved cache.
  mutating func loadCache(_ path: UnsafePointer<CChar>) throws(CommandFailure) {
    let file: InputFile
    do throws(SystemFailure) {
      file = unsafe try InputFile(path: path)
    } catch {
      throw unsafe CommandFailure(.system(error), path: path)
    }
    unsafe try loadCache(from: file, path)
  }

  mutating func loadCache(
    from file: borrowing InputFile, _ path: UnsafePointer<CChar>
  ) throws(CommandFailure) {
    do throws(SnapshotError) {
      try model.engine.restore(from: file)
    } catch {
      throw unsafe CommandFailure(.savedCache(error), path: path)
    }
  }

  /// The file appears whole or not at all.
  func saveCache(_ path: UnsafePointer<CChar>) throws(CommandFailure) {
    var file = unsafe try openReplacement(path)
    unsafe try saveCache(to: &file, path)
  }

  func saveCache(
    to file: inout ReplacementFile, _ path: UnsafePointer<CChar>
  ) throws(CommandFailure) {
    model.engine.save(to: &file.text)
    unsafe try commit(&file, path)
  }
}
