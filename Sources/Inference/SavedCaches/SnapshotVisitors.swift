import KVCache
import Platform

// What is done with the parts of a saved cache.

struct SnapshotCounter: CacheVisitor {
  var byteCount = 0
  mutating func visit(_ bytes: UnsafeMutableRawBufferPointer) { byteCount += bytes.count }
}

struct SnapshotHasher: CacheVisitor {
  var hash: XXHash64
  mutating func visit(_ bytes: UnsafeMutableRawBufferPointer) {
    hash.update(UnsafeRawBufferPointer(bytes))
  }
}

struct SnapshotWriter: CacheVisitor {
  let out: UnsafeMutablePointer<TextOutput>
  mutating func visit(_ bytes: UnsafeMutableRawBufferPointer) {
    out.pointee.write(raw: UnsafeRawBufferPointer(bytes))
  }
}

struct SnapshotReader: CacheVisitor {
  let file: UnsafePointer<InputFile>
  private var offset = SnapshotHeader.byteCount

  init(file: UnsafePointer<InputFile>) { self.file = file }

  mutating func visit(_ bytes: UnsafeMutableRawBufferPointer) throws(SnapshotError) {
    let count = try Snapshot.read(file.pointee, into: bytes, at: offset)
    if count < bytes.count { throw .byteCount(offset + count, expected: offset + bytes.count) }
    offset += count
  }
}
