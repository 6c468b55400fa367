import Kernels

/// Rotary position embedding against Double.
enum RotaryChecks {
  private static let halves: InlineArray<5, Int> = [4, 20, 32, 40, 64]

  private static func makeTable(
    _ context: inout CheckContext, half: Int, tokens: Int
  ) -> (
    table: RotaryTable, frequencies: UnsafeMutablePointer<Double>
  ) {
    let frequencies = context.take(Double.self, half)
    let table = RotaryTable(
      frequencies: frequencies, cosines: context.take(Float.self, tokens * half),
      sines: context.take(Float.self, tokens * half), half: half)
    return (table, frequencies)
  }

  /// Frequency i is base^(-i / half): its `half`-th power times base^i is 1. A relative error e of
  /// the frequency shows as half * e. The bound for e: log and exp are off by 1e-15 each, and an
  /// error of 1e-15 of log(base), at most 14, counts 14-fold.
  static func frequencies(_ context: inout CheckContext) {
    let bases: InlineArray<4, Double> = [100, 10_000, 100_000, 1_000_000]
    let halves = Self.halves
    for choice in halves.indices {
      for base in bases.indices {
        let half = halves[choice]
        context.begin("half", half, "base", Int(bases[base]))
        let (table, frequencies) = makeTable(&context, half: half, tokens: 1)
        table.setFrequencies(base: bases[base])
        for index in 0..<half {
          // Interleaved, so that neither power leaves Double's range.
          var product = 1.0
          var taken = 0
          for step in 1...half {
            product *= frequencies[index]
            while taken < index * step / half {
              product *= bases[base]
              taken += 1
            }
          }
          context.expectClose(
            product, 1, within: Double(half) * 16e-15, "frequency^half base^i", at: index)
        }
      }
    }
  }

  /// Cosine and sine round once, source times factor once, each product and their sum once: four
  /// roundings of each of the two terms. Both in place and into other memory.
  static func rotate(_ context: inout CheckContext) {
    let positions: InlineArray<6, Int> = [0, 1, 77, 8191, 131_071, 1_000_003]
    let halves = Self.halves
    for choice in halves.indices {
      let half = halves[choice]
      context.begin("half", half)
      let (table, frequencies) = makeTable(&context, half: half, tokens: positions.count)
      table.setFrequencies(base: 10_000)
      for token in positions.indices { table.setToken(token, position: positions[token]) }
      let source = context.take(Float.self, 2 * half)
      let target = context.take(Float.self, 2 * half)
      for token in positions.indices {
        let factor: Float = token & 1 == 0 ? 1 : 0.1803
        for index in 0..<2 * half { source[index] = context.random.float() * 4 }
        table.rotate(source, token: token, factor: factor, into: target)
        for index in 0..<half {
          let angle = Double(positions[token]) * frequencies[index]
          compare(source, target, half, index, angle, Double(factor), &context)
        }
        table.rotate(source, token: token, factor: factor, into: source)
        for index in 0..<2 * half {
          context.expect(source[index] == target[index], "in place", at: index)
        }
      }
    }
  }

  /// Turning a rotated row back gives the row: each way four roundings of two terms, whose sizes are those
  /// of the pair.
  static func turnBack(_ context: inout CheckContext) {
    let positions: InlineArray<4, Int> = [0, 1, 8191, 1_000_003]
    let halves = Self.halves
    for choice in halves.indices {
      let half = halves[choice]
      context.begin("half", half)
      let (table, _) = makeTable(&context, half: half, tokens: positions.count)
      table.setFrequencies(base: 10_000)
      let own = table.with(
        cosines: context.take(Float.self, half), sines: context.take(Float.self, half))
      for token in positions.indices { table.setToken(token, position: positions[token]) }
      let source = context.take(Float.self, 2 * half)
      let target = context.take(Float.self, 2 * half)
      let other = context.take(Float.self, 2 * half)
      for token in positions.indices {
        for index in 0..<2 * half { source[index] = context.random.float() * 4 }
        table.rotate(source, token: token, factor: 1, into: target)
        for index in 0..<2 * half { other[index] = target[index] }
        table.turnBack(target, token: token)
        own.setToken(0, position: positions[token])
        own.turnBack(other, token: 0)
        for index in 0..<2 * half {
          let pair = source[index % half].magnitude + source[index % half + half].magnitude
          context.expectClose(
            Double(target[index]), Double(source[index]), within: 12 * roundoff * Double(pair),
            "turned back", at: index)
          context.expect(target[index] == other[index], "memory of its own", at: index)
        }
      }
    }
  }

  private static func compare(
    _ source: UnsafeMutablePointer<Float>, _ target: UnsafeMutablePointer<Float>, _ half: Int,
    _ index: Int, _ angle: Double, _ factor: Double, _ context: inout CheckContext
  ) {
    let (sine, cosine) = Elementary.sineAndCosine(angle)
    let a = Double(source[index]) * factor
    let b = Double(source[index + half]) * factor
    context.expectClose(
      Double(target[index]), a * cosine - b * sine,
      within: 4.001 * roundoff * ((a * cosine).magnitude + (b * sine).magnitude), "x[i]",
      at: index)
    context.expectClose(
      Double(target[index + half]), a * sine + b * cosine,
      within: 4.001 * roundoff * ((a * sine).magnitude + (b * cosine).magnitude), "x[i + half]",
      at: index)
  }
}
