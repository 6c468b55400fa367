/// The sizes of all regions of an arena, and where each one lies.
public struct MemoryPlan: Sendable {
  private let byteCounts: Region.PerRegion<Int>
  private let offsets: Region.PerRegion<Int>
  public let totalByteCount: Int

  /// Lays the regions one after the other.
  init(byteCounts: Region.PerRegion<Int>) {
    self.byteCounts = byteCounts
    var offsets = Region.PerRegion<Int>(repeating: 0)
    var end = 0
    for index in 0..<Region.count {
      offsets[index] = Arena.roundUp(end, to: Region(rawValue: index)!.alignment)
      end = offsets[index] + byteCounts[index]
    }
    self.offsets = offsets
    totalByteCount = Arena.roundUp(end, to: Arena.pageByteCount)
  }

  public func byteCount(of region: Region) -> Int { byteCounts[region.rawValue] }

  /// Bytes from the start of the arena.
  public func offset(of region: Region) -> Int { offsets[region.rawValue] }

  /// The bytes between regions and after the last one, which alignment asks for.
  public var paddingByteCount: Int {
    var sum = 0
    for index in 0..<Region.count { sum += byteCounts[index] }
    return totalByteCount - sum
  }
}
