/// Rotary position embedding: the pairs (x[i], x[i + headDim / 2]) of a head are rotated by
/// position * base^(-2 i / headDim). Other orders of the file are brought into this one when the weights
/// are loaded. If only some elements of a head turn, the pairs from `turning` on have frequency 0, and
/// the others are those of a head of `2 turning` elements.
@safe public struct RotaryTable: BitwiseCopyable {
  /// `[half]`: radians for each position.
  public let frequencies: UnsafeMutablePointer<Double>
  /// `[tokens][half]` each
  let cosines: UnsafeMutablePointer<Float>
  let sines: UnsafeMutablePointer<Float>
  public let half: Int
  /// Pairs that turn.
  public let turning: Int
  /// What rotated values are multiplied by.
  let magnitude: Double

  public init(
    frequencies: UnsafeMutablePointer<Double>, cosines: UnsafeMutablePointer<Float>,
    sines: UnsafeMutablePointer<Float>, half: Int, turning: Int? = nil, magnitude: Double = 1
  ) {
    self.turning = turning ?? half
    unsafe self.frequencies = frequencies
    unsafe self.cosines = cosines
    unsafe self.sines = sines
    self.half = half
    self.magnitude = magnitude
  }

  @export(interface)
  public func setFrequencies(base: Double) {
    let logarithm = Elementary.log(base)
    for index in 0..<turning {
      unsafe frequencies[index] = Elementary.exp(-logarithm * Double(index) / Double(turning))
    }
    for index in turning..<half { unsafe frequencies[index] = 0 }
  }

  /// Divides the frequencies from `first` on by `factor`, and those up to `unchanged` not at all;
  /// between them the quotient's share grows linearly with the index.
  public func interpolate(factor: Double, unchanged: Double, first: Double) {
    for index in 0..<turning {
      let place = (Double(index) - unchanged) / max(0.001, first - unchanged)
      let share = min(max(place, 0), 1)
      unsafe frequencies[index] *= share / factor + (1 - share)
    }
  }

  /// - Parameter factors: one for each frequency.
  public func divideFrequencies(by factors: UnsafePointer<Float>) {
    for index in 0..<turning { unsafe frequencies[index] /= Double(factors[index]) }
  }

  @export(interface)
  public func setToken(_ token: Int, position: Int) {
    for index in 0..<turning {
      let (sine, cosine) = unsafe Elementary.sineAndCosine(Double(position) * frequencies[index])
      unsafe cosines[token * half + index] = Float(cosine * magnitude)
      unsafe sines[token * half + index] = Float(sine * magnitude)
    }
    for index in turning..<half {
      unsafe cosines[token * half + index] = 1
      unsafe sines[token * half + index] = 0
    }
  }

  /// Rotates a rotated row, in place, from its position to the one `positions` further on: the turns
  /// add up.
  /// - Parameter row: `2 * half` values.
  @export(interface)
  public func turn(_ row: UnsafeMutablePointer<Float>, by positions: Int) {
    for index in 0..<half {
      let (sine, cosine) = unsafe Elementary.sineAndCosine(Double(positions) * frequencies[index])
      let (a, b) = unsafe (Double(row[index]), Double(row[index + half]))
      unsafe row[index] = Float(a * cosine - b * sine)
      unsafe row[index + half] = Float(a * sine + b * cosine)
    }
  }

  /// Rotates a row, in place, from the position of a token of the table to position 0, and multiplies it
  /// by the magnitude once more.
  @export(interface)
  public func turnBack(_ row: UnsafeMutablePointer<Float>, token: Int) {
    let (cosine, sine) = unsafe (cosines + token * half, sines + token * half)
    let high = unsafe row + half
    var index = 0
    while index + NativeFloats.scalarCount <= half {
      let (c, s) = unsafe (NativeFloats.load(cosine + index), NativeFloats.load(sine + index))
      let (a, b) = unsafe (NativeFloats.load(row + index), NativeFloats.load(high + index))
      unsafe (a * c + b * s).store(row + index)
      unsafe (b * c - a * s).store(high + index)
      index += NativeFloats.scalarCount
    }
    while index < half {
      let (a, b) = unsafe (row[index], high[index])
      unsafe row[index] = a * cosine[index] + b * sine[index]
      unsafe high[index] = b * cosine[index] - a * sine[index]
      index += 1
    }
  }

  /// The same frequencies with other memory for the angles of tokens.
  public func with(
    cosines: UnsafeMutablePointer<Float>, sines: UnsafeMutablePointer<Float>
  ) -> RotaryTable {
    unsafe RotaryTable(
      frequencies: frequencies, cosines: cosines, sines: sines, half: half, turning: turning,
      magnitude: magnitude)
  }

  /// target = rotated source * factor; `2 * half` values each, which may be the same memory.
  public func rotate(
    _ source: UnsafePointer<Float>, token: Int, factor: Float,
    into target: UnsafeMutablePointer<Float>
  ) {
    let cosine = unsafe UnsafePointer(cosines + token * half)
    let sine = unsafe UnsafePointer(sines + token * half)
    let (highSource, highTarget) = unsafe (source + half, target + half)
    var index = 0
    while index &+ NativeFloats.scalarCount <= half {
      let c = unsafe NativeFloats.load(cosine + index)
      let s = unsafe NativeFloats.load(sine + index)
      let a = unsafe NativeFloats.load(source + index) * factor
      let b = unsafe NativeFloats.load(highSource + index) * factor
      unsafe (a * c - b * s).store(target + index)
      unsafe (a * s + b * c).store(highTarget + index)
      index &+= NativeFloats.scalarCount
    }
    while index < half {
      let (c, s) = unsafe (cosine[index], sine[index])
      let (a, b) = unsafe (source[index] * factor, highSource[index] * factor)
      unsafe target[index] = a * c - b * s
      unsafe highTarget[index] = a * s + b * c
      index &+= 1
    }
  }
}
