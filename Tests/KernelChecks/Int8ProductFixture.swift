import Kernels

/// A packed matrix made from random rows, and the rows.
struct MatrixFixture {
  let matrix: Int8Matrix
  /// `[outputs][kPadded]`: the true rows.
  let rows: UnsafeMutablePointer<Float>

  init(_ context: inout CheckContext, outputs: Int, k: Int) {
    let kPadded = roundUp(k, to: Int8Geometry.kStep)
    let padded = Int8Matrix.paddedOutputCount(outputs)
    let weights = context.take(Int8.self, Int8Matrix.weightCount(outputs: outputs, k: k))
    let scales = context.take(Float.self, padded)
    let starts = context.take(Int32.self, padded)
    // The arena's memory is zero at first; rows past the last output stay so.
    weights.update(repeating: 0, count: padded * kPadded)
    scales.update(repeating: 0, count: padded)
    starts.update(repeating: 0, count: padded)
    matrix = Int8Matrix(
      weights: weights, scales: scales, starts: starts, outputCount: outputs, k: k)
    rows = context.take(Float.self, outputs * kPadded)
    let work = context.take(Float.self, kPadded)
    for output in 0..<outputs {
      let row = rows + output * kPadded
      for index in 0..<kPadded { row[index] = index < k ? context.random.float() : 0 }
      work.update(from: row, count: kPadded)
      context.expect(matrix.setRow(output, from: work), "a finite row is taken", at: output)
    }
  }

  /// The stored integer of a row's transform.
  func weight(_ output: Int, _ index: Int) -> Int {
    Int(Layout.weight(matrix.weights, output: output, index: index, kPadded: matrix.kPadded))
  }
}

/// Rounded activations made from random rows, and the rows.
struct ActivationFixture {
  let activations: Int8Rows
  let values: UnsafeMutablePointer<Int8>
  let scales: UnsafeMutablePointer<Float>
  /// `[tokens][kPadded]`: the true rows.
  let rows: UnsafeMutablePointer<Float>

  init(_ context: inout CheckContext, tokens: Int, k: Int) {
    let kPadded = roundUp(k, to: Int8Geometry.kStep)
    values = context.take(Int8.self, Int8Rows.valueCount(tokens: tokens, k: k))
    scales = context.take(Float.self, tokens)
    activations = Int8Rows(values: values, scales: scales, k: k, tokenCount: tokens)
    rows = context.take(Float.self, tokens * kPadded)
    let work = context.take(Float.self, kPadded)
    for token in 0..<tokens {
      let row = rows + token * kPadded
      for index in 0..<kPadded { row[index] = index < k ? context.random.float() * 3 : 0 }
      work.update(from: row, count: kPadded)
      activations.setToken(token, from: work, factor: 1)
    }
  }

  func value(_ token: Int, _ index: Int) -> Int {
    Int(
      Layout.activation(
        values, token: token, index: index, kPadded: activations.kPadded,
        tokenCount: activations.tokenCount))
  }
}

/// Rows for products, with unused columns behind them and an unused row after the last.
struct OutputFixture {
  static let spareColumns = 16
  let values: UnsafeMutablePointer<Float>
  /// A copy of what was there before.
  let before: UnsafeMutablePointer<Float>
  let tokens: Int
  let outputs: Int
  let stride: Int

  init(_ context: inout CheckContext, tokens: Int, outputs: Int) {
    self.tokens = tokens
    self.outputs = outputs
    stride = Int8Matrix.paddedOutputCount(outputs) + Self.spareColumns
    values = context.take(Float.self, (tokens + 1) * stride)
    before = context.take(Float.self, (tokens + 1) * stride)
    // Paddings are of different size in different builds; the random numbers are not to depend on it.
    values.update(repeating: 1, count: (tokens + 1) * stride)
    for row in 0...tokens {
      for output in 0..<outputs { values[row * stride + output] = context.random.float() * 100 }
    }
    before.update(from: values, count: (tokens + 1) * stride)
  }

  var output: ProductOutput { ProductOutput(values, stride: stride) }

  func found(_ token: Int, _ output: Int) -> Double { Double(values[token * stride + output]) }
  func old(_ token: Int, _ output: Int) -> Double { Double(before[token * stride + output]) }

  /// Only `tokens` rows and the matrix's padded columns were written.
  func expectRestUntouched(_ context: inout CheckContext) {
    for index in 0..<(tokens + 1) * stride {
      let isInside = index / stride < tokens && index % stride < stride - Self.spareColumns
      if !isInside {
        context.expect(values[index] == before[index], "no write past rows or columns", at: index)
      }
    }
  }
}
