/// Float32 memory of fixed size, zero at first, aligned to a cache line.
final class FloatBuffer {
  let start: UnsafeMutablePointer<Float>
  let count: Int

  init(count: Int) {
    self.count = count
    start = UnsafeMutableRawPointer.allocate(
      byteCount: max(1, count) * MemoryLayout<Float>.stride, alignment: 64
    ).bindMemory(to: Float.self, capacity: max(1, count))
    start.initialize(repeating: 0, count: count)
  }

  deinit { start.deallocate() }
}

/// Rows of Float32 in a buffer, each of whole panels (`FloatPanel.width`).
struct FloatRows {
  let buffer: FloatBuffer
  let stride: Int

  init(rowCount: Int, length: Int) {
    stride = FloatPanel.padded(length)
    buffer = FloatBuffer(count: rowCount * stride)
  }

  subscript(row: Int) -> UnsafeMutablePointer<Float> { buffer.start + row * stride }
}
