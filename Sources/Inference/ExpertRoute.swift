import Kernels
import Memory
import Model

/// Which experts the tokens of a block go to, in the order in which the experts take them. Each member has
/// one for itself, made of the same numbers.
///
/// An entry is a token's expert: number token * usedCount + rank. Sorted by expert, and by number for the
/// same one, entries are rows of the experts' products.
@safe struct ExpertRoute {
  let experts: ExpertSpec
  let tokenCount: Int
  /// `[entries]`
  private let expertOfEntry: UnsafeMutablePointer<UInt32>
  private let factors: UnsafeMutablePointer<Float>
  private let rowOfEntry: UnsafeMutablePointer<UInt32>
  private let entryOfRow: UnsafeMutablePointer<UInt32>
  /// `[experts + 1]`: rows of the experts before.
  private let firstRows: UnsafeMutablePointer<UInt32>
  /// Experts that have rows, in order: `[experts]`.
  private let active: UnsafeMutablePointer<UInt32>
  /// What is chosen by: `[experts]`.
  private let scores: UnsafeMutablePointer<Float>
  private(set) var activeCount = 0

  /// Words of memory for the largest block.
  static func wordCount(_ experts: ExpertSpec, tokenCount: Int) -> Int {
    4 * tokenCount * experts.usedCount + 3 * experts.count + 1
  }

  /// - Parameter memory: `wordCount` words.
  init(_ experts: ExpertSpec, tokenCount: Int, memory: UnsafeMutablePointer<UInt32>) {
    self.experts = experts
    self.tokenCount = tokenCount
    let entryCount = tokenCount * experts.usedCount
    unsafe expertOfEntry = unsafe memory
    unsafe rowOfEntry = unsafe memory + entryCount
    unsafe entryOfRow = unsafe memory + 2 * entryCount
    unsafe factors = unsafe UnsafeMutableRawPointer(memory + 3 * entryCount).assumingMemoryBound(
      to: Float.self)
    unsafe firstRows = unsafe memory + 4 * entryCount
    unsafe active = unsafe firstRows + experts.count + 1
    unsafe scores = unsafe UnsafeMutableRawPointer(active + experts.count).assumingMemoryBound(
      to: Float.self)
  }

  /// - Parameters:
  ///   - logits: the router's, a row for each token.
  ///   - bias: see `ExpertSpec.hasBias`.
  mutating func fill(
    _ logits: ArenaRows<Float>, bias: UnsafePointer<Float>?
  ) {
    for token in 0..<tokenCount { unsafe choose(token, logits[token], bias) }
    sort()
  }

  /// The token's experts, of equal ones the first, and their factors.
  private func choose(
    _ token: Int, _ logits: UnsafePointer<Float>, _ bias: UnsafePointer<Float>?
  ) {
    for expert in 0..<experts.count {
      let score =
        unsafe experts.gating == .sigmoid ? Elementary.sigmoid(logits[expert]) : logits[expert]
      unsafe scores[expert] = unsafe score + (bias.map { unsafe $0[expert] } ?? 0)
    }
    let first = token * experts.usedCount
    var sum: Float = 0
    for rank in 0..<experts.usedCount {
      let chosen = unsafe firstOfLargest(scores, count: experts.count)
      unsafe scores[chosen] = -.infinity
      unsafe expertOfEntry[first + rank] = UInt32(chosen)
      let largest = unsafe logits[Int(expertOfEntry[first])]
      let factor =
        unsafe experts.gating == .sigmoid
        ? Elementary.sigmoid(logits[chosen])
        : Float(Elementary.exp(Double(logits[chosen] - largest)))
      unsafe factors[first + rank] = factor
      sum += factor
    }
    for rank in 0..<experts.usedCount { unsafe factors[first + rank] /= max(sum, Self.sumMin) }
  }

  /// llama.cpp's least sum of factors: Float16's smallest normal number.
  private static var sumMin: Float { 6.103_515_625e-5 }

  private mutating func sort() {
    for expert in 0...experts.count { unsafe firstRows[expert] = 0 }
    let entryCount = tokenCount * experts.usedCount
    for entry in 0..<entryCount { unsafe firstRows[Int(expertOfEntry[entry]) + 1] += 1 }
    activeCount = 0
    for expert in 0..<experts.count {
      if unsafe firstRows[expert + 1] > 0 {
        unsafe active[activeCount] = UInt32(expert)
        activeCount += 1
      }
      unsafe firstRows[expert + 1] += firstRows[expert]
    }
    // Afterwards the first row of each expert is that of the next one, which is put right.
    for entry in 0..<entryCount {
      let expert = unsafe Int(expertOfEntry[entry])
      let row = unsafe firstRows[expert]
      unsafe firstRows[expert] += 1
      unsafe rowOfEntry[entry] = row
      unsafe entryOfRow[Int(row)] = UInt32(entry)
    }
    for expert in stride(from: experts.count, to: 0, by: -1) {
      unsafe firstRows[expert] = unsafe firstRows[expert - 1]
    }
    unsafe firstRows[0] = 0
  }

  func expert(_ index: Int) -> Int { unsafe Int(active[index]) }

  /// The rows of one of the experts that have some.
  func rows(_ index: Int) -> Range<Int> {
    let expert = expert(index)
    return unsafe Int(firstRows[expert])..<Int(firstRows[expert + 1])
  }

  func token(ofRow row: Int) -> Int { unsafe Int(entryOfRow[row]) / experts.usedCount }
  func factor(ofRow row: Int) -> Float { unsafe factors[Int(entryOfRow[row])] }
  func expert(ofRow row: Int) -> Int { unsafe Int(expertOfEntry[Int(entryOfRow[row])]) }
  func row(_ token: Int, rank: Int) -> Int {
    unsafe Int(rowOfEntry[token * experts.usedCount + rank])
  }
}

/// The activations of a block in layers that have experts.
@safe struct ExpertWorkspace {
  /// The tokens' normalized rows.
  let rows: ArenaRows<Float>
  /// The router's numbers of each token.
  let logits: ArenaRows<Float>
  /// Rows of all experts: the gate's function of gate, times up.
  let gated: ArenaRows<Float>
  /// The same of up alone, where biases are added before.
  let ups: ArenaRows<Float>
  /// Rows of all experts: what they give.
  let outputs: ArenaRows<Float>
  /// Rows of all experts, rounded for one product at a time, each expert's from a place of its own on.
  let rounded: UnsafeMutableRawPointer
  /// Each thread's own.
  private let routes: ArenaRows<UInt32>
  let pages: ExpertPages?

  init(carver: inout Carver, shape: ModelShape, settings: RunSettings) {
    let block = settings.blockSize
    let rowCount = block * shape.layers.largest { $0.experts?.usedCount ?? 0 }
    let expertCount = shape.layers.largest { $0.expertCount }
    let length = shape.layers.largest { $0.experts == nil ? 0 : $0.feedForwardLength }
    let isUsed = expertCount > 0
    pages = ExpertPages(carver: &carver, shape: shape, settings: settings)
    let stride = MatrixFormat.rowCapacity(shape.embeddingLength)
    rows = carver.takeRows(
      .activations, Float.self, count: isUsed ? block : 0, stride: stride)
    logits = carver.takeRows(.activations, Float.self, count: block, stride: expertCount)
    gated = carver.takeRows(
      .activations, Float.self, count: isUsed ? rowCount : 0,
      stride: MatrixFormat.rowCapacity(length))
    let hasBiases = shape.layers.largest { $0.experts?.hasMatrixBiases ?? false ? 1 : 0 } > 0
    ups = carver.takeRows(
      .activations, Float.self, count: hasBiases ? rowCount : 0,
      stride: MatrixFormat.rowCapacity(length))
    outputs = carver.takeRows(
      .activations, Float.self, count: isUsed ? rowCount : 0, stride: stride)
    unsafe rounded = unsafe carver.takeBytes(
      .int8Activations,
      count: isUsed
        ? Self.roundedByteCount(
          shape.roundingForms, rowCount: rowCount, expertCount: expertCount,
          k: max(shape.embeddingLength, length)) : 0)
    routes = carver.takeRows(
      .activations, UInt32.self, count: settings.threadCount,
      stride: shape.layers.largest { layer in
        layer.experts.map { ExpertRoute.wordCount($0, tokenCount: block) } ?? 0
      })
  }

  /// Every expert has whole tiles; no tile takes more than a full one.
  private static func roundedByteCount(
    _ forms: RoundingForms, rowCount: Int, expertCount: Int, k: Int
  ) -> Int {
    let tile = ActivationRows.tokensPerTile
    let tileCount = rowCount / tile + min(expertCount, rowCount)
    return tileCount * byteCount(forms, rowCount: tile, k: k)
  }

  private static func byteCount(_ forms: RoundingForms, rowCount: Int, k: Int) -> Int {
    (ActivationRows.byteCount(forms, tokens: rowCount, k: k) + 63) & ~63
  }

  /// The rounded rows of one of the experts that have some.
  func rounded(
    _ forms: RoundingForms, k: Int, _ route: ExpertRoute, _ index: Int
  ) -> ActivationRows {
    let tile = ActivationRows.tokensPerTile
    var tileCount = 0
    for before in 0..<index { tileCount += (route.rows(before).count + tile - 1) / tile }
    return unsafe ActivationRows(
      forms, memory: rounded + tileCount * Self.byteCount(forms, rowCount: tile, k: k), k: k,
      tokenCount: route.rows(index).count)
  }

  /// A member's own.
  func route(_ experts: ExpertSpec, tokenCount: Int, member: Int) -> ExpertRoute {
    unsafe ExpertRoute(experts, tokenCount: tokenCount, memory: routes[member])
  }
}
