/// The order in which a product of many tokens goes over weight panels and activations, so that
/// both come from beyond the second-level cache as seldom as its size allows.
///
/// A panel is a group's weights; all tiles of the block's activations pass by it. Where these fit in
/// half of the cache they stay there, and each panel is read once. Where they do not, they would
/// come from beyond it once a panel: then panels are taken in batches of half of the cache, and
/// tiles pass by a batch in chunks of a quarter of it. Each panel still comes from beyond it once a
/// block (a batch stays), and activations once a batch. The last quarter is for outputs and for
/// whatever the cache does not keep in strict order.
package struct CacheBlocking {
  package let tileCount: Int
  package let groupsPerBatch: Int
  /// `tileCount` where activations stay in the cache.
  package let tilesPerChunk: Int

  /// - Parameters:
  ///   - panelsPerGroup: weight matrices; each group has a panel of each.
  ///   - l2ByteCount: the thread's part of the second-level cache.
  @export(interface)
  package init(kPadded: Int, tileCount: Int, panelsPerGroup: Int, l2ByteCount: Int) {
    let tileByteCount = kPadded * Int8Geometry.tileRows
    let groupByteCount = kPadded * Int8Geometry.groupOutputs * panelsPerGroup
    self.tileCount = tileCount
    groupsPerBatch = max(1, l2ByteCount / 2 / groupByteCount)
    tilesPerChunk =
      tileCount * tileByteCount <= l2ByteCount / 2
      ? tileCount : max(1, l2ByteCount / 4 / tileByteCount)
  }

  /// Calls `body` with parts of the product that together are all `groups` by all tiles. It is to
  /// go over the part's groups one after the other, each by all of the part's tiles.
  @inline(__always)
  package func forEachPart(
    of groups: Range<Int>, _ body: (_ groups: Range<Int>, _ tiles: Range<Int>) -> Void
  ) {
    var firstGroup = groups.lowerBound
    while firstGroup < groups.upperBound {
      let endGroup = min(firstGroup + groupsPerBatch, groups.upperBound)
      var firstTile = 0
      while firstTile < tileCount {
        let endTile = min(firstTile + tilesPerChunk, tileCount)
        body(firstGroup..<endGroup, firstTile..<endTile)
        firstTile = endTile
      }
      firstGroup = endGroup
    }
  }
}
