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
    unsafe hash.update(UnsafeRawBufferPointer(bytes))
  }
}

@safe struct SnapshotWriter: CacheVisitor {
  let out: UnsafeMutablePointer<TextOutput>
  mutating func visit(_ bytes: UnsafeMutableRawBufferPointer) {
    unsafe out.pointee.write(raw: UnsafeRawBufferPointer(bytes))
  }
}

@safe struct SnapshotReader: CacheVisitor {
  let file: UnsafePointer<InputFile>
  private var offset = SnapshotHeader.byteCount

  init(file: UnsafePointer<InputFile>) { unsafe self.file = unsafe file }

  mutating func visit(_ bytes: UnsafeMutableRawBufferPointer) throws(SnapshotError) {
    let count = try unsafe Snapshot.read(file.pointee, into: bytes, at: offset)
    if count < bytes.count { throw .byteCount(offset + count, expected: offset + bytes.count) }
    offset += count
  }
}
