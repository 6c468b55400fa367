import CInstructions

/// What becomes of the old output and the new product; see `Combination`.
enum ProductStep {
  case store, add, gate, gateGELU
}

/// Products of int8 activations with packed codes, for a range of output groups.
///
/// A single token reads each weight once, from registers, and so do up to eight where `hasFewRows` says so. For
/// more tokens a group's weights are unpacked, `BitsGeometry.unitsPerPanel` units at a time, and all
/// tokens of a batch pass by them; a batch is as many tokens as half of `l2ByteCount`, the thread's part
/// of the second-level cache, holds.
enum BitsProduct {
  /// Tokens of a batch at most: their products lie on the stack.
  private static var batchTokenCountMax: Int { 128 }
  fileprivate static var batchByteCount: Int { batchTokenCountMax * BitsGeometry.outputs * 4 }

  static func run(
    _ x: BlockRows, _ w: BitsMatrix, groups: Range<Int>, _ step: ProductStep,
    into out: ProductOutput, l2ByteCount: Int
  ) {
    if x.tokenCount == 1 {
      return step == .store ? storeRow(x, w, groups, out) : runRow(x, w, groups, step, out)
    }
    if hasFewRows(x.tokenCount, w.format) { return runFewRows(x, w, groups, step, out) }
    runTiles(x, w, groups, step, out, l2ByteCount)
  }

  private static func storeRow(
    _ x: BlockRows, _ w: BitsMatrix, _ groups: Range<Int>, _ out: ProductOutput
  ) {
    let (first, bytes) = (groups.lowerBound, w.groupByteCount)
    unsafe row(
      w.kind, x, w.blocks + first * bytes, bytes, groups.count,
      out.values + first * BitsGeometry.outputs)
  }

  /// Outputs whose products lie on the stack.
  private static var rowGroupCountMax: Int { 128 / BitsGeometry.outputs }

  private static func runRow(
    _ x: BlockRows, _ w: BitsMatrix, _ groups: Range<Int>, _ step: ProductStep,
    _ out: ProductOutput
  ) {
    var memory = InlineArray<128, Float>(repeating: 0)
    unsafe withUnsafeMutableBytes(of: &memory) { bytes in
      let products = unsafe bytes.baseAddress!.assumingMemoryBound(to: Float.self)
      let groupByteCount = w.groupByteCount
      var first = groups.lowerBound
      while first < groups.upperBound {
        let count = min(rowGroupCountMax, groups.upperBound - first)
        unsafe row(w.kind, x, w.blocks + first * groupByteCount, groupByteCount, count, products)
        unsafe combine(
          products, count: count, out.values + first * BitsGeometry.outputs,
          stride: BitsGeometry.outputs, step)
        first += count
      }
    }
  }

  private static func row(
    _ kind: BitsKind, _ x: BlockRows, _ weights: UnsafeRawPointer, _ groupByteCount: Int,
    _ groupCount: Int, _ products: UnsafeMutablePointer<Float>
  ) {
    switch kind {
    case .q4_0: unsafe row(Q4.self, x, weights, groupByteCount, groupCount, products)
    case .q4_1: unsafe row(Q4Minimum.self, x, weights, groupByteCount, groupCount, products)
    case .q5_0: unsafe row(Q5.self, x, weights, groupByteCount, groupCount, products)
    case .q5_1: unsafe row(Q5Minimum.self, x, weights, groupByteCount, groupCount, products)
    case .iq4_nl: unsafe row(SpreadLevels.self, x, weights, groupByteCount, groupCount, products)
    case .q4_k: unsafe row(LongQ4.self, x, weights, groupByteCount, groupCount, products)
    case .q5_k: unsafe row(LongQ5.self, x, weights, groupByteCount, groupCount, products)
    case .q6_k: unsafe row(LongQ6.self, x, weights, groupByteCount, groupCount, products)
    case .iq4_xs: unsafe row(LongLevels.self, x, weights, groupByteCount, groupCount, products)
    case .q8_0: unsafe row(ByteCodes.self, x, weights, groupByteCount, groupCount, products)
    case .mxfp4: unsafe row(Float4.self, x, weights, groupByteCount, groupCount, products)
    }
  }

  @inline(__always)
  private static func row<Kind: PackedType>(
    _ type: Kind.Type, _ x: BlockRows, _ weights: UnsafeRawPointer, _ groupByteCount: Int,
    _ groupCount: Int, _ products: UnsafeMutablePointer<Float>
  ) {
    #if !arch(x86_64)
      if edge_codes_are_paired() {
        return unsafe PairedRowKernel<Kind>.run(
          x, weights, groupByteCount: groupByteCount, groupCount: groupCount, into: products)
      }
    #endif
    unsafe BitsRowKernel<Kind>.run(
      x, weights, groupByteCount: groupByteCount, groupCount: groupCount, into: products)
  }

  private static func runTiles(
    _ x: BlockRows, _ w: BitsMatrix, _ groups: Range<Int>, _ step: ProductStep,
    _ out: ProductOutput, _ l2ByteCount: Int
  ) {
    let tileByteCount = BlockRows.byteCount(
      tokens: BlockRows.tileRows, k: x.k, blockLength: x.blockLength)
    let batch = min(
      max(4, l2ByteCount / 2 / tileByteCount), batchTokenCountMax / BlockRows.tileRows)
    var scratch = BatchScratch()
    unsafe scratch.withMemory { panel, products in
      for first in stride(from: 0, to: x.tileCount, by: batch) {
        let tiles = first..<min(first + batch, x.tileCount)
        for group in groups {
          unsafe runGroup(x, w, group, tiles, panel, products, step, out)
        }
      }
    }
  }

  /// - Parameter products: `[tiles][4][G]`.
  private static func runGroup(
    _ x: BlockRows, _ w: BitsMatrix, _ group: Int, _ tiles: Range<Int>, _ panel: BitsPanel,
    _ products: UnsafeMutablePointer<Float>, _ step: ProductStep, _ out: ProductOutput
  ) {
    let out = out.from(column: group * BitsGeometry.outputs)
    var blocks = unsafe w.blocks + group * w.groupByteCount
    let blocksPerPanel = w.format.hasGroupFactors ? 1 : BitsGeometry.unitsPerPanel
    for first in stride(from: 0, to: w.blocksPerRow, by: blocksPerPanel) {
      let count = min(blocksPerPanel, w.blocksPerRow - first)
      unsafe panel.unpack(blocks, count: count, w.kind)
      unsafe blocks += count * w.layout.blockByteCount
      let part = unsafe GroupPart(
        first: first, count: count, isLast: first + count == w.blocksPerRow, next: blocks,
        nextByteCount: blocksPerPanel * w.layout.blockByteCount)
      unsafe runStrips(x, w.format, tiles, panel, part, products, step, out)
    }
  }

  /// Tiles that a panel's products are combined for at a time. Processors for x86-64 combine a tile while
  /// they multiply the next one.
  private static var tilesPerStrip: Int {
    #if arch(x86_64)
      return 1
    #else
      return batchTokenCountMax / BlockRows.tileRows
    #endif
  }

  /// All tiles by a panel. On the way, what comes next is brought nearer: a share of the packed blocks with
  /// each strip, and with the last panel the rows of the output.
  /// - Parameter out: of the group.
  @inline(__always)
  private static func runStrips(
    _ x: BlockRows, _ format: PackedFormat, _ tiles: Range<Int>, _ panel: BitsPanel,
    _ part: GroupPart, _ products: UnsafeMutablePointer<Float>, _ step: ProductStep,
    _ out: ProductOutput
  ) {
    let share = roundUp(part.nextByteCount / tiles.count + 1, to: 64)
    var (products, next) = unsafe (products, part.next)
    for first in stride(from: tiles.lowerBound, to: tiles.upperBound, by: tilesPerStrip) {
      let strip = first..<min(first + tilesPerStrip, tiles.upperBound)
      let (token, rowCount) = (first * BlockRows.tileRows, strip.count * BlockRows.tileRows)
      let target = unsafe out.values + token * out.stride
      unsafe prefetch(next, rows: 1, byteCount: strip.count * share, stride: 0)
      if part.isLast {
        unsafe prefetch(
          target + 2 * rowCount * out.stride, rows: rowCount, byteCount: BitsGeometry.outputs * 4,
          stride: out.stride * 4)
      }
      if part.first == 0 { unsafe clear(products, rowCount: rowCount) }
      unsafe multiply(
        format, x, strip, panel, firstUnit: part.first * format.unitsPerBlock,
        unitCount: part.count * format.unitsPerBlock, products)
      if part.isLast {
        unsafe combine(
          products, count: min(rowCount, x.tokenCount - token), target, stride: out.stride, step)
      }
      unsafe products += rowCount * BitsGeometry.outputs
      unsafe next += strip.count * share
    }
  }

  @inline(__always)
  private static func clear(_ products: UnsafeMutablePointer<Float>, rowCount: Int) {
    for index in 0..<rowCount * BitsGeometry.outputs { unsafe products[index] = 0 }
  }

  /// Memory past the end does no harm.
  @inline(__always)
  private static func prefetch(
    _ memory: UnsafeRawPointer, rows: Int, byteCount: Int, stride: Int
  ) {
    #if arch(x86_64)
      for row in 0..<rows {
        for offset in Swift.stride(from: 0, to: byteCount, by: 64) {
          unsafe edge_prefetch(memory + (row &* stride &+ offset))
        }
      }
    #endif
  }

  private static func multiply(
    _ format: PackedFormat, _ x: BlockRows, _ tiles: Range<Int>, _ panel: BitsPanel,
    firstUnit: Int, unitCount: Int, _ products: UnsafeMutablePointer<Float>
  ) {
    let offset = format.panelOffset
    switch (format.hasGroupFactors, format.hasMinimums, format.groupsPerUnit) {
    case (false, false, _):
      unsafe BitsTileKernel<Q4>.run(
        x, tiles: tiles, panel, firstUnit: firstUnit, unitCount: unitCount, offset: offset,
        areSigned: format.isSigned, into: products)
    case (false, true, _):
      unsafe BitsTileKernel<Q4Minimum>.run(
        x, tiles: tiles, panel, firstUnit: firstUnit, unitCount: unitCount, offset: 0,
        areSigned: false, into: products)
    case (true, true, _):
      unsafe BitsTileKernel<LongQ4>.run(
        x, tiles: tiles, panel, firstUnit: firstUnit, unitCount: unitCount, offset: 0,
        areSigned: false, into: products)
    case (true, false, 2):
      unsafe BitsTileKernel<LongQ6>.run(
        x, tiles: tiles, panel, firstUnit: firstUnit, unitCount: unitCount, offset: offset,
        areSigned: false, into: products)
    default:
      unsafe BitsTileKernel<LongLevels>.run(
        x, tiles: tiles, panel, firstUnit: firstUnit, unitCount: unitCount, offset: offset,
        areSigned: true, into: products)
    }
  }

  /// Products of groups of outputs, `[count][G]`, and the output's.
  /// - Parameter stride: from one group to the next in the output: G, or a row of the output.
  @inline(never)
  static func combine(
    _ products: UnsafePointer<Float>, count: Int, _ out: UnsafeMutablePointer<Float>, stride: Int,
    _ step: ProductStep
  ) {
    switch step {
    case .store: unsafe combine(products, count, out, stride, Replace.self)
    case .add: unsafe combine(products, count, out, stride, Add.self)
    case .gate: unsafe combine(products, count, out, stride, Gate.self)
    case .gateGELU: unsafe combine(products, count, out, stride, GateGELU.self)
    }
  }

  @inline(__always)
  private static func combine<Operation: Combination>(
    _ products: UnsafePointer<Float>, _ count: Int, _ out: UnsafeMutablePointer<Float>,
    _ stride: Int, _ operation: Operation.Type
  ) {
    var (products, out) = unsafe (products, out)
    for _ in 0..<count {
      for register in 0..<BitsGeometry.outputs / NativeFloats.scalarCount {
        let column = register &* NativeFloats.scalarCount
        let product = unsafe NativeFloats.load(products + column)
        unsafe operation.combine(NativeFloats.load(out + column), product).store(out + column)
      }
      unsafe products += BitsGeometry.outputs
      unsafe out += stride
    }
  }
}

/// The blocks of a group that a panel has, and where the next ones are.
@safe private struct GroupPart {
  let first: Int
  let count: Int
  let isLast: Bool
  let next: UnsafeRawPointer
  let nextByteCount: Int
}

/// A panel and the products of a batch, on the stack.
private struct BatchScratch {
  #if arch(x86_64)
    private var bytes = InlineArray<464, SIMD16<Float>>(repeating: SIMD16())
  #else
    private var bytes = InlineArray<220, SIMD16<Float>>(repeating: SIMD16())
  #endif

  @inline(__always)
  mutating func withMemory(_ body: (BitsPanel, UnsafeMutablePointer<Float>) -> Void) {
    unsafe withUnsafeMutableBytes(of: &bytes) { bytes in
      precondition(bytes.count >= BitsPanel.byteCount + BitsProduct.batchByteCount)
      let memory = bytes.baseAddress!
      let products = unsafe memory + BitsPanel.byteCount
      unsafe body(BitsPanel(memory: memory), products.assumingMemoryBound(to: Float.self))
    }
  }
}
