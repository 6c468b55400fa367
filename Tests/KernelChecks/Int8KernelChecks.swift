import Kernels

/// All int8 kernels of the build against a plain definition: equal Int32 sums, everywhere.
enum Int8KernelChecks {
  /// Every padded K of models up to 1536, random values, bases at all kinds of odd addresses.
  static func everyLength(_ context: inout CheckContext) {
    for kPadded in stride(from: 16, through: 1536, by: Int8Geometry.kStep) {
      let offset = kPadded / Int8Geometry.kStep * 5 % 64
      context.begin("K", kPadded, "offset", offset)
      var problem = Int8Problem(&context, kPadded: kPadded, offset: offset)
      problem.fill(.random, &context.random)
      compareAll(problem, &context)
    }
  }

  /// The largest sums of either sign, up to the longest K.
  static func extremes(_ context: inout CheckContext) {
    let lengths: InlineArray<5, Int> = [16, 48, 576, 1536, Int8Geometry.kMax]
    for length in lengths.indices {
      for pattern in 0..<Int8Pattern.count {
        context.begin("K", lengths[length], "pattern", pattern)
        var problem = Int8Problem(&context, kPadded: lengths[length], offset: pattern)
        problem.fill(Int8Pattern(rawValue: pattern)!, &context.random)
        compareAll(problem, &context)
      }
    }
  }

  /// Every kernel of this build.
  private static func compareAll(_ problem: Int8Problem, _ context: inout CheckContext) {
    compare(PortableKernel.self, "portable", problem, &context)
    #if arch(x86_64)
      // The VNNI kernel reads activations with its bias, which only a build for it stores.
      if Int8Geometry.activationBias != 0 {
        compare(VNNIKernel.self, "VNNI", problem, &context)
      }
    #else
      compare(DotProductKernel.self, "dot product", problem, &context)
    #endif
  }

  private static func compare<Kernel: Int8Kernel>(
    _ kernel: Kernel.Type, _ name: StaticString, _ problem: Int8Problem,
    _ context: inout CheckContext
  ) {
    let g = Int8Geometry.groupOutputs
    let sink = CollectingSink(sums: problem.found, putCounts: problem.putCounts)
    sink.clear()
    kernel.tile(
      problem.tile, problem.weights, problem.starts, kPadded: problem.kPadded, into: sink)
    for index in 0..<Int8Geometry.tileRows * g {
      context.expectEqual(problem.putCounts[index], 1, name, at: index)
      context.expectEqual(
        Int(problem.found[index]), Int(problem.expected[index]), name, at: index)
    }
    // Each token of the tile by itself.
    for token in 0..<Int8Geometry.tileRows {
      sink.clear()
      kernel.row(
        problem.row(token), problem.weights, problem.starts, kPadded: problem.kPadded, into: sink)
      for output in 0..<g {
        context.expectEqual(problem.putCounts[output], 1, name, at: output)
        context.expectEqual(
          Int(problem.found[output]), Int(problem.expected[token * g + output]), name, at: output)
      }
      context.expectEqual(problem.putCounts[g], 0, name, at: g)
    }
  }
}

/// Keeps what a kernel hands over, and how often.
private struct CollectingSink: SumSink {
  /// `[tileRows][groupOutputs]` each
  let sums: UnsafeMutablePointer<Int32>
  let putCounts: UnsafeMutablePointer<Int>

  func put(_ values: NativeInts, row: Int, column: Int) {
    let place = row * Int8Geometry.groupOutputs + column
    for lane in 0..<NativeInts.scalarCount {
      sums[place + lane] = values[lane]
      putCounts[place + lane] += 1
    }
  }

  func clear() {
    for index in 0..<Int8Geometry.tileRows * Int8Geometry.groupOutputs {
      sums[index] = .min
      putCounts[index] = 0
    }
  }
}

/// What activations and weights are filled with.
private enum Int8Pattern: Int {
  /// Activations -128 to 127, weights -127 to 127.
  case random
  case largest
  case largestNegativeActivations
  case leastActivations
  case leastActivationsNegativeWeights
  /// Signs change along K: for both (all products positive), for one (they cancel).
  case bothAlternate
  case activationsAlternate

  static let count = 7

  func activation(_ index: Int, _ random: inout RandomSource) -> Int8 {
    switch self {
    case .random: Int8(random.integer(-128...127))
    case .largest: 127
    case .largestNegativeActivations: -127
    case .leastActivations, .leastActivationsNegativeWeights: -128
    case .bothAlternate, .activationsAlternate: index & 1 == 0 ? 127 : -127
    }
  }

  func weight(_ index: Int, _ random: inout RandomSource) -> Int8 {
    switch self {
    case .random: Int8(random.integer(-127...127))
    case .largest, .largestNegativeActivations, .leastActivations, .activationsAlternate: 127
    case .leastActivationsNegativeWeights: -127
    case .bothAlternate: index & 1 == 0 ? 127 : -127
    }
  }
}

/// A tile of tokens, a group of weights, and their products by definition.
private struct Int8Problem {
  let kPadded: Int
  /// `[K / 4][8][4]`, as a kernel reads them
  let tile: UnsafeMutablePointer<Int8>
  /// `[8][K / 4][4]`: each token as a single row
  let rows: UnsafeMutablePointer<Int8>
  /// `[K / 4][G][4]`
  let weights: UnsafeMutablePointer<Int8>
  let starts: UnsafeMutablePointer<Int32>
  /// `[8][K]` and `[G][K]`: the plain values
  let plainActivations: UnsafeMutablePointer<Int8>
  let plainWeights: UnsafeMutablePointer<Int8>
  /// `[8][G]` each
  let expected: UnsafeMutablePointer<Int32>
  let found: UnsafeMutablePointer<Int32>
  let putCounts: UnsafeMutablePointer<Int>

  /// - Parameter offset: bytes by which the kernels' arrays miss an alignment of 64; other odd
  ///   distances are made from it for weights and starts.
  init(_ context: inout CheckContext, kPadded: Int, offset: Int) {
    let (t, g) = (Int8Geometry.tileRows, Int8Geometry.groupOutputs)
    self.kPadded = kPadded
    tile = context.take(Int8.self, t * kPadded, offset: offset)
    rows = context.take(Int8.self, t * kPadded, offset: offset)
    weights = context.take(Int8.self, g * kPadded, offset: offset * 3 % 64)
    starts = context.take(Int32.self, g, offset: offset % 16 * 4)
    plainActivations = context.take(Int8.self, t * kPadded)
    plainWeights = context.take(Int8.self, g * kPadded)
    expected = context.take(Int32.self, t * g)
    found = context.take(Int32.self, t * g)
    putCounts = context.take(Int.self, t * g)
  }

  func row(_ token: Int) -> UnsafeMutablePointer<Int8> { rows + token * kPadded }

  mutating func fill(_ pattern: Int8Pattern, _ random: inout RandomSource) {
    let (t, g) = (Int8Geometry.tileRows, Int8Geometry.groupOutputs)
    for token in 0..<t {
      for index in 0..<kPadded {
        let value = pattern.activation(index, &random)
        let stored = Int8(bitPattern: UInt8(bitPattern: value) ^ Int8Geometry.activationBias)
        plainActivations[token * kPadded + index] = value
        tile[index / 4 * t * 4 + token * 4 + index % 4] = stored
        rows[token * kPadded + index] = stored
      }
    }
    for output in 0..<g {
      var sum = 0
      for index in 0..<kPadded {
        let value = pattern.weight(index, &random)
        plainWeights[output * kPadded + index] = value
        weights[index / 4 * g * 4 + output * 4 + index % 4] = value
        sum += Int(value)
      }
      starts[output] = Int8Geometry.activationBias != 0 ? Int32(-128 * sum) : 0
    }
    multiply()
  }

  private func multiply() {
    for token in 0..<Int8Geometry.tileRows {
      for output in 0..<Int8Geometry.groupOutputs {
        let a = plainActivations + token * kPadded
        let w = plainWeights + output * kPadded
        var sum: Int32 = 0
        for index in 0..<kPadded { sum &+= Int32(a[index]) &* Int32(w[index]) }
        expected[token * Int8Geometry.groupOutputs + output] = sum
      }
    }
  }
}
