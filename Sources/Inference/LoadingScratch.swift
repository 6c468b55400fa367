import Kernels
import Memory
import Model
import Platform

/// Each thread's memory for reading and converting weights.
@safe struct LoadingScratch {
  /// Of short rows several are read at a time.
  private static let readByteCountMin = 65_536
  /// `[threads][readByteCount]`: rows as the file has them.
  private let bytes: UnsafeMutableRawPointer
  let readByteCount: Int
  /// `[threads][rowCount]`: one row as Float32.
  private let rows: UnsafeMutablePointer<Float>
  private let rowCount: Int
  /// `[threads]`: the first failure of each.
  let failures: UnsafeMutablePointer<LoadingFailure>
  /// `[threads]`: sums of each thread's chunks.
  let checksums: UnsafeMutablePointer<UInt64>

  init(carver: inout Carver, shape: ModelShape, threadCount: Int) {
    rowCount = MatrixFormat.inputCapacity(shape.longestRowLength)
    // A saved cache is checked in the same buffer: its counts of all heads' slots must fit.
    let countByteCount = shape.layers.sum { $0.kvHeadCount } * MemoryLayout<UInt32>.stride
    let rowByteCount = rowCount * MemoryLayout<Float>.stride
    readByteCount = max(Self.readByteCountMin, max(rowByteCount, countByteCount))
    unsafe bytes = unsafe carver.takeBytes(.loading, count: threadCount * readByteCount)
    unsafe rows = unsafe carver.take(.loading, Float.self, count: threadCount * rowCount)
    unsafe failures = unsafe carver.takeUninitialized(
      .loading, LoadingFailure.self, count: threadCount)
    unsafe checksums = unsafe carver.take(.loading, UInt64.self, count: threadCount)
    if !carver.isMeasuring {
      unsafe failures.initialize(repeating: LoadingFailure(error: nil), count: threadCount)
    }
  }

  func bytes(_ member: Member) -> UnsafeMutableRawPointer {
    unsafe bytes + member.index * readByteCount
  }

  /// The first thread's part, for other reading when no weights are read.
  var buffer: UnsafeMutableRawBufferPointer {
    unsafe UnsafeMutableRawBufferPointer(start: bytes, count: readByteCount)
  }

  func row(_ member: Member) -> UnsafeMutablePointer<Float> {
    unsafe rows + member.index * rowCount
  }
}

struct LoadingFailure {
  var error: ModelError?
}
