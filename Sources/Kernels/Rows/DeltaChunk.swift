import CInstructions

/// Where the next tokens of one head lie, in rows that are `stride` elements apart.
@safe public struct DeltaTokens: BitwiseCopyable {
  let queries: UnsafePointer<Float>
  let keys: UnsafePointer<Float>
  let values: UnsafePointer<Float>
  let stride: Int
  let decays: UnsafePointer<Float>
  let rates: UnsafePointer<Float>
  let rateStride: Int
  let outputs: UnsafeMutablePointer<Float>
  let outputStride: Int

  @export(interface)
  public init(
    queries: UnsafePointer<Float>, keys: UnsafePointer<Float>, values: UnsafePointer<Float>,
    stride: Int, decays: UnsafePointer<Float>, rates: UnsafePointer<Float>, rateStride: Int,
    outputs: UnsafeMutablePointer<Float>, outputStride: Int
  ) {
    unsafe self.queries = queries
    unsafe self.keys = keys
    unsafe self.values = values
    self.stride = stride
    unsafe self.decays = decays
    unsafe self.rates = rates
    self.rateStride = rateStride
    unsafe self.outputs = outputs
    self.outputStride = outputStride
  }
}

/// What one thread needs for a chunk.
@safe public struct DeltaScratch: BitwiseCopyable {
  /// `[keyDim][tokens]`: keys of length 1.
  let turnedKeys: UnsafeMutablePointer<Float>
  /// `[tokens][valueDim]`: what each token adds to the state, along its key.
  let changes: UnsafeMutablePointer<Float>
  /// `[tokens][tokens]`: of keys and queries with the keys of the tokens before.
  let keyProducts: UnsafeMutablePointer<Float>
  let queryProducts: UnsafeMutablePointer<Float>
  /// `[tokens]` each: inverse lengths, and decays from a token to the latest one.
  let keyFactors: UnsafeMutablePointer<Float>
  let queryFactors: UnsafeMutablePointer<Float>
  let decaysSince: UnsafeMutablePointer<Float>

  /// - Parameter memory: `count` numbers.
  @export(interface)
  public init(memory: UnsafeMutablePointer<Float>, keyDim: Int, valueDim: Int) {
    let tokens = DeltaRule.chunkTokens
    unsafe turnedKeys = unsafe memory
    unsafe changes = unsafe turnedKeys + keyDim * tokens
    unsafe keyProducts = unsafe changes + tokens * valueDim
    unsafe queryProducts = unsafe keyProducts + tokens * tokens
    unsafe keyFactors = unsafe queryProducts + tokens * tokens
    unsafe queryFactors = unsafe keyFactors + tokens
    unsafe decaysSince = unsafe queryFactors + tokens
  }

  @export(interface)
  public static func count(keyDim: Int, valueDim: Int) -> Int {
    DeltaRule.chunkTokens * (keyDim + valueDim + 2 * DeltaRule.chunkTokens + 3)
  }
}

extension DeltaRule {
  /// The next `count` tokens, one after the other.
  @export(interface)
  public func step(_ tokens: DeltaTokens, count: Int, epsilon: Float) {
    for token in 0..<count {
      let (row, rate) = (token * tokens.stride, token * tokens.rateStride)
      unsafe step(
        query: tokens.queries + row, key: tokens.keys + row, value: tokens.values + row,
        decay: tokens.decays[rate], rate: tokens.rates[rate], epsilon: epsilon,
        into: tokens.outputs + token * tokens.outputStride)
    }
  }

  /// Fewer tokens are quicker one after the other.
  public static var chunkTokensMin: Int { 8 }

  /// As many tokens as a chunk may have: a multiple of 16.
  public static var chunkTokens: Int { 32 }

  /// The next `count` tokens at once, with what `step` would give but for rounding.
  ///
  /// With u_t for b_t (v_t - a_t S_{t-1}ᵀ k_t), and d_ti for the product of the decays behind token i up to t,
  /// the state after token t is d_t0 S_0 + sum over i up to t of d_ti k_i u_iᵀ. So the changes u solve a
  /// triangular system: u_t = b_t (v_t - d_t0 S_0ᵀ k_t - sum over i before t of d_ti (k_i · k_t) u_i). All else
  /// is products of matrices. No decay is divided by another one: no d is above 1, and 0 stays 0.
  /// - Parameter count: at most `chunkTokens`.
  @export(interface)
  public func run(_ tokens: DeltaTokens, count: Int, epsilon: Float, scratch: DeltaScratch) {
    precondition(count > 0 && count <= Self.chunkTokens)
    setFactors(tokens, count, epsilon, scratch)
    multiplyByState(tokens, count, scratch)
    multiplyByKeys(tokens, count, scratch)
    solve(count, scratch)
    unsafe RowProducts(
      rows: scratch.queryProducts, rowStride: Self.chunkTokens, matrix: scratch.changes,
      matrixStride: valueDim, depth: count, part: .lowerFactors, adds: true,
      out: tokens.outputs, outStride: tokens.outputStride
    ).run(rowCount: count, columnCount: valueDim)
    addChanges(tokens, count, scratch)
  }

  /// Lengths, and the keys turned; behind the last token there are zeros.
  private func setFactors(
    _ tokens: DeltaTokens, _ count: Int, _ epsilon: Float, _ scratch: DeltaScratch
  ) {
    for token in 0..<count {
      let (key, query) = unsafe (
        tokens.keys + token * tokens.stride, tokens.queries + token * tokens.stride
      )
      let factor = unsafe Self.inverseLength(key, count: keyDim, epsilon: epsilon)
      unsafe scratch.keyFactors[token] = factor
      unsafe scratch.queryFactors[token] =
        unsafe Self.inverseLength(query, count: keyDim, epsilon: epsilon)
        / squareRoot(Float(keyDim))
      for index in 0..<keyDim {
        unsafe scratch.turnedKeys[index * Self.chunkTokens + token] = key[index] * factor
      }
    }
    for token in count..<roundUp(count, to: 16) {
      for index in 0..<keyDim { unsafe scratch.turnedKeys[index * Self.chunkTokens + token] = 0 }
    }
  }

  /// The parts of changes and outputs that the state before the chunk gives.
  private func multiplyByState(_ tokens: DeltaTokens, _ count: Int, _ scratch: DeltaScratch) {
    unsafe RowProducts(
      rows: tokens.keys, rowStride: tokens.stride, matrix: state, matrixStride: valueDim,
      depth: keyDim, out: scratch.changes, outStride: valueDim
    ).run(rowCount: count, columnCount: valueDim)
    unsafe RowProducts(
      rows: tokens.queries, rowStride: tokens.stride, matrix: state, matrixStride: valueDim,
      depth: keyDim, out: tokens.outputs, outStride: tokens.outputStride
    ).run(rowCount: count, columnCount: valueDim)
    var kept: Float = 1
    for token in 0..<count {
      unsafe kept *= tokens.decays[token * tokens.rateStride]
      let (rate, keyFactor) = unsafe (
        tokens.rates[token * tokens.rateStride], kept * scratch.keyFactors[token]
      )
      let value = unsafe tokens.values + token * tokens.stride
      let change = unsafe scratch.changes + token * valueDim
      let output = unsafe tokens.outputs + token * tokens.outputStride
      let queryFactor = unsafe kept * scratch.queryFactors[token]
      for column in stride(from: 0, to: valueDim, by: 16) {
        unsafe change.store(
          (value.lanes(column) - change.lanes(column) * keyFactor) * rate, column)
        unsafe output.store(output.lanes(column) * queryFactor, column)
      }
    }
  }

  /// What each token's change takes from those before it, and its output from them and its own.
  private func multiplyByKeys(_ tokens: DeltaTokens, _ count: Int, _ scratch: DeltaScratch) {
    unsafe multiplyByKeys(tokens.keys, tokens.stride, count, scratch, into: scratch.keyProducts)
    unsafe multiplyByKeys(
      tokens.queries, tokens.stride, count, scratch, into: scratch.queryProducts)
    let since = unsafe scratch.decaysSince
    for token in 0..<count {
      let (decay, rate) = unsafe (
        tokens.decays[token * tokens.rateStride], tokens.rates[token * tokens.rateStride]
      )
      let keyProducts = unsafe scratch.keyProducts + token * Self.chunkTokens
      let queryProducts = unsafe scratch.queryProducts + token * Self.chunkTokens
      let keyFactor = unsafe -rate * scratch.keyFactors[token]
      let queryFactor = unsafe scratch.queryFactors[token]
      for before in 0..<token {
        unsafe since[before] *= decay
        unsafe keyProducts[before] *= keyFactor * since[before]
        unsafe queryProducts[before] *= queryFactor * since[before]
      }
      unsafe since[token] = 1
      unsafe queryProducts[token] *= queryFactor
      for behind in token + 1..<max(count, token + 1) { unsafe queryProducts[behind] = 0 }
    }
  }

  private func multiplyByKeys(
    _ rows: UnsafePointer<Float>, _ stride: Int, _ count: Int, _ scratch: DeltaScratch,
    into out: UnsafeMutablePointer<Float>
  ) {
    unsafe RowProducts(
      rows: rows, rowStride: stride, matrix: scratch.turnedKeys, matrixStride: Self.chunkTokens,
      depth: keyDim, part: .lowerColumns, out: out, outStride: Self.chunkTokens
    ).run(rowCount: count, columnCount: roundUp(count, to: 16))
  }

  /// Takes from each change what those before it give: the triangular system, from its first row on.
  private func solve(_ count: Int, _ scratch: DeltaScratch) {
    for column in stride(from: 0, to: valueDim, by: 16) {
      for token in 1..<max(count, 1) {
        let factors = unsafe scratch.keyProducts + token * Self.chunkTokens
        var place = unsafe scratch.changes + column
        var sum = unsafe scratch.changes.lanes(token * valueDim + column)
        for before in 0..<token {
          unsafe sum.addProduct(place.lanes(0), SIMD16(repeating: factors[before]))
          unsafe place += valueDim
        }
        unsafe place.store(sum, 0)
      }
    }
  }

  /// The state after the chunk.
  private func addChanges(_ tokens: DeltaTokens, _ count: Int, _ scratch: DeltaScratch) {
    var kept: Float = 1
    for token in 0..<count {
      unsafe kept *= tokens.decays[token * tokens.rateStride]
      let factor = unsafe scratch.keyFactors[token] * scratch.decaysSince[token]
      unsafe scale(scratch.changes + token * valueDim, count: valueDim, by: factor)
    }
    unsafe scale(state, count: keyDim * valueDim, by: kept)
    unsafe RowProducts(
      rows: tokens.keys, rowStride: tokens.stride, isTurned: true, matrix: scratch.changes,
      matrixStride: valueDim, depth: count, adds: true, out: state, outStride: valueDim
    ).run(rowCount: keyDim, columnCount: valueDim)
  }
}
