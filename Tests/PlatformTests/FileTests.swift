import Foundation
import Testing

@testable import Platform

private func temporaryPath(_ name: String) -> String {
  FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString)-\(name)").path
}

/// A zero-terminated copy that lives as long as this object.
private final class CString {
  let pointer: UnsafeMutablePointer<CChar>
  init(_ text: String) { pointer = strdup(text) }
  deinit { free(pointer) }
}

struct FileTests {
  @Test func aReplacementAppearsOnlyWhenCommitted() throws {
    let path = temporaryPath("report.json")
    defer { try? FileManager.default.removeItem(atPath: path) }
    try "old".write(toFile: path, atomically: true, encoding: .utf8)
    let cPath = CString(path)
    do {
      var file = try ReplacementFile(path: cPath.pointer)
      file.text.write("half")
      file.text.flush()
    }
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "old")
    #expect(!FileManager.default.fileExists(atPath: path + ".partial"))
    var file = try ReplacementFile(path: cPath.pointer)
    file.text.write("new")
    try file.commit()
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "new")
    #expect(!FileManager.default.fileExists(atPath: path + ".partial"))
  }

  private func kind(_ path: String) throws -> FileAttributeType? {
    try FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType
  }

  /// A named pipe takes the text and stays a pipe, also if it is named by a link.
  @Test(.timeLimit(.minutes(1)), arguments: [false, true])
  func aPipeIsWrittenTo(isLinked: Bool) throws {
    let path = temporaryPath("pipe")
    let link = temporaryPath("link")
    #expect(mkfifo(path, 0o600) == 0 && symlink(path, link) == 0)
    defer { for name in [path, link] { unlink(name) } }
    let name = CString(isLinked ? link : path)
    // Nobody reads.
    do throws(SystemFailure) {
      _ = try ReplacementFile(path: name.pointer)
      Issue.record("a pipe without a reader was opened")
    } catch {
      #expect(error.code == ENXIO)
    }
    let reader = open(path, O_RDONLY | O_NONBLOCK)
    defer { close(reader) }
    var file = try ReplacementFile(path: name.pointer)
    file.text.write("text")
    try file.commit()
    var bytes = [UInt8](repeating: 0, count: 16)
    #expect(read(reader, &bytes, 16) == 4 && String(decoding: bytes[..<4], as: UTF8.self) == "text")
    #expect(try kind(path) == nil || kind(path) == .typeUnknown)
    #expect(try kind(link) == .typeSymbolicLink)
  }

  @Test func aDeviceIsWrittenTo() throws {
    let link = temporaryPath("link")
    #expect(symlink("/dev/null", link) == 0)
    defer { unlink(link) }
    for path in ["/dev/null", link] {
      let name = CString(path)
      var file = try ReplacementFile(path: name.pointer)
      file.text.write("text")
      try file.commit()
    }
    #expect(try kind("/dev/null") == .typeCharacterSpecial)
    #expect(try kind(link) == .typeSymbolicLink)
    // A device that is full fails, and is not replaced.
    let full = CString("/dev/full")
    var file = try ReplacementFile(path: full.pointer)
    file.text.write("text")
    do throws(SystemFailure) {
      try file.commit()
      Issue.record("a full device took text")
    } catch {
      #expect(error.code == ENOSPC)
    }
    #expect(try kind("/dev/full") == .typeCharacterSpecial)
  }

  /// The file that a link leads to is replaced, through several links and relative ones, and also if
  /// it is not there yet; the links stay.
  @Test(arguments: [false, true]) func theTargetOfALinkIsReplaced(isThere: Bool) throws {
    let folder = temporaryPath("folder")
    try FileManager.default.createDirectory(
      atPath: folder + "/a-folder-of-a-long-name", withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let target = folder + "/a-folder-of-a-long-name/t"
    if isThere { try "old".write(toFile: target, atomically: true, encoding: .utf8) }
    let links = [folder + "/first-link-of-a-long-name", folder + "/second"]
    #expect(symlink("second", links[0]) == 0)
    #expect(symlink("a-folder-of-a-long-name/t", links[1]) == 0)
    let name = CString(links[0])
    var file = try ReplacementFile(path: name.pointer)
    file.text.write("new")
    try file.commit()
    #expect(try String(contentsOfFile: target, encoding: .utf8) == "new")
    for link in links { #expect(try kind(link) == .typeSymbolicLink) }
    let left = try FileManager.default.contentsOfDirectory(
      atPath: folder + "/a-folder-of-a-long-name")
    #expect(left == ["t"])
  }

  @Test func foldersAndCirclesAreRefusedBeforeTheWork() throws {
    let circle = temporaryPath("circle")
    #expect(symlink(circle, circle) == 0)
    defer { unlink(circle) }
    for (path, code) in [(FileManager.default.temporaryDirectory.path, EISDIR), (circle, ELOOP)] {
      let name = CString(path)
      do throws(SystemFailure) {
        _ = try ReplacementFile(path: name.pointer)
        Issue.record("\(path) was opened")
      } catch {
        #expect(error.code == code)
      }
    }
  }

  @Test func foldersAreMadeOnce() throws {
    let path = temporaryPath("folder")
    defer { try? FileManager.default.removeItem(atPath: path) }
    let (folder, below, file) = (CString(path), CString(path + "/a/b"), CString("/etc/passwd"))
    try makeFolder(folder.pointer)
    try makeFolder(folder.pointer)
    #expect(try FileManager.default.contentsOfDirectory(atPath: path).isEmpty)
    for (wrong, isMissing) in [(below, true), (file, false)] {
      do throws(SystemFailure) {
        try makeFolder(wrong.pointer)
        Issue.record("a folder was made")
      } catch {
        #expect(error.isMissingFile == isMissing)
      }
    }
  }

  /// After a large part of memory has gone, the peak can begin anew.
  @Test func thePeakOfMemory() throws {
    let byteCount = 256 << 20
    let memory = try #require(
      mmap(
        nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
    memory.initializeMemory(as: UInt8.self, repeating: 1, count: byteCount)
    let full = peakResidentByteCount()
    munmap(memory, byteCount)
    #expect(full >= byteCount && peakResidentByteCount() >= byteCount)
    resetPeakResident()
    let rest = peakResidentByteCount()
    // A kernel without clear_refs leaves the peak as it is.
    if FileManager.default.fileExists(atPath: "/proc/self/clear_refs") {
      #expect(rest < full - byteCount / 2)
    } else {
      #expect(rest == full)
    }
  }

  /// What is written beside its place goes to a device that is full.
  @Test(arguments: [1, 100, 4096, 100_000]) func aFullDiskLeavesTheOldFile(byteCount: Int) throws {
    let path = temporaryPath("report.json")
    defer { try? FileManager.default.removeItem(atPath: path) }
    try "old".write(toFile: path, atomically: true, encoding: .utf8)
    #expect(symlink("/dev/full", path + ".partial") == 0)
    let cPath = CString(path)
    do {
      var file = try ReplacementFile(path: cPath.pointer)
      for _ in 0..<byteCount { file.text.write("x") }
      do throws(SystemFailure) {
        try file.commit()
        Issue.record("a full disk took \(byteCount) bytes")
      } catch {
        #expect(error.code == ENOSPC)
      }
    }
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "old")
    #expect((try? FileManager.default.destinationOfSymbolicLink(atPath: path + ".partial")) == nil)
  }

  /// A named pipe has no size, and is not waited for.
  @Test(.timeLimit(.minutes(1))) func aPipeIsNoInputFile() {
    let path = temporaryPath("pipe")
    defer { unlink(path) }
    #expect(mkfifo(path, 0o600) == 0)
    let cPath = CString(path)
    #expect(throws: SystemFailure.self) { _ = try InputFile(path: cPath.pointer) }
  }

  @Test func readingPastTheEndGivesWhatIsThere() throws {
    let path = temporaryPath("short")
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(0..<10).write(to: URL(fileURLWithPath: path))
    let cPath = CString(path)
    let file = try InputFile(path: cPath.pointer)
    let byteCount = file.byteCount
    #expect(byteCount == 10)
    var buffer = [UInt8](repeating: 0xFF, count: 8)
    let count = try buffer.withUnsafeMutableBytes { try file.read(into: $0, at: 6) }
    #expect(count == 4)
    #expect(buffer == [6, 7, 8, 9, 0xFF, 0xFF, 0xFF, 0xFF])
  }

  @Test(arguments: ["/", "/dev/null", "/no/such/file"])
  func onlyRegularFilesOpen(path: String) {
    let cPath = CString(path)
    #expect(throws: SystemFailure.self) { _ = try InputFile(path: cPath.pointer) }
  }
}
