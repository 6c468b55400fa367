import Memory
import Model
import Platform

/// Weights that lie in a file as they do in the arena.
extension Engine {
  /// Puts the weights of a packed model in their place: its pages, read-only, or a copy of them where
  /// the system does not map it.
  func takePacked(
    _ packed: PackedImage, _ file: borrowing ModelFile, _ image: UnsafeMutableRawBufferPointer
  ) throws(ModelError) {
    if packed.byteCount != image.count {
      throw .packed(.part("weights", byteCount: packed.byteCount, expected: image.count))
    }
    if unsafe !file.map(packed, over: image) {
      try unsafe file.read(into: image, at: packed.offset)
    }
    if unsafe checksum(of: UnsafeRawBufferPointer(image)) != packed.checksum {
      throw .packed(.checksum("weights"))
    }
  }

  /// The rows that stay in the file from which the model was loaded; nil if it has none.
  public var layerInputTensor: TensorLocation? {
    shape.layerInputLength > 0 ? layout.tensors[.layerInputs] : nil
  }

  /// See `PackedChecksum`; on all threads.
  @export(interface)
  public func checksum(of image: UnsafeRawBufferPointer) -> UInt64 {
    var task = unsafe ChecksumTask(image: image, sums: layout.loading.checksums)
    unsafe team.run(&task) { context, team, index in
      let task = unsafe context.assumingMemoryBound(to: ChecksumTask.self).pointee
      unsafe task.run(Member(team: team, index: index))
    }
    var sum: UInt64 = 0
    for index in 0..<settings.threadCount { unsafe sum &+= layout.loading.checksums[index] }
    return sum
  }
}

@safe private struct ChecksumTask {
  let image: UnsafeRawBufferPointer
  let sums: UnsafeMutablePointer<UInt64>

  func run(_ member: Member) {
    var sum: UInt64 = 0
    while let index = unsafe member.nextShare(below: PackedChecksum.chunkCount(image.count)) {
      unsafe sum &+= PackedChecksum.chunk(index, of: image)
    }
    unsafe sums[member.index] = sum
  }
}
