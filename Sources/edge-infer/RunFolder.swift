import CPlatform
import Platform
import Profile

/// The folder of a profile run: an index, and a file for each part that is done.
struct RunFolder {
  private static let index: StaticString = "profile-run.json"
  private let path: FixedText<4096>

  /// Makes the folder where it is not there. One with parts of another run is refused.
  init(
    _ name: UnsafePointer<CChar>, _ identity: RunIdentity, _ settings: Settings,
    _ model: borrowing BenchModel, _ console: inout Console
  ) throws(Exit) {
    var path = FixedText<4096>()
    let bytes = unsafe cStringSpan(name)
    for index in 0..<bytes.count { path.append(bytes[index]) }
    self.path = path
    do throws(SystemFailure) {
      unsafe try makeFolder(name)
    } catch {
      throw unsafe console.fail(error, path: name)
    }
    if exists(Self.index) {
      try check(identity, &console)
      return
    }
    for index in 0..<ProfileRunPart.count where exists(ProfileRunPart(rawValue: index)!.fileName) {
      throw refuse(
        "has parts of a profile run and no profile-run.json that says of which one", .usage,
        &console)
    }
    let index = appending(Self.index)
    unsafe try index.withCString { (path) throws(Exit) in
      var file = unsafe try Report.open(path, &console)
      identity.write(settings, model, to: &file.text)
      unsafe try Report.commit(&file, path, &console)
    }
  }

  /// Whether a part is done.
  func has(_ part: ProfileRunPart) -> Bool { exists(part.fileName) }

  /// Calls `body` with the path of a part's file.
  func withPath(
    of part: ProfileRunPart, _ body: (UnsafePointer<CChar>) throws(Exit) -> Void
  ) throws(Exit) {
    let path = appending(part.fileName)
    unsafe try path.withCString { (path) throws(Exit) in unsafe try body(path) }
  }

  func writeName(to out: inout TextOutput) { out.write(path.bytes) }

  private func appending(_ name: StaticString) -> FixedText<4096> {
    var path = path
    path.append(UInt8(ascii: "/"))
    for index in 0..<name.utf8CodeUnitCount { unsafe path.append(name.utf8Start[index]) }
    return path
  }

  private func exists(_ name: StaticString) -> Bool {
    unsafe appending(name).withCString { unsafe edge_exists($0) != 0 }
  }

  private func check(_ identity: RunIdentity, _ console: inout Console) throws(Exit) {
    guard let found = try readIndex(&console) else {
      throw refuse("has a profile-run.json that no profile-run wrote", .malformedData, &console)
    }
    guard let difference = identity.difference(from: found) else { return }
    console.beginError()
    writeQuoted(&console)
    console.error.write(" is the folder of a profile-run with another ")
    console.error.write(difference)
    console.error.write("; name another folder with -o")
    throw console.end(.usage)
  }

  private func readIndex(_ console: inout Console) throws(Exit) -> RunIdentity? {
    var bytes = InlineArray<4097, UInt8>(repeating: 0)
    let path = appending(Self.index)
    let count = unsafe try path.withCString { (path) throws(Exit) -> Int in
      do throws(SystemFailure) {
        let file = unsafe try InputFile(path: path)
        return unsafe try withUnsafeMutableBytes(of: &bytes) {
          (target) throws(SystemFailure) -> Int in
          unsafe try file.read(into: target, at: 0)
        }
      } catch {
        throw unsafe console.fail(error, path: path)
      }
    }
    return RunIdentity.read(bytes.span.extracting(0..<count))
  }

  private func refuse(
    _ reason: StaticString, _ code: ExitCode, _ console: inout Console
  ) -> Exit {
    console.beginError()
    writeQuoted(&console)
    console.error.write(" ")
    console.error.write(reason)
    console.error.write("; name another folder with -o")
    return console.end(code)
  }

  private func writeQuoted(_ console: inout Console) {
    unsafe path.withCString { unsafe console.error.write(quoted: Excerpt(cString: $0)) }
  }
}
