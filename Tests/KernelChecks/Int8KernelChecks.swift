import Kernels

/// All int8 kernels of the build against a plain definition: equal Int32 sums, everywhere.
enum Int8KernelChecks {
  /// Every padded K of models up to 1536, random values, bases at all kinds of odd addresses.
  static func everyLength(_ context: inout CheckContext) {
    for kPadded in stride(
      from: Int8Geometry.kStep, through: 1536, by: Int8Geometry.kStep)
    {
      let offset = kPadded / Int8Geometry.kStep * 5 % 64
      compareAll(kPadded: kPadded, offset: offset, .random, &context)
    }
  }

  /// The largest sums of either sign, up to the longest K.
  static func extremes(_ context: inout CheckContext) {
    let lengths: InlineArray<5, Int> = [64, 192, 576, 1536, Int8Geometry.kMax]
    for length in lengths.indices {
      for pattern in 0..<Int8Pattern.count {
        compareAll(
          kPadded: lengths[length], offset: pattern, Int8Pattern(rawValue: pattern)!, &context)
      }
    }
  }

  /// Every kernel of this processor family, each in its own layout: those whose instructions the
  /// build lacks run on the instructions' definitions.
  private static func compareAll(
    kPadded: Int, offset: Int, _ pattern: Int8Pattern, _ context: inout CheckContext
  ) {
    #if arch(x86_64)
      compare(AVX2Kernel.self, 0, kPadded: kPadded, offset: offset, pattern, &context)
      compare(VNNIKernel.self, 1, kPadded: kPadded, offset: offset, pattern, &context)
    #else
      compare(WideningKernel.self, 0, kPadded: kPadded, offset: offset, pattern, &context)
      compare(DotProductKernel.self, 1, kPadded: kPadded, offset: offset, pattern, &context)
      compare(MatrixMultiplyKernel.self, 2, kPadded: kPadded, offset: offset, pattern, &context)
    #endif
  }

  /// A kernel and its portable twin. Two tiles and two to five groups, but not of the longest K.
  private static func compare<Kernel: Int8Kernel>(
    _ kernel: Kernel.Type, _ number: Int, kPadded: Int, offset: Int, _ pattern: Int8Pattern,
    _ context: inout CheckContext
  ) {
    context.begin(
      "kernel", number, "K", kPadded, "offset", offset, "pattern", pattern.rawValue)
    let isLongest = kPadded == Int8Geometry.kMax
    var problem = Int8Problem<Kernel>(
      &context, tileCount: isLongest ? 1 : 2,
      groupCount: isLongest ? 1 : 2 + kPadded / Int8Geometry.kStep % 4, kPadded: kPadded,
      offset: offset)
    problem.fill(pattern, &context.random)
    compare(Kernel.self, "kernel", problem, &context)
    compare(PortableKernel<Kernel>.self, "portable", problem, &context)
  }

  private static func compare<Kernel: Int8Kernel, Layout: Int8Kernel>(
    _ kernel: Kernel.Type, _ name: StaticString, _ problem: Int8Problem<Layout>,
    _ context: inout CheckContext
  ) {
    let (g, kPadded) = (Kernel.groupOutputs, problem.kPadded)
    for group in 0..<problem.groupCount {
      let sink = problem.sink(firstRow: 0, firstColumn: group * g)
      sink.clear()
      kernel.tiles(
        problem.tiles, problem.weights + group * g * kPadded, problem.starts + group * g,
        kPadded: kPadded, tileCount: problem.tileCount, into: sink)
      for row in 0..<problem.rowCount {
        for output in 0..<problem.outputCount {
          problem.compare(row, output, isWritten: output / g == group, name, &context)
        }
      }
    }
    // A few tokens.
    for count in 2...min(problem.rowCount, Int8Geometry.plainRowsMax) {
      let sink = problem.sink(firstRow: 0, firstColumn: 0)
      sink.clear()
      kernel.rows(
        problem.row(0), rowCount: count, problem.weights, problem.starts, kPadded: kPadded,
        groupCount: problem.groupCount, into: sink)
      for row in 0..<problem.rowCount {
        for output in 0..<problem.outputCount {
          problem.compare(row, output, isWritten: row < count, name, &context)
        }
      }
    }
    // Each token by itself.
    for token in 0..<problem.rowCount {
      let sink = problem.sink(firstRow: token, firstColumn: 0)
      sink.clear()
      kernel.row(
        problem.row(token), problem.weights, problem.starts, kPadded: kPadded,
        groupCount: problem.groupCount, into: sink)
      for row in 0..<problem.rowCount {
        for output in 0..<problem.outputCount {
          problem.compare(row, output, isWritten: row == token, name, &context)
        }
      }
    }
  }
}

/// Keeps what a kernel hands over, and how often.
private struct CollectingSink: SumSink {
  /// `[rows][outputs]` each
  let sums: UnsafeMutablePointer<Int32>
  let putCounts: UnsafeMutablePointer<Int>
  let rowCount: Int
  let outputCount: Int
  let groupOutputs: Int
  /// What the kernel's first row and column are.
  let firstRow: Int
  let firstColumn: Int

  func put<let count: Int>(
    _ values: InlineArray<count, SumVector>, rows: Int, firstRow: Int, group: Int
  ) {
    for row in 0..<rows {
      for output in 0..<groupOutputs {
        let index = row * groupOutputs + output
        keep(
          values[index / SumVector.scalarCount][index % SumVector.scalarCount],
          row: firstRow + row, column: group * groupOutputs + output)
      }
    }
  }

  func putRow(_ values: InlineArray<8, SumVector>, group: Int) {
    for index in 0..<8 * SumVector.scalarCount {
      keep(
        values[index / SumVector.scalarCount][index % SumVector.scalarCount], row: 0,
        column: group * groupOutputs + index)
    }
  }

  private func keep(_ sum: Int32, row: Int, column: Int) {
    let place = (firstRow + row) * outputCount + firstColumn + column
    sums[place] = sum
    putCounts[place] += 1
  }

  func clear() {
    for index in 0..<rowCount * outputCount {
      sums[index] = .min
      putCounts[index] = 0
    }
  }
}

/// What activations and weights are filled with, within ±127.
private enum Int8Pattern: Int {
  case random
  case largest
  case largestNegativeActivations
  case largestNegativeWeights
  case largestNegative
  /// Signs change along K: for both (all products positive), for one (they cancel).
  case bothAlternate
  case activationsAlternate

  static let count = 7

  func activation(_ index: Int, _ random: inout RandomSource) -> Int8 {
    switch self {
    case .random: Int8(random.integer(-127...127))
    case .largest, .largestNegativeWeights: 127
    case .largestNegativeActivations, .largestNegative: -127
    case .bothAlternate, .activationsAlternate: index & 1 == 0 ? 127 : -127
    }
  }

  func weight(_ index: Int, _ random: inout RandomSource) -> Int8 {
    switch self {
    case .random: Int8(random.integer(-127...127))
    case .largest, .largestNegativeActivations, .activationsAlternate: 127
    case .largestNegativeWeights, .largestNegative: -127
    case .bothAlternate: index & 1 == 0 ? 127 : -127
    }
  }
}

/// Tiles of tokens, groups of weights, and their products by definition.
private struct Int8Problem<Kernel: Int8Kernel> {
  let tileCount: Int
  let groupCount: Int
  let kPadded: Int
  /// `[tiles][K / run][tileRows][run]`, as a kernel reads them
  let tiles: UnsafeMutablePointer<Int8>
  /// `[rows][K]`: each token as a single row
  let rows: UnsafeMutablePointer<Int8>
  /// `[groups][K / run][G][run]`
  let weights: UnsafeMutablePointer<Int8>
  /// `[outputs]`
  let starts: UnsafeMutablePointer<Int32>
  /// `[rows][K]` and `[outputs][K]`: the plain values
  let plainActivations: UnsafeMutablePointer<Int8>
  let plainWeights: UnsafeMutablePointer<Int8>
  /// `[rows][outputs]` each
  let expected: UnsafeMutablePointer<Int32>
  let found: UnsafeMutablePointer<Int32>
  let putCounts: UnsafeMutablePointer<Int>

  var rowCount: Int { tileCount * Kernel.tileRows }
  var outputCount: Int { groupCount * Kernel.groupOutputs }

  /// - Parameter offset: bytes by which the kernels' arrays miss an alignment of 64; other odd
  ///   distances are made from it for weights and starts.
  init(
    _ context: inout CheckContext, tileCount: Int, groupCount: Int, kPadded: Int, offset: Int
  ) {
    let (t, g) = (tileCount * Kernel.tileRows, groupCount * Kernel.groupOutputs)
    self.tileCount = tileCount
    self.groupCount = groupCount
    self.kPadded = kPadded
    tiles = context.take(Int8.self, t * kPadded, offset: offset)
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

  func sink(firstRow: Int, firstColumn: Int) -> CollectingSink {
    CollectingSink(
      sums: found, putCounts: putCounts, rowCount: rowCount, outputCount: outputCount,
      groupOutputs: Kernel.groupOutputs, firstRow: firstRow, firstColumn: firstColumn)
  }

  mutating func fill(_ pattern: Int8Pattern, _ random: inout RandomSource) {
    let (t, g, run) = (Kernel.tileRows, Kernel.groupOutputs, Kernel.run)
    for token in 0..<rowCount {
      let tile = tiles + token / t * t * kPadded + token % t * run
      for index in 0..<kPadded {
        let value = pattern.activation(index, &random)
        let stored = Int8(bitPattern: UInt8(bitPattern: value) ^ Kernel.activationBias)
        plainActivations[token * kPadded + index] = value
        tile[index / run * t * run + index % run] = stored
        rows[token * kPadded + index] = stored
      }
    }
    for output in 0..<outputCount {
      let row = weights + output / g * g * kPadded + output % g * run
      var sum = 0
      for index in 0..<kPadded {
        let value = pattern.weight(index, &random)
        plainWeights[output * kPadded + index] = value
        row[index / run * g * run + index % run] = value
        sum += Int(value)
      }
      starts[output] = Kernel.activationBias != 0 ? Int32(-128 * sum) : 0
    }
    multiply()
  }

  private func multiply() {
    for token in 0..<rowCount {
      for output in 0..<outputCount {
        let a = plainActivations + token * kPadded
        let w = plainWeights + output * kPadded
        var sum: Int32 = 0
        for index in 0..<kPadded { sum &+= Int32(a[index]) &* Int32(w[index]) }
        expected[token * outputCount + output] = sum
      }
    }
  }

  /// What a kernel handed over once, or not at all.
  func compare(
    _ row: Int, _ output: Int, isWritten: Bool, _ name: StaticString,
    _ context: inout CheckContext
  ) {
    let place = row * outputCount + output
    context.expectEqual(putCounts[place], isWritten ? 1 : 0, name, at: place)
    if isWritten {
      context.expectEqual(Int(found[place]), Int(expected[place]), name, at: place)
    }
  }
}
