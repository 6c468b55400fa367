import Kernels
import Testing

/// The parts in which products go over panels and tiles.
@Suite struct CacheBlockingTests {
  private static let rows = Int8Geometry.tileRows
  private static let outputs = Int8Geometry.groupOutputs

  private func blocking(k: Int, tokens: Int, panels: Int = 1, l2KiB: Int) -> CacheBlocking {
    CacheBlocking(
      kPadded: k, tileCount: (tokens + Self.rows - 1) / Self.rows, panelsPerGroup: panels,
      l2ByteCount: l2KiB << 10)
  }

  /// Activations of exactly half of the cache stay whole; one tile more, and they do not.
  @Test func whatFitsHalfStaysWhole() {
    let tiles = 128 / Self.rows
    #expect(blocking(k: 2048, tokens: 128, l2KiB: 512).tilesPerChunk == tiles)
    #expect(blocking(k: 2048, tokens: 129, l2KiB: 512).tilesPerChunk == 128 / Self.rows / 2)
    #expect(blocking(k: 8192, tokens: 128, l2KiB: 2048).tilesPerChunk == tiles)
    #expect(blocking(k: 8192, tokens: 128, l2KiB: 2047).tilesPerChunk < tiles)
  }

  /// A batch fills half of the cache and a chunk a quarter, as nearly as whole ones can.
  @Test(arguments: [256, 512, 1024], [1, 2])
  func partsFillTheirShares(l2KiB: Int, panels: Int) {
    let parts = blocking(k: 8192, tokens: 128, panels: panels, l2KiB: l2KiB)
    let (batch, chunk) = (l2KiB << 9, l2KiB << 8)
    let (groupByteCount, tileByteCount) = (8192 * Self.outputs * panels, 8192 * Self.rows)
    #expect(parts.groupsPerBatch == max(1, batch / groupByteCount))
    #expect(parts.tilesPerChunk == max(1, chunk / tileByteCount))
  }

  /// Even where the cache holds neither a panel nor a tile.
  @Test func partsAreNeverEmpty() {
    let parts = blocking(k: 65536, tokens: 33, l2KiB: 16)
    #expect(parts.groupsPerBatch == 1 && parts.tilesPerChunk == 1)
  }

  @Test(arguments: [16, 100, 512, 4096], [2, 9, 128])
  func partsAreAllOfTheProduct(l2KiB: Int, tokens: Int) {
    let parts = blocking(k: 1536, tokens: tokens, l2KiB: l2KiB)
    var visits: [[Int]: Int] = [:]
    parts.forEachPart(of: 3..<40) { groups, tiles in
      #expect(groups.count <= parts.groupsPerBatch && tiles.count <= parts.tilesPerChunk)
      for group in groups { for tile in tiles { visits[[group, tile], default: 0] += 1 } }
    }
    #expect(visits.count == 37 * parts.tileCount)
    #expect(visits.values.allSatisfy { $0 == 1 })
    #expect(visits.keys.allSatisfy { 3..<40 ~= $0[0] && 0..<parts.tileCount ~= $0[1] })
  }
}
