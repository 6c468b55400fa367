import Model

/// Sizes of heads, which the cache has alike in all layers. Models whose layers differ in them are
/// refused when they are opened (`ComputedLayers.swift`).
extension ModelShape {
  package var headCount: Int { layer(0).headCount }
  package var kvHeadCount: Int { layer(0).kvHeadCount }
  package var headDim: Int { layer(0).headDim }
}
