import Foundation
import TestSupport
import Testing

@testable import Platform

struct FixedFileTests {
  private let folder: Folder

  init() throws { folder = try Folder() }

  /// The number of the system's reason, 0 if the file was opened and has so many bytes then.
  private func failure(_ path: String, byteCount: Int = 8192) -> Int32 {
    let name = strdup(path)!
    defer { free(name) }
    do throws(SystemFailure) {
      let file = try FixedFile(path: name)
      try file.allocate(byteCount: byteCount)
      return 0
    } catch {
      return error.code
    }
  }

  private func size(_ path: String) throws -> Int {
    try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? -1
  }

  @Test func itsSpaceIsTakenOnce() throws {
    let path = folder.path("fixed")
    #expect(failure(path) == 0)
    #expect(try size(path) == 8192)
    var status = stat()
    #expect(stat(path, &status) == 0 && status.st_blocks >= 16 && status.st_mode & 0o777 == 0o600)
    // A longer file stays as it is, and so does one for which there is no room.
    #expect(failure(path, byteCount: 4096) == 0)
    #expect([ENOSPC, EFBIG].contains(failure(path, byteCount: 1 << 62)))
    #expect(try size(path) == 8192)
  }

  @Test func whatIsWrittenIsRead() throws {
    let name = strdup(folder.path("fixed"))!
    defer { free(name) }
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 100, alignment: 8)
    defer { memory.deallocate() }
    for index in memory.indices { memory[index] = UInt8(index) }
    let file = try FixedFile(path: name)
    try file.allocate(byteCount: 100)
    try file.write(UnsafeRawBufferPointer(rebasing: memory[1..<5]), at: 50)
    let count = try file.input.read(into: memory, at: 0)
    #expect(count == 100 && Array(memory[50..<54]) == [1, 2, 3, 4])
    #expect(memory[..<50].allSatisfy { $0 == 0 } && memory[54...].allSatisfy { $0 == 0 })
  }

  @Test(.timeLimit(.minutes(1))) func whatIsNoFileIsRefused() throws {
    let (pipe, link) = (folder.path("pipe"), folder.path("link"))
    #expect(mkfifo(pipe, 0o600) == 0 && symlink("/dev/null", link) == 0)
    #expect(failure(folder.path("")) == EISDIR)
    #expect(failure("/dev/null") == EINVAL)
    #expect(failure(link) == EINVAL)
    #expect(failure(pipe) == EINVAL)
    #expect(failure(folder.path("none/fixed")) == ENOENT)
    #expect(
      [EACCES, EROFS, EPERM].contains(failure("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size"))
    )
  }

  /// One process has it, and one opening.
  @Test func itIsOpenOnce() throws {
    let path = folder.path("fixed")
    let name = strdup(path)!
    defer { free(name) }
    do {
      let file = try FixedFile(path: name)
      #expect(failure(path) == EBUSY)
      try file.allocate(byteCount: 1)
    }
    #expect(failure(path) == 0)
  }
}
