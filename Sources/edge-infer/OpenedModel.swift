import Generation
import Model
import Platform

extension HeaderBuffer {
  /// Opens a model of the command line or of the profile.
  mutating func open(_ path: ModelPath) throws(CommandFailure) -> ModelFile {
    do throws(ModelError) {
      return unsafe try path.withPointer { (name) throws(ModelError) in
        unsafe try open(name)
      }
    } catch {
      throw CommandFailure(.model(error), path)
    }
  }

  /// As without a console.
  mutating func open(
    _ path: ModelPath, _ console: inout Console
  ) throws(CommandFailure) -> ModelFile {
    try open(path)
  }
}
