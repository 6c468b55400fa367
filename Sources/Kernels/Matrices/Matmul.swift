/// Products of rounded activations with weights, for a range of output groups: one switch a product,
/// then the family of the matrix.
///
/// Rows must have been rounded in the matrix's form (`MatrixFormat.form`). `l2ByteCount`, the calling
/// thread's part of the second-level cache, changes the order of the outputs, not their bits.
public enum Matmul {
  /// out = x·W
  @export(interface)
  public static func store(
    _ x: ActivationRows, _ w: WeightMatrix, groups: Range<Int>, into out: ProductOutput,
    l2ByteCount: Int
  ) {
    switch w {
    case .int8(let w):
      Int8Product.store(x.row!, w, groups: groups, into: out, l2ByteCount: l2ByteCount)
    case .bits(let w):
      BitsProduct.run(
        x.rows(for: w), w, groups: groups, .store, into: out, l2ByteCount: l2ByteCount)
    }
  }

  /// out += x·W
  @export(interface)
  public static func add(
    _ x: ActivationRows, _ w: WeightMatrix, groups: Range<Int>, to out: ProductOutput,
    l2ByteCount: Int
  ) {
    switch w {
    case .int8(let w):
      Int8Product.add(x.row!, w, groups: groups, to: out, l2ByteCount: l2ByteCount)
    case .bits(let w):
      BitsProduct.run(
        x.rows(for: w), w, groups: groups, .add, into: out, l2ByteCount: l2ByteCount)
    }
  }

  /// out = bias + x·W
  /// - Parameter bias: as many values as the matrix has outputs, and padding.
  @export(interface)
  public static func store(
    _ x: ActivationRows, _ w: WeightMatrix, groups: Range<Int>, bias: UnsafePointer<Float>,
    into out: ProductOutput, l2ByteCount: Int
  ) {
    unsafe set(out, bias, rowCount: x.tokenCount, groups)
    add(x, w, groups: groups, to: out, l2ByteCount: l2ByteCount)
  }

  private static func set(
    _ out: ProductOutput, _ bias: UnsafePointer<Float>, rowCount: Int, _ groups: Range<Int>
  ) {
    let columns = Int8Matrix.columns(groups)
    for token in 0..<rowCount { unsafe out.setRow(token, columns: columns, from: bias) }
  }

  /// out = x·W, or bias + x·W, of matrices side by side
  /// - Parameter bias: as many values as the join has outputs, and padding.
  @export(interface)
  public static func store(
    _ x: ActivationRows, _ w: MatrixJoin, groups: Range<Int>, bias: UnsafePointer<Float>?,
    into out: ProductOutput, l2ByteCount: Int
  ) {
    if let bias = unsafe bias { unsafe set(out, bias, rowCount: x.tokenCount, groups) }
    var first = 0
    for index in 0..<w.partCount {
      let matrix = w.part(index)
      let part = first..<first + matrix.groupCount
      first = part.upperBound
      let shared = groups.clamped(to: part)
      if shared.isEmpty { continue }
      let own = shared.lowerBound - part.lowerBound..<shared.upperBound - part.lowerBound
      let out = out.from(column: Int8Matrix.columns(part).lowerBound)
      if unsafe bias == nil {
        store(x, matrix, groups: own, into: out, l2ByteCount: l2ByteCount)
      } else {
        add(x, matrix, groups: own, to: out, l2ByteCount: l2ByteCount)
      }
    }
  }

  /// out = f(x·gate) * (x·up), the gated unit of Llama's feed-forward part.
  @export(interface)
  public static func gated(
    _ x: ActivationRows, gate: WeightMatrix, up: WeightMatrix, _ function: GateFunction = .silu,
    groups: Range<Int>, into out: ProductOutput, l2ByteCount: Int
  ) {
    switch (gate, up) {
    case (.int8(let gate), .int8(let up)):
      Int8Product.gated(
        x.row!, gate: gate, up: up, function, groups: groups, into: out, l2ByteCount: l2ByteCount)
    case (_, .int8(let up)):
      store(x, gate, groups: groups, into: out, l2ByteCount: l2ByteCount)
      Int8Product.gate(x.row!, up, function, groups: groups, into: out, l2ByteCount: l2ByteCount)
    case (_, .bits(let up)):
      store(x, gate, groups: groups, into: out, l2ByteCount: l2ByteCount)
      BitsProduct.run(
        x.rows(for: up), up, groups: groups, function == .silu ? .gate : .gateGELU, into: out,
        l2ByteCount: l2ByteCount)
    }
  }
}

extension ActivationRows {
  fileprivate func rows(for matrix: BitsMatrix) -> BlockRows {
    matrix.format.blockLength == 32 ? blocks! : longBlocks!
  }
}
