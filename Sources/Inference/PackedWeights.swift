import Memory
import Model
import Platform

/// Weights that lie in a file as they do in the arena.
extension Engine {
  /// Puts the weights of a packed model in their place: its pages, read-only, or a copy of them where
  /// the system does not map it. Experts that stay in the file are not in memory afterwards.
  func takePacked(
    _ packed: PackedImage, _ file: borrowing ModelFile, _ arena: borrowing Arena
  ) throws(ModelError) {
    let (image, pages) = unsafe (arena.modelImage, machine.workspace.experts.pages)
    if packed.byteCount != image.count {
      throw .packed(.part("weights", byteCount: packed.byteCount, expected: image.count))
    }
    if unsafe !file.map(packed, over: image) {
      if pages != nil { throw .packed(.notMapped) }
      try unsafe file.read(into: image, at: packed.offset)
    }
    let experts = unsafe pages == nil ? nil : UnsafeRawBufferPointer(arena.bytes(of: .experts))
    if unsafe checksum(of: UnsafeRawBufferPointer(image), dropping: experts) != packed.checksum {
      throw .packed(.checksum("weights"))
    }
    unsafe pages?.begin(image)
  }

  /// The rows that stay in the file from which the model was loaded; nil if it has none.
  public var layerInputTensor: TensorLocation? {
    shape.layerInputLength > 0 ? layout.tensors[.layerInputs] : nil
  }

  /// See `PackedChecksum`; on all threads.
  /// - Parameter dropped: a part of the image, which is a mapping then: pages that leave memory once they
  ///   have been read.
  @export(interface)
  public func checksum(
    of image: UnsafeRawBufferPointer, dropping dropped: UnsafeRawBufferPointer? = nil
  ) -> UInt64 {
    var task = unsafe ChecksumTask(
      image: image, dropped: dropped, sums: layout.loading.checksums)
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
  let dropped: UnsafeRawBufferPointer?
  let sums: UnsafeMutablePointer<UInt64>

  func run(_ member: Member) {
    var sum: UInt64 = 0
    while let index = unsafe member.nextShare(below: PackedChecksum.chunkCount(image.count)) {
      unsafe sum &+= PackedChecksum.chunk(index, of: image)
      if let dropped = unsafe dropped { unsafe drop(index, of: dropped) }
    }
    unsafe sums[member.index] = sum
  }

  private func drop(_ index: Int, of dropped: UnsafeRawBufferPointer) {
    let first = unsafe dropped.baseAddress! - image.baseAddress!
    let start = index * PackedChecksum.chunkByteCount
    let end = unsafe min(start + PackedChecksum.chunkByteCount, image.count)
    let range = (start..<end).clamped(to: first..<first + dropped.count)
    if range.isEmpty { return }
    unsafe FilePages.drop(
      UnsafeRawBufferPointer(rebasing: image[range]),
      of: UnsafeMutableRawBufferPointer(mutating: image))
  }
}
