import Kernels

/// Attention against a slow one in Double.
enum AttentionChecks {
  /// All pairs of head length and group, of tokens and slots before them; rows in chunks of many
  /// sizes.
  static func shapes(_ context: inout CheckContext) {
    shapes(usesFloat16: false, &context)
  }

  /// In Float16.
  static func half(_ context: inout CheckContext) {
    shapes(usesFloat16: true, &context)
  }

  private static func shapes(usesFloat16: Bool, _ context: inout CheckContext) {
    let headDims: InlineArray<4, Int> = [8, 64, 80, 128]
    let groups: InlineArray<4, Int> = [1, 3, 7, 8]
    let tokenCounts: InlineArray<5, Int> = [1, 2, 5, 32, 128]
    let slotsBefore: InlineArray<8, Int> = [0, 1, 63, 64, 65, 300, 500, 1030]
    let chunks: InlineArray<5, Int> = [AttentionGeometry.chunkRows, 8, 40, 13, 96]
    for dim in headDims.indices {
      for group in groups.indices {
        for tokens in tokenCounts.indices {
          let before = (tokens + 3 * dim + 2 * group) % 8
          compare(
            headDim: headDims[dim], group: groups[group], tokens: tokenCounts[tokens],
            slotsBefore: slotsBefore[before], .moderate,
            chunk: chunks[(dim + group + tokens) % 5], usesFloat16: usesFloat16,
            hasSinks: (dim + group + tokens) % 3 == 0, &context)
        }
      }
    }
  }

  /// Scores of great size, rising and falling along the slots, and all equal.
  static func extremeScores(_ context: inout CheckContext) {
    let headDims: InlineArray<3, Int> = [8, 64, 128]
    let slotsBefore: InlineArray<4, Int> = [1, 64, 300, 1030]
    for dim in headDims.indices {
      for before in slotsBefore.indices {
        for kind in 0..<ScoreKind.count {
          compare(
            headDim: headDims[dim], group: 3, tokens: 5 + before,
            slotsBefore: slotsBefore[before], ScoreKind(rawValue: kind)!, chunk: 8,
            usesFloat16: false, &context)
        }
      }
    }
  }

  /// One token's segments, summed over in any order, give what a pass over all of them gives.
  static func segments(_ context: inout CheckContext) {
    segments(usesFloat16: false, &context)
  }

  /// In Float16.
  static func halfSegments(_ context: inout CheckContext) {
    segments(usesFloat16: true, &context)
  }

  private static func segments(usesFloat16: Bool, _ context: inout CheckContext) {
    let slotCounts: InlineArray<6, Int> = [1, 512, 513, 1024, 1025, 1500]
    let groups: InlineArray<4, Int> = [1, 3, 8, 20]
    for count in slotCounts.indices {
      for group in groups.indices {
        for kind in 0..<ScoreKind.count {
          context.begin("slots", slotCounts[count], "group", groups[group], "scores", kind)
          let problem = AttentionProblem(
            &context, headDim: 64, group: groups[group], tokens: 1,
            slotsBefore: slotCounts[count] - 1, hasSinks: kind % 2 == 1)
          problem.fill(ScoreKind(rawValue: kind)!, &context.random)
          compareSegments(problem, usesFloat16, &context)
        }
      }
    }
  }

  private static func compareSegments(
    _ problem: AttentionProblem, _ usesFloat16: Bool, _ context: inout CheckContext
  ) {
    let (rows, dim) = (problem.rowCount, problem.headDim)
    problem.run(0, rows, usesFloat16: usesFloat16)
    let length = rows * problem.scratch.rowStride
    let whole = context.take(Float.self, length)
    copy(problem.scratch.outputs, to: whole, count: length)
    let segmentCount = AttentionGeometry.segmentCount(slots: problem.slotCount)
    let stride = SoftmaxSums.count(rows: rows, headDim: dim)
    let memory = context.take(Float.self, segmentCount * stride)
    let dots = context.take(Float.self, problem.slotCount)
    copy(problem.dots, to: dots, count: problem.slotCount)
    let attention = problem.setUp(0, rows, usesFloat16: usesFloat16)
    func sums(_ segment: Int) -> SoftmaxSums {
      SoftmaxSums(memory: memory + segment * stride, rows: rows, headDim: dim)
    }
    for step in 0..<segmentCount {
      let segment = (step + 1) % segmentCount
      attention.runSegment(
        segment, rowCount: rows, extraRow: ExtraRow(values: problem.anchor, products: problem.dots),
        into: sums(segment))
    }
    attention.join(sums, rowCount: rows)
    for row in 0..<rows {
      for index in 0..<dim {
        let place = row * problem.scratch.rowStride + index
        context.expect(
          problem.scratch.outputs[place].bitPattern == whole[place].bitPattern, "output", at: place)
      }
    }
    for slot in 0..<problem.slotCount {
      context.expect(
        problem.dots[slot].bitPattern == dots[slot].bitPattern, "product of the extra row", at: slot
      )
    }
  }

  /// Scores that Float16 can hold, and such that it cannot: the kernel tells, whichever row and slot
  /// they belong to.
  static func range(_ context: inout CheckContext) {
    for place in 0..<40 {
      context.begin("place", place)
      let problem = AttentionProblem(
        &context, headDim: 64, group: 3, tokens: 4, slotsBefore: 100 + place)
      problem.fill(.moderate, &context.random)
      let squares: Float = 4096 * 64
      problem.run(0, problem.rowCount, usesFloat16: true)
      let half = problem.setUp(0, problem.rowCount, usesFloat16: true)
      context.expect(
        half.isInRange(squares: squares, rowCount: problem.rowCount), "moderate scores")
      // A query and a key of one large element each, of the same sign.
      let row = place % problem.rowCount
      let slot = place * 2
      problem.setLarge(row: row, slot: slot)
      let large = problem.setUp(0, problem.rowCount, usesFloat16: true)
      problem.attend(large, 0, problem.rowCount)
      context.expect(
        !large.isInRange(squares: squares, rowCount: problem.rowCount), "a score past 65504")
      context.expect(
        !large.isInRange(squares: .infinity, rowCount: problem.rowCount), "a query past 65504")
      context.expect(
        large.inSinglePrecision.isInRange(squares: squares, rowCount: problem.rowCount), "Float32")
    }
  }

  /// Sums of values over a tile that Float16 can hold, and such that it cannot: 64 slots of equal weight
  /// sum to 64 times the value.
  static func valueRange(_ context: inout CheckContext) {
    let headDims: InlineArray<3, Int> = [8, 64, 80]
    for dim in headDims.indices {
      for sign in 0..<2 {
        context.begin("headDim", headDims[dim], "negative", sign)
        let problem = AttentionProblem(
          &context, headDim: headDims[dim], group: 3, tokens: 5, slotsBefore: 130)
        problem.fill(.equal, &context.random)
        let largest: InlineArray<4, Float> = [1000, 1040, 8192, 65504]
        for index in largest.indices {
          problem.setValues(sign == 0 ? largest[index] : -largest[index])
          let half = problem.setUp(0, problem.rowCount, usesFloat16: true)
          problem.attend(half, 0, problem.rowCount)
          context.expect(
            half.isInRange(squares: 1, rowCount: problem.rowCount) == (index == 0),
            "the sum of 64 values")
          compareMean(problem, largest[index] * (sign == 0 ? 1 : -1), &context)
        }
      }
    }
  }

  /// In Float32, where the outcome of equal values is that value.
  private static func compareMean(
    _ problem: AttentionProblem, _ value: Float, _ context: inout CheckContext
  ) {
    let single = problem.setUp(0, problem.rowCount, usesFloat16: false)
    problem.attend(single, 0, problem.rowCount)
    context.expect(single.isInRange(squares: 1, rowCount: problem.rowCount), "Float32")
    for row in 0..<problem.rowCount {
      for index in 0..<problem.headDim {
        let found = problem.scratch.outputs[row * problem.scratch.rowStride + index]
        context.expectClose(
          Double(found), Double(value), within: 200 * roundoff * Double(value.magnitude),
          "output", at: row * problem.headDim + index)
      }
    }
  }

  private static func compare(
    headDim: Int, group: Int, tokens: Int, slotsBefore: Int, _ kind: ScoreKind, chunk: Int,
    usesFloat16: Bool, hasSinks: Bool = false, _ context: inout CheckContext
  ) {
    context.begin(
      "headDim", headDim, "group", group, "tokens", tokens, "slotsBefore", slotsBefore)
    let problem = AttentionProblem(
      &context, headDim: headDim, group: group, tokens: tokens, slotsBefore: slotsBefore,
      hasSinks: hasSinks)
    problem.fill(kind, &context.random)
    var reference = AttentionRowReference(
      &context, problem, unit: usesFloat16 ? 0x1p-11 : roundoff)
    // The last rows first, as the forward pass takes them.
    var end = problem.rowCount
    while end > 0 {
      let first = (end - 1) / chunk * chunk
      problem.run(first, end, usesFloat16: usesFloat16)
      for row in first..<end where isCompared(row, of: problem.rowCount) {
        reference.setRow(row)
        reference.compare(
          problem.scratch.outputs + (row - first) * problem.scratch.rowStride, row, &context)
      }
      end = first
    }
    compareDots(problem, &context)
  }

  /// Weights summed over a window of rows that may begin inside a chunk.
  static func columns(_ context: inout CheckContext) {
    columns(usesFloat16: false, &context)
  }

  /// In Float16.
  static func halfColumns(_ context: inout CheckContext) {
    columns(usesFloat16: true, &context)
  }

  private static func columns(usesFloat16: Bool, _ context: inout CheckContext) {
    let headDims: InlineArray<4, Int> = [8, 64, 80, 128]
    let groups: InlineArray<3, Int> = [1, 3, 7]
    let tokenCounts: InlineArray<4, Int> = [1, 2, 11, 40]
    for dim in headDims.indices {
      for group in groups.indices {
        for tokens in tokenCounts.indices {
          context.begin(
            "headDim", headDims[dim], "group", groups[group], "tokens", tokenCounts[tokens])
          let problem = AttentionProblem(
            &context, headDim: headDims[dim], group: groups[group], tokens: tokenCounts[tokens],
            slotsBefore: (dim * 61 + tokens) % 150, hasSinks: tokens % 2 == 1)
          problem.fill(.moderate, &context.random)
          let window = min(tokenCounts[tokens], 1 + dim * 3) * groups[group]
          compareColumns(problem, from: problem.rowCount - window, usesFloat16, &context)
        }
      }
    }
  }

  private static func compareColumns(
    _ problem: AttentionProblem, from start: Int, _ usesFloat16: Bool,
    _ context: inout CheckContext
  ) {
    let padded = roundUp(problem.slotCount, to: CacheRows.tileSlots)
    let columns = context.take(Float.self, padded)
    let sums = context.take(Double.self, padded)
    let tolerances = context.take(Double.self, padded)
    var reference = AttentionRowReference(
      &context, problem, unit: usesFloat16 ? 0x1p-11 : roundoff)
    let factor = 1 / Float(problem.group)
    var end = problem.rowCount
    while end > start {
      let first = (end - 1) / AttentionGeometry.chunkRows * AttentionGeometry.chunkRows
      for slot in 0..<padded { (columns[slot], sums[slot], tolerances[slot]) = (.nan, 0, 0) }
      let attention = problem.setUp(first, end, usesFloat16: usesFloat16)
      problem.attend(attention, first, end)
      attention.sumWeights(
        firstRow: first, rowCount: end - first, from: start, factor: factor, into: columns)
      for row in max(first, start)..<end {
        reference.setRow(row)
        reference.add(to: sums, tolerances, factor: Double(factor))
      }
      for slot in 0..<problem.slotCount {
        context.expectClose(
          Double(columns[slot]), sums[slot], within: tolerances[slot] * 1.01, "column", at: slot)
      }
      end = first
    }
  }

  /// All rows of small problems; of large ones the first, the last, and some between.
  private static func isCompared(_ row: Int, of count: Int) -> Bool {
    count <= 24 || row < 4 || row >= count - 8 || row % 97 == 41
  }

  /// anchor · key of every slot: two sums of headDim / 2 roundings each, and their sum.
  private static func compareDots(_ problem: AttentionProblem, _ context: inout CheckContext) {
    let dim = problem.headDim
    for slot in 0..<problem.slotCount {
      var sum = 0.0
      var size = 0.0
      for index in 0..<dim {
        let product =
          Double(problem.anchor[index]) * Double(problem.keys[slot * dim + index])
        sum += product
        size += product.magnitude
      }
      context.expectClose(
        Double(problem.dots[slot]), sum, within: Double(dim / 2 + 1) * roundoff * size,
        "anchor · key", at: slot)
    }
  }
}
