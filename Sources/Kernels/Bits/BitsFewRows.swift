import CInstructions

/// Tokens that a kernel of few rows is compiled for.
protocol RowCount {
  static var rows: Int { get }
}

enum TwoRows: RowCount {
  @inline(__always) static var rows: Int { 2 }
}

enum FourRows: RowCount {
  @inline(__always) static var rows: Int { 4 }
}

enum EightRows: RowCount {
  @inline(__always) static var rows: Int { 8 }
}

// A token and those that are proposed with it.
extension BitsProduct {
  static var fewRowCountMax: Int { 8 }

  /// Whether there is a kernel that unpacks codes in registers for so many tokens.
  static func hasFewRows(_ tokenCount: Int, _ format: PackedFormat) -> Bool {
    if tokenCount > fewRowCountMax { return false }
    #if arch(x86_64)
      return edge_has_vnni()
    #else
      return edge_codes_are_paired() && !format.hasLevels && !edge_built_with_i8mm()
    #endif
  }

  static func runFewRows(
    _ x: BlockRows, _ w: BitsMatrix, _ groups: Range<Int>, _ step: ProductStep,
    _ out: ProductOutput
  ) {
    var memory = InlineArray<256, Float>(repeating: 0)
    unsafe withUnsafeMutableBytes(of: &memory) { bytes in
      precondition(bytes.count >= fewRowCountMax * BitsGeometry.outputs * 4)
      let products = unsafe bytes.baseAddress!.assumingMemoryBound(to: Float.self)
      for group in groups {
        unsafe fewRows(w.kind, x, w.blocks + group * w.groupByteCount, products)
        unsafe combine(
          products, count: x.tokenCount, out.values + group * BitsGeometry.outputs,
          stride: out.stride, step)
      }
    }
  }

  private static func fewRows(
    _ kind: BitsKind, _ x: BlockRows, _ group: UnsafeRawPointer,
    _ products: UnsafeMutablePointer<Float>
  ) {
    switch kind {
    case .q4_0: unsafe fewRows(Q4.self, x, group, products)
    case .q4_1: unsafe fewRows(Q4Minimum.self, x, group, products)
    case .q5_0: unsafe fewRows(Q5.self, x, group, products)
    case .q5_1: unsafe fewRows(Q5Minimum.self, x, group, products)
    case .iq4_nl: unsafe fewRows(SpreadLevels.self, x, group, products)
    case .q4_k: unsafe fewRows(LongQ4.self, x, group, products)
    case .q5_k: unsafe fewRows(LongQ5.self, x, group, products)
    case .q6_k: unsafe fewRows(LongQ6.self, x, group, products)
    case .iq4_xs: unsafe fewRows(LongLevels.self, x, group, products)
    case .q8_0: unsafe fewRows(ByteCodes.self, x, group, products)
    case .mxfp4: unsafe fewRows(Float4.self, x, group, products)
    }
  }

  private static func fewRows<Kind: PackedType>(
    _ type: Kind.Type, _ x: BlockRows, _ group: UnsafeRawPointer,
    _ products: UnsafeMutablePointer<Float>
  ) {
    #if arch(x86_64)
      switch x.tokenCount {
      case 2: unsafe BitsFewRowsKernel<Kind, TwoRows>.run(x, group, into: products)
      case 3, 4: unsafe BitsFewRowsKernel<Kind, FourRows>.run(x, group, into: products)
      default: unsafe BitsFewRowsKernel<Kind, EightRows>.run(x, group, into: products)
      }
    #else
      if !edge_codes_are_paired() || Kind.format.hasLevels { return }
      for tile in 0..<x.tileCount {
        let out = unsafe products + tile * BlockRows.tileRows * BitsGeometry.outputs
        if x.tokenCount == 2 {
          unsafe PairedFewRowsKernel<Kind, TwoRows>.run(x, tile: tile, group, into: out)
        } else {
          unsafe PairedFewRowsKernel<Kind, FourRows>.run(x, tile: tile, group, into: out)
        }
      }
    #endif
  }
}
