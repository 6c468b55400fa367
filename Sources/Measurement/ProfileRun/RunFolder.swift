import CPlatform
import Memory
import Platform
import Profile

/// Why a folder cannot take a profile run.
public struct RunFolderError: LineError {
  enum Reason {
    case system(SystemFailure)
    /// There are parts and no index.
    case noIndex
    /// The index is none.
    case otherIndex
    /// The name of what differs from the run that the folder belongs to.
    case difference(StaticString)
  }

  /// The folder, or a file in it.
  let path: Excerpt
  let reason: Reason

  @export(interface)
  public func write(to out: inout TextOutput) {
    out.write(quoted: path)
    switch reason {
    case .system(let failure):
      out.write(": ")
      failure.write(to: &out)
      return
    case .noIndex:
      out.write(" has parts of a profile run and no profile-run.json that says of which one")
    case .otherIndex: out.write(" has a profile-run.json that no profile-run wrote")
    case .difference(let name):
      out.write(" is the folder of a profile-run with another ")
      out.write(name)
    }
    out.write("; name another folder with -o")
  }

  public var exitCode: ExitCode {
    switch reason {
    case .system(let failure): failure.exitCode
    case .noIndex, .difference: .usage
    case .otherIndex: .malformedData
    }
  }
}

/// The folder of a profile run: an index, and a file for each part that is done.
public struct RunFolder {
  private static let index: StaticString = "profile-run.json"
  private let path: FixedText<4096>

  /// Makes the folder if it is not there. One with parts of another run is refused.
  @export(interface)
  public init(
    _ name: UnsafePointer<CChar>, _ identity: RunIdentity, _ settings: MeasurementSettings,
    _ model: borrowing BenchModel
  ) throws(RunFolderError) {
    var path = FixedText<4096>()
    let bytes = unsafe cStringSpan(name)
    for index in 0..<bytes.count { path.append(bytes[index]) }
    self.path = path
    do throws(SystemFailure) {
      unsafe try makeFolder(name)
    } catch {
      throw refusal(.system(error))
    }
    if exists(Self.index) {
      try check(identity)
      return
    }
    for index in 0..<ProfileRunPart.count where exists(ProfileRunPart(rawValue: index)!.fileName) {
      throw refusal(.noIndex)
    }
    try write(identity, settings, model)
  }

  private func refusal(_ reason: RunFolderError.Reason) -> RunFolderError {
    RunFolderError(path: Excerpt(path.bytes), reason: reason)
  }

  private func refusal(ofIndex failure: SystemFailure) -> RunFolderError {
    RunFolderError(path: Excerpt(appending(Self.index).bytes), reason: .system(failure))
  }

  /// Writes the index.
  private func write(
    _ identity: RunIdentity, _ settings: MeasurementSettings, _ model: borrowing BenchModel
  ) throws(RunFolderError) {
    let index = appending(Self.index)
    do throws(SystemFailure) {
      unsafe try index.withCString { (path) throws(SystemFailure) in
        var file = unsafe try ReplacementFile(path: path)
        identity.write(settings, model, to: &file.text)
        try file.commit()
      }
    } catch {
      throw refusal(ofIndex: error)
    }
  }

  /// Whether a part is done.
  public func has(_ part: ProfileRunPart) -> Bool { exists(part.fileName) }

  /// Calls `body` with the path of a part's file.
  public func withPath<Failure: Error>(
    of part: ProfileRunPart, _ body: (UnsafePointer<CChar>) throws(Failure) -> Void
  ) throws(Failure) {
    let path = appending(part.fileName)
    unsafe try path.withCString { (path) throws(Failure) in unsafe try body(path) }
  }

  public func writeName(to out: inout TextOutput) { out.write(path.bytes) }

  private func appending(_ name: StaticString) -> FixedText<4096> {
    var path = path
    path.append(UInt8(ascii: "/"))
    for index in 0..<name.utf8CodeUnitCount { unsafe path.append(name.utf8Start[index]) }
    return path
  }

  private func exists(_ name: StaticString) -> Bool {
    unsafe appending(name).withCString { unsafe edge_exists($0) != 0 }
  }

  private func check(_ identity: RunIdentity) throws(RunFolderError) {
    let found: RunIdentity?
    do throws(SystemFailure) {
      found = try readIndex()
    } catch {
      throw refusal(ofIndex: error)
    }
    guard let found else { throw refusal(.otherIndex) }
    if let difference = identity.difference(from: found) {
      throw refusal(.difference(difference))
    }
  }

  private func readIndex() throws(SystemFailure) -> RunIdentity? {
    var bytes = InlineArray<4097, UInt8>(repeating: 0)
    let path = appending(Self.index)
    let count = unsafe try path.withCString { (path) throws(SystemFailure) -> Int in
      let file = unsafe try InputFile(path: path)
      return unsafe try withUnsafeMutableBytes(of: &bytes) {
        (target) throws(SystemFailure) -> Int in
        unsafe try file.read(into: target, at: 0)
      }
    }
    return RunIdentity.read(bytes.span.extracting(0..<count))
  }
}
