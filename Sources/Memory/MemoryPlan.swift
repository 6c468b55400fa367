/// The sizes of all regions of an arena, and where each one lies.
public struct MemoryPlan: Sendable {
  private let byteCounts: Region.PerRegion<Int>
  private let offsets: Region.PerRegion<Int>
  /// Of the addresses.
  public let totalByteCount: Int
  /// Bytes of the experts that may be in memory at a time, where they are pages of a file; nil if all are in
  /// memory.
  public let expertByteCountMax: Int?

  /// Lays the regions one after the other.
  init(byteCounts: Region.PerRegion<Int>, expertByteCountMax: Int? = nil) {
    self.byteCounts = byteCounts
    self.expertByteCountMax = expertByteCountMax
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

  /// Bytes of a region that may be in memory at a time.
  @export(interface)
  public func residentByteCount(of region: Region) -> Int {
    let count = byteCount(of: region)
    guard region == .experts, let expertByteCountMax else { return count }
    return min(count, expertByteCountMax)
  }

  /// Bytes of the experts that are in the file and not in memory.
  public var byteCountInFile: Int {
    byteCount(of: .experts) - residentByteCount(of: .experts)
  }

  /// Bytes of the arena that may be in memory at a time.
  public var residentByteCount: Int { totalByteCount - byteCountInFile }

  /// Bytes from the start of the arena.
  public func offset(of region: Region) -> Int { offsets[region.rawValue] }

  /// The bytes between regions and after the last one, which alignment asks for.
  public var paddingByteCount: Int {
    var sum = 0
    for index in 0..<Region.count { sum += byteCounts[index] }
    return totalByteCount - sum
  }
}
