import Platform

// Gemma 4: what differs from layer to layer.

extension Metadata {
  /// Heads of layers with a window are of another length, feed-forward parts may be, and the last layers have
  /// the keys and values of the last layer before them that sees as much.
  func setLayerInputs(
    in layers: inout LayerTable, window: Int?, _ cursor: inout FileCursor,
    of file: borrowing InputFile
  ) throws(ModelError) {
    let inputLength = try layerInputLength(layerCount: layers.count)
    let isWindow = try windowPattern(count: layers.count, &cursor, of: file)
    guard window != nil else { throw fault(.slidingWindow, .missing) }
    let windowHeadDim = try windowHeadDim() ?? layers[0].headDim
    let kvHeadCounts = try perLayer(.kvHeadCount, count: layers.count, &cursor, of: file)
    let lengths = try perLayer(.feedForwardLength, count: layers.count, &cursor, of: file)
    let ownCount = layers.count - (try sharedKeyLayerCount(of: layers.count))
    func layer(_ index: Int) throws(ModelError) -> LayerSpec {
      var layer = layers[index]
      layer.inputLength = inputLength
      if let kvHeadCounts { layer.kvHeadCount = Int(kvHeadCounts[index]) }
      if let lengths { layer.feedForwardLength = Int(lengths[index]) }
      if isWindow[index] {
        layer.headDim = windowHeadDim
      } else {
        (layer.span, layer.ropeTable) = (.full, 0)
      }
      if index >= ownCount {
        var source = ownCount - 1
        while source >= 0 && isWindow[source] != isWindow[index] { source -= 1 }
        if source < 0 { throw .layer(index, "keys of another layer, and none before sees as much") }
        layer.keySource = source
      }
      return layer
    }
    var table = LayerTable(repeating: try layer(0), count: layers.count)
    for index in 1..<max(layers.count, 1) {
      if !table.set(index, to: try layer(index)) {
        throw .layer(index, "more than eight kinds of layers in a model")
      }
    }
    layers = table
  }

  private func layerInputLength(layerCount: Int) throws(ModelError) -> Int {
    let length = try integer(.layerInputLength) ?? 0
    if length < 16 || length % 16 != 0 || length > ModelShape.rowLengthMax / layerCount {
      throw fault(
        .layerInputLength,
        .integer(length, expected: "a multiple of 16: of Gemma 4, E2B and E4B are supported"))
    }
    return length
  }

  /// Elements of a head in layers with a window; nil if the file does not say.
  func windowHeadDim() throws(ModelError) -> Int? {
    guard architecture.description.hasLayerInputs, let length = try integer(.windowKeyLength)
    else { return nil }
    let lengthName = MetadataKey.windowKeyLength.name(of: architecture)
    if let other = try integer(.windowValueLength), other != length {
      throw fault(.windowValueLength, .unequal(other, other: lengthName, otherValue: length))
    }
    if let count = try integer(.windowDimensionCount), count != length {
      throw fault(.windowDimensionCount, .unequal(count, other: lengthName, otherValue: length))
    }
    return length
  }

  private func sharedKeyLayerCount(of layerCount: Int) throws(ModelError) -> Int {
    let count = try integer(.sharedKeyLayerCount) ?? 0
    if count < 0 || count >= layerCount {
      throw fault(
        .sharedKeyLayerCount, .integerRange(count, minimum: 0, maximum: layerCount - 1))
    }
    return count
  }

  /// Nil if the file gives one number for all layers.
  private func perLayer(
    _ key: MetadataKey, count: Int, _ cursor: inout FileCursor, of file: borrowing InputFile
  ) throws(ModelError) -> LayerTable.PerLayer<Int32>? {
    guard case .array = self[key] else { return nil }
    return try integers(key, count: count, &cursor, of: file)
  }

  /// Which layers see a window: an array of BOOL.
  private func windowPattern(
    count: Int, _ cursor: inout FileCursor, of file: borrowing InputFile
  ) throws(ModelError) -> LayerTable.PerLayer<Bool> {
    let key = MetadataKey.slidingWindowPattern
    guard let array = try array(key, of: .bool, expected: "an array of BOOL") else {
      throw fault(key, .missing)
    }
    if array.count != count {
      throw fault(
        key,
        .unequal(
          array.count, other: MetadataKey.blockCount.name(of: architecture), otherValue: count))
    }
    var values = LayerTable.PerLayer<Bool>(repeating: false)
    let place = cursor.position
    cursor.move(to: array.offset)
    for index in 0..<count {
      values[index] = try cursor.integer(UInt8.self, "an array in the metadata", of: file) != 0
    }
    cursor.move(to: place)
    return values
  }
}
