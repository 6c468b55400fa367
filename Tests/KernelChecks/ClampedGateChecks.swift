import Kernels

/// The clamped unit of experts against Double, and rows that are added to products.
enum ClampedGateChecks {
  static func units(_ context: inout CheckContext) {
    // Whole groups of every processor.
    let (rows, columns) = (3, 64)
    let stride = columns + 5
    let gates = context.take(Float.self, rows * stride)
    let ups = context.take(Float.self, rows * stride)
    let given = context.take(Float.self, rows * stride)
    for _ in 0..<2000 {
      for index in 0..<rows * stride {
        gates[index] = context.random.float() * 12
        ups[index] = context.random.float() * 12
      }
      let far: InlineArray<6, Float> = [-1e30, -50, -49, 7, 1e30, 0]
      for index in far.indices {
        (gates[index], ups[far.count - 1 - index]) = (far[index], far[index])
      }
      copy(gates, to: given, count: rows * stride)
      ProductOutput(gates, stride: stride).gateClamped(
        ProductOutput(ups, stride: stride), rowCount: rows,
        groups: 0..<columns / Int8Geometry.groupOutputs)
      for row in 0..<rows {
        for column in 0..<stride {
          let place = row * stride + column
          if column >= columns {
            context.expect(gates[place] == given[place], "other groups stay", at: place)
          } else {
            compare(gates[place], given[place], ups[place], place, &context)
          }
        }
      }
    }
  }

  /// As of `ElementwiseChecks.siluError`, with the roundings of the sum and of the product.
  private static func compare(
    _ found: Float, _ gate: Float, _ up: Float, _ place: Int, _ context: inout CheckContext
  ) {
    let bounded = Double(min(gate, 7))
    let (x, factor) = (1.702 * bounded, Double(min(max(up, -7), 7)) + 1)
    let expected = bounded / (1 + (x < -690 ? 1e300 : Elementary.exp(-x))) * factor
    let relative = 3 * x.magnitude * roundoff + ElementwiseChecks.exp2Error + 4 * roundoff
    context.expectClose(
      Double(found), expected, within: 1.01 * expected.magnitude * relative + 1e-30,
      "clamped unit", at: place)
  }

  /// A bias that is added to some rows, in the columns of some groups.
  static func addedRows(_ context: inout CheckContext) {
    let (rows, group) = (3, Int8Geometry.groupOutputs)
    let stride = 3 * group
    let values = context.take(Float.self, rows * stride)
    let given = context.take(Float.self, rows * stride)
    let bias = context.take(Float.self, stride)
    for index in 0..<rows * stride { values[index] = context.random.float() }
    for index in 0..<stride { bias[index] = context.random.float() }
    copy(values, to: given, count: rows * stride)
    ProductOutput(values, stride: stride).addRow(bias, rowCount: rows - 1, groups: 1..<2)
    for row in 0..<rows {
      for column in 0..<stride {
        let place = row * stride + column
        let isAdded = row < rows - 1 && column / group == 1
        context.expect(
          values[place] == (isAdded ? given[place] + bias[column] : given[place]), "sum", at: place)
      }
    }
  }
}
