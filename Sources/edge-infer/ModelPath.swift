import CPlatform
import Platform
import Profile

/// Where a model file is: as given, then below `$EDGE_INFER_MODELS`, then below
/// `~/.cache/edge-infer`.
struct ModelPath {
  private var path = FilePath()

  /// Of the command line's model, or of the profile's.
  init(_ arguments: Arguments, _ settings: Settings) {
    if let name = unsafe arguments.model {
      unsafe self.init(name)
    } else {
      self = unsafe settings.profile.model.withCString { unsafe ModelPath($0) }
    }
  }

  /// The first place where the file is; the name as given where it is nowhere.
  init(_ name: UnsafePointer<CChar>) {
    if unsafe edge_exists(name) != 0 || name[0] == CChar(UInt8(ascii: "/")) {
      unsafe path.append(cString: name)
      return
    }
    if unsafe tryBelow(edge_models_folder(), "/", name) { return }
    if unsafe tryBelow(edge_home_folder(), "/.cache/edge-infer/", name) { return }
    path = FilePath()
    unsafe path.append(cString: name)
  }

  private mutating func tryBelow(
    _ directory: UnsafePointer<CChar>?, _ middle: StaticString, _ name: UnsafePointer<CChar>
  ) -> Bool {
    guard let directory = unsafe directory else { return false }
    path = FilePath()
    unsafe path.append(cString: directory)
    path.append(middle)
    unsafe path.append(cString: name)
    return path.exists
  }

  var exists: Bool { path.exists }

  /// Where the head budgets of a model are looked for: `.heads.json` in place of the file's last ending.
  var headBudgets: ModelPath {
    var other = self
    other.path.removeEnding()
    other.path.append(".heads.json")
    return other
  }

  func withPointer<Result: ~Copyable, Failure: Error>(
    _ body: (UnsafePointer<CChar>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try unsafe path.withPointer(body)
  }
}
