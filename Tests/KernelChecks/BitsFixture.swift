import CInstructions
import Kernels

/// A matrix of packed codes, and its codes and scales as they were given to it.
struct BitsFixture {
  let kind: BitsKind
  let matrix: WeightMatrix
  private let bits: BitsMatrix
  let k: Int
  let outputs: Int
  /// `[outputs][K]`
  private let codes: UnsafeMutablePointer<UInt8>
  /// `[outputs][blocks]`
  private let scales: UnsafeMutablePointer<Float16>
  private let minimums: UnsafeMutablePointer<Float16>
  /// `[outputs][blocks][16]`
  private let groupScales: UnsafeMutablePointer<Int8>
  private let groupMinimums: UnsafeMutablePointer<UInt8>

  /// - Parameters:
  ///   - offset: bytes by which the matrix misses a cache line.
  ///   - isExtreme: codes and scales are the largest.
  init(
    _ context: inout CheckContext, _ kind: BitsKind, outputs: Int, k: Int, offset: Int = 0,
    isExtreme: Bool = false
  ) {
    self.kind = kind
    self.k = k
    self.outputs = outputs
    let byteCount = MatrixFormat.bits(kind).byteCount(outputs: outputs, k: k)
    let memory = context.take(UInt8.self, byteCount, offset: offset)
    memory.update(repeating: 0, count: byteCount)
    matrix = WeightMatrix(.bits(kind), memory: memory, outputs: outputs, k: k)
    guard case .bits(let bits) = matrix else { preconditionFailure("another format") }
    self.bits = bits
    let blocks = outputs * bits.blocksPerRow
    codes = context.take(UInt8.self, outputs * k)
    scales = context.take(Float16.self, blocks)
    minimums = context.take(Float16.self, blocks)
    groupScales = context.take(Int8.self, blocks * 16)
    groupMinimums = context.take(UInt8.self, blocks * 16)
    fill(isExtreme: isExtreme, &context)
    for output in 0..<outputs {
      for index in 0..<bits.blocksPerRow {
        context.expect(store(output, index), "a finite block is taken", at: output)
      }
    }
  }

  private func fill(isExtreme: Bool, _ context: inout CheckContext) {
    let (greatest, extreme) = (1 << kind.codeBits - 1, kind == .q8_0 ? 128 : 1 << kind.codeBits - 1)
    for index in 0..<outputs * k {
      codes[index] = UInt8(isExtreme ? extreme : context.random.index(below: greatest + 1))
    }
    for index in 0..<outputs * bits.blocksPerRow {
      scales[index] = isExtreme ? 1 : Float16(context.random.float()) / 64
      minimums[index] = isExtreme ? 1 : Float16(context.random.float()) / 64
      for group in 0..<16 {
        let place = index * 16 + group
        groupScales[place] =
          isExtreme ? kind.groupScaleMax : Int8(context.random.integer(kind.groupScales))
        groupMinimums[place] = isExtreme ? 63 : UInt8(context.random.index(below: 64))
      }
    }
  }

  func store(_ output: Int, _ index: Int) -> Bool {
    store(output, index, scale: scales[output * bits.blocksPerRow + index], minimum: nil)
  }

  /// Stores the block with another scale, or another minimum.
  func store(_ output: Int, _ index: Int, scale: Float16, minimum: Float16?) -> Bool {
    let block = output * bits.blocksPerRow + index
    let factors = block * 16
    var writer = BitsRowWriter(bits, output: output, from: index)
    return writer.write(
      scale: scale, minimum: minimum ?? minimums[block],
      groupScales: UnsafeBufferPointer(start: groupScales + factors, count: 16).span,
      groupMinimums: UnsafeBufferPointer(start: groupMinimums + factors, count: 16).span,
      codes: UnsafeBufferPointer(
        start: codes + output * k + index * kind.blockLength, count: kind.blockLength
      ).span)
  }

  /// What a code stands for.
  private func integer(_ output: Int, _ index: Int) -> Int32 {
    let code = codes[output * k + index]
    switch kind {
    case .q4_0: return Int32(code) - 8
    case .q5_0: return Int32(code) - 16
    case .q6_k: return Int32(code) - 32
    case .iq4_nl, .iq4_xs: return Int32(edge_levels()[Int(code)])
    case .q8_0: return Int32(Int8(bitPattern: code))
    case .mxfp4:
      let numbers: InlineArray<8, Int32> = [0, 1, 2, 3, 4, 6, 8, 12]
      return code < 8 ? numbers[Int(code)] : -numbers[Int(code) - 8]
    default: return Int32(code)
    }
  }

  /// A weight as the file's type defines it, each product rounded.
  func weight(_ output: Int, _ index: Int) -> Float {
    let block = output * bits.blocksPerRow + index / kind.blockLength
    let group = block * 16 + index % kind.blockLength / kind.groupLength
    var (scale, minimum) = (Float(scales[block]), Float(minimums[block]))
    if kind.blockLength > 32 {
      scale *= Float(groupScales[group])
      minimum *= -Float(groupMinimums[group])
    }
    let product = scale * Float(integer(output, index))
    return kind.hasMinimums ? product + minimum : product
  }

  /// The product of a row of the matrix and rounded activations, by its definition: integer sums in a
  /// block, then Float32 in the order of the blocks.
  /// - Parameters:
  ///   - x: `[K]`, integers.
  ///   - activationScales: `[blocks]`
  func product(
    _ output: Int, _ x: UnsafePointer<Int32>, _ activationScales: UnsafePointer<Float>
  ) -> Float {
    var result: Float = 0
    for index in 0..<bits.blocksPerRow {
      let block = output * bits.blocksPerRow + index
      let (scale, minimum) = (Float(scales[block]), Float(minimums[block]))
      let own = activationScales[index]
      var (sum, minimumSum) = (Int32(0), Int32(0))
      for place in index * kind.blockLength..<(index + 1) * kind.blockLength {
        let group = block * 16 + place % kind.blockLength / kind.groupLength
        let isLong = kind.blockLength > 32
        sum += integer(output, place) * x[place] * (isLong ? Int32(groupScales[group]) : 1)
        minimumSum += x[place] * (isLong ? Int32(groupMinimums[group]) : 1)
      }
      result.addProduct(Float(sum), scale * own)
      if kind.hasMinimums {
        if kind.blockLength > 32 {
          result.addProduct(Float(minimumSum), minimum * -own)
        } else {
          result.addProduct(minimum, Float(minimumSum) * own)
        }
      }
    }
    return result
  }
}

/// What the check knows of the file's types by itself.
extension BitsKind {
  static func all(_ index: Int) -> BitsKind { BitsKind(rawValue: index)! }

  var codeBits: Int {
    switch self {
    case .q4_0, .q4_1, .iq4_nl, .q4_k, .iq4_xs, .mxfp4: 4
    case .q5_0, .q5_1, .q5_k: 5
    case .q6_k: 6
    case .q8_0: 8
    }
  }

  var blockLength: Int {
    switch self {
    case .q4_0, .q4_1, .q5_0, .q5_1, .iq4_nl, .q8_0, .mxfp4: 32
    case .q4_k, .q5_k, .q6_k, .iq4_xs: 256
    }
  }

  var groupLength: Int { self == .q6_k ? 16 : 32 }

  var hasMinimums: Bool {
    switch self {
    case .q4_1, .q5_1, .q4_k, .q5_k: true
    default: false
    }
  }

  var groupScales: ClosedRange<Int> {
    switch self {
    case .q6_k: -128...127
    case .iq4_xs: -32...31
    default: 0...63
    }
  }

  var groupScaleMax: Int8 {
    switch self {
    case .q6_k: -128
    case .iq4_xs: -32
    default: 63
    }
  }
}
