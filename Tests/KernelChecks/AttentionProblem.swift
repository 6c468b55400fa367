import Kernels

/// How the scores of a problem are spread; scores are exponents of 2.
enum ScoreKind: Int {
  /// A standard deviation of about 3.
  case moderate
  /// Of about 1000: most rows see one slot only.
  case large
  /// Rows with an even index: each slot's score is about 1 above the one before, so that each tile
  /// raises the largest score; rows with an odd index: below.
  case ramp
  /// All keys are equal: the outcome is the mean of the values.
  case equal

  static let count = 4
}

/// Queries, keys and values of one KV head, as the kernel reads them and as plain rows.
struct AttentionProblem {
  let headDim: Int
  let group: Int
  let slotsBefore: Int
  let slotCount: Int
  let rowCount: Int
  /// `[slots][headDim]` each; exact in Float16.
  let keys: UnsafeMutablePointer<Float>
  let values: UnsafeMutablePointer<Float>
  /// `[rows][headDim]`
  let queries: UnsafeMutablePointer<Float>
  /// `[headDim]`
  let anchor: UnsafeMutablePointer<Float>
  /// `[group]`, natural exponents; nil if there are none.
  let sinks: UnsafeMutablePointer<Float>?
  /// `[slots]`, padded to whole tiles
  let dots: UnsafeMutablePointer<Float>
  let scratch: AttentionScratch
  private let scratchMemory: UnsafeMutablePointer<Float>
  /// Of position 0: cosines 1, sines 0.
  private let rotary: RotaryTable
  private let cache: CacheRows

  /// Keys of slots from `slotCount` on, padding and scratch hold NaN at first; values of such slots
  /// are numbers, as in a cache.
  init(
    _ context: inout CheckContext, headDim: Int, group: Int, tokens: Int, slotsBefore: Int,
    hasSinks: Bool = false
  ) {
    sinks = hasSinks ? context.take(Float.self, group) : nil
    self.headDim = headDim
    self.group = group
    self.slotsBefore = slotsBefore
    slotCount = slotsBefore + tokens
    rowCount = tokens * group
    keys = context.take(Float.self, slotCount * headDim)
    values = context.take(Float.self, slotCount * headDim)
    queries = context.take(Float.self, rowCount * headDim)
    anchor = context.take(Float.self, headDim)
    dots = context.take(Float.self, roundUp(slotCount, to: CacheRows.tileSlots))
    scratchMemory = context.take(
      Float.self, AttentionScratch.count(headDim: headDim, slots: slotCount))
    scratch = AttentionScratch(memory: scratchMemory, headDim: headDim)
    rotary = RotaryTable(
      frequencies: context.take(Double.self, headDim / 2),
      cosines: context.take(Float.self, headDim / 2), sines: context.take(Float.self, headDim / 2),
      half: headDim / 2)
    rotary.setFrequencies(base: 10_000)
    rotary.setToken(0, position: 0)
    cache = CacheRows(
      keys: context.take(UInt16.self, CacheRows.keyCount(slots: slotCount, headDim: headDim)),
      values: context.take(UInt16.self, CacheRows.valueCount(slots: slotCount, headDim: headDim)),
      headDim: headDim)
  }

  func fill(_ kind: ScoreKind, _ random: inout RandomSource) {
    for slot in 0..<slotCount {
      let (key, value) = (keys + slot * headDim, values + slot * headDim)
      for index in 0..<headDim {
        key[index] = Float(random.integer(-256...256)) / 64
        value[index] = Float(random.integer(-512...512)) / 128
      }
      if kind == .ramp { key[0] = Float(slot) / 64 }
      if kind == .equal { key.update(from: keys, count: headDim) }
      _ = cache.setKey(slot, from: key)
      cache.setValue(slot, from: value)
    }
    let far = queries  // Not yet in use.
    for index in 0..<headDim { far[index] = 4 }
    for slot in slotCount..<roundUp(slotCount, to: CacheRows.tileSlots) {
      cache.setValue(slot, from: far)
    }
    let size = (kind == .large ? 750 : 2.25) / squareRoot(Float(headDim))
    for row in 0..<rowCount {
      let query = queries + row * headDim
      for index in 0..<headDim { query[index] = random.float() * size }
      if kind == .ramp { query[0] = row & 1 == 0 ? 64 : -64 }
    }
    for index in 0..<headDim { anchor[index] = random.float() * 300 }
    if let sinks { for head in 0..<group { sinks[head] = random.float() * 8 } }
  }

  /// Makes the score of a row and a slot larger than Float16 can hold, though query and key are not.
  func setLarge(row: Int, slot: Int) {
    queries[row * headDim] = 2048
    keys[slot * headDim] = 2048
    _ = cache.setKey(slot, from: keys + slot * headDim)
  }

  /// Gives every slot the same value.
  /// - Parameter value: exact in Float16.
  func setValues(_ value: Float) {
    for slot in 0..<slotCount {
      (values + slot * headDim).update(repeating: value, count: headDim)
      cache.setValue(slot, from: values + slot * headDim)
    }
  }

  /// Runs the rows `first ..< end`; rows of the scratch past them hold NaN.
  func run(_ first: Int, _ end: Int, usesFloat16: Bool) {
    scratchMemory.update(
      repeating: .nan, count: AttentionScratch.count(headDim: headDim, slots: slotCount))
    attend(setUp(first, end, usesFloat16: usesFloat16), first, end)
  }

  /// The kernel with the queries of the rows `first ..< end`.
  func setUp(_ first: Int, _ end: Int, usesFloat16: Bool) -> Attention {
    let attention = Attention(
      cache: cache, scratch: scratch, slotsBefore: slotsBefore, slotCount: slotCount, group: group,
      usesFloat16: usesFloat16,
      sinks: sinks.map { AttentionSinks(scores: $0, group: group) })
    for row in first..<end {
      attention.setQuery(
        row - first, from: queries + row * headDim, rotary, token: 0, factor: 1)
    }
    return attention
  }

  func attend(_ attention: Attention, _ first: Int, _ end: Int) {
    attention.run(
      firstRow: first, rowCount: end - first,
      extraRow: end == rowCount ? ExtraRow(values: anchor, products: dots) : nil)
  }
}

/// Attention of one row in Double, and a bound for the error of Float32 or Float16.
struct AttentionRowReference {
  private let problem: AttentionProblem
  /// The relative rounding error of the format of products.
  private let unit: Double
  /// `[slots]`: each slot's share, and the relative error of its weight.
  private let shares: UnsafeMutablePointer<Double>
  private let errors: UnsafeMutablePointer<Double>
  private var slots = 0
  /// The sink's share and the relative error of its weight.
  private var sink = (share: 0.0, error: 0.0)
  private var largestError = 0.0

  init(_ context: inout CheckContext, _ problem: AttentionProblem, unit: Double) {
    self.problem = problem
    self.unit = unit
    shares = context.take(Double.self, problem.slotCount)
    errors = context.take(Double.self, problem.slotCount)
  }

  /// Scores, then shares 2^score / sum. A weight w = 2^(s - m) is off
  /// - by 2^e for an error e of s: a rounding of q and headDim + 1 of sums that stay below
  ///   sum |q k|, in the format;
  /// - by two roundings of s - m, or one in Float16, and the error of the format's exp2;
  /// - by exp2's error and a rounding for each time that a tile or a segment raises the maximum;
  /// - by its own rounding to the format.
  /// `errors` holds e^(all of it) - 1.
  mutating func setRow(_ row: Int) {
    slots = problem.slotsBefore + row / problem.group + 1
    let dim = problem.headDim
    let query = problem.queries + row * dim
    var maximum = -Double.infinity
    for slot in 0..<slots {
      var score = 0.0
      var size = 0.0
      for index in 0..<dim {
        let product = Double(query[index]) * Double(problem.keys[slot * dim + index])
        score += product
        size += product.magnitude
      }
      shares[slot] = score
      errors[slot] = Double(dim + 2) * (unit * size + leastNumber)
      maximum = max(maximum, score)
    }
    let ln2 = 0.693_147_180_559_945_309
    let tiles = Double((slots + 63) / 64 + AttentionGeometry.segmentCount(slots: slots))
    var sum = 0.0
    largestError = 0
    for slot in 0..<slots {
      let distance = maximum - shares[slot]
      let exponent =
        ln2 * (errors[slot] + differenceError * distance) + exp2Error + roundoff
        + tiles * (ElementwiseChecks.exp2Error + roundoff) + unit
      errors[slot] = Elementary.exp(min(exponent, 600)) - 1
      shares[slot] = distance * ln2 > 690 ? 0 : Elementary.exp(-distance * ln2)
      sum += shares[slot]
      if distance < 200 { largestError = max(largestError, errors[slot]) }
    }
    sink.share = 0
    if let sinks = problem.sinks {
      let score = Double(sinks[row % problem.group])
      let distance = (score / ln2 - maximum).magnitude
      sink.share = Elementary.exp(score - maximum * ln2)
      // Products and the difference round; exp2 errs.
      sink.error = 4 * roundoff * (score.magnitude + distance) + 2 * ElementwiseChecks.exp2Error
      sum += sink.share
      sink.share /= sum
    }
    for slot in 0..<slots { shares[slot] /= sum }
  }

  /// With weights w (1 + e) the outcome o = sum(w v) / sum(w) moves by
  /// sum(w e (v - o)) / sum(w (1 + e)), where a sink's value is 0. Then come the roundings of the two sums: one in the format
  /// for each slot of a tile and one in Float32 for each tile and segment, of numbers that stay below
  /// sum(w |v|), and one for each vector of weights. Weights are off by the format's least number
  /// too, and no value is above 4.
  func compare(
    _ found: UnsafePointer<Float>, _ row: Int, _ context: inout CheckContext
  ) {
    let dim = problem.headDim
    let tiles = Double((slots + 63) / 64 + AttentionGeometry.segmentCount(slots: slots))
    for index in 0..<dim {
      var outcome = 0.0
      var size = 0.0
      for slot in 0..<slots {
        let value = Double(problem.values[slot * dim + index])
        outcome += shares[slot] * value
        size += shares[slot] * value.magnitude
      }
      var moved = 0.0
      for slot in 0..<slots {
        let value = Double(problem.values[slot * dim + index])
        moved += shares[slot] * errors[slot] * (value - outcome).magnitude
      }
      moved += sink.share * sink.error * outcome.magnitude
      let roundings =
        (min(Double(slots), 64) * unit + 2 * tiles * roundoff) * size
        + (20 + 2 * tiles + 2) * roundoff * outcome.magnitude
      context.expectClose(
        Double(found[index]), outcome,
        within: 1.01 * (moved * (1 + largestError) + roundings) + Double(slots) * 8 * leastNumber,
        "output", at: row * dim + index)
    }
  }

  /// Adds the row's shares times `factor` to each slot's sum, and what they may be off by: the
  /// weight's error, that of the row's sum of weights, and the roundings of the addition.
  func add(
    to sums: UnsafeMutablePointer<Double>, _ tolerances: UnsafeMutablePointer<Double>,
    factor: Double
  ) {
    for slot in 0..<slots {
      sums[slot] += shares[slot] * factor
      tolerances[slot] +=
        factor * shares[slot] * (errors[slot] + largestError + sink.error + 40 * roundoff)
    }
    // A hidden slot's weight, too.
    for slot in 0..<problem.slotCount { tolerances[slot] += factor * leastNumber }
  }

  private var isHalf: Bool { unit > roundoff }
  private var differenceError: Double { isHalf ? unit : 2 * roundoff }
  private var exp2Error: Double {
    isHalf ? ElementwiseChecks.halfExp2Error : ElementwiseChecks.exp2Error
  }

  /// Half of Float16's least number, or above Float32's and the weight of a hidden slot, 2^-126.
  private var leastNumber: Double { isHalf ? 0x1p-25 : 0x1p-125 }
}
