/// A convolution of each channel over the latest tokens: for channel i the sum over j of w[j][i] * x[j][i],
/// where j goes over the newest token, last, and those before it.
@safe public struct ChannelWindow: BitwiseCopyable {
  private let weights: UnsafePointer<Float>
  private let state: UnsafeMutablePointer<Float>
  private let length: Int
  let channelCount: Int

  /// - Parameters:
  ///   - weights: `[length][channels]`
  ///   - state: `[length - 1][channels]`: x of the tokens before, zeros before the text.
  ///   - length: at least 2.
  @export(interface)
  public init(
    weights: UnsafePointer<Float>, state: UnsafeMutablePointer<Float>, length: Int,
    channelCount: Int
  ) {
    precondition(length >= 2)
    unsafe self.weights = weights
    unsafe self.state = state
    self.length = length
    self.channelCount = channelCount
  }

  /// Sixteen channels of the next token, from `index` on.
  @inline(__always)
  func take(_ next: SIMD16<Float>, _ index: Int) -> SIMD16<Float> {
    var sum = unsafe next * weights.lanes((length &- 1) &* channelCount &+ index)
    var place = index
    for _ in 0..<length - 2 {
      unsafe sum.addProduct(state.lanes(place), weights.lanes(place))
      unsafe state.store(state.lanes(place &+ channelCount), place)
      place &+= channelCount
    }
    unsafe sum.addProduct(state.lanes(place), weights.lanes(place))
    unsafe state.store(next, place)
    return sum
  }

  /// One channel, with the same bits.
  @inline(__always)
  func take(_ next: Float, _ index: Int) -> Float {
    var sum = unsafe next * weights[(length - 1) * channelCount + index]
    for before in 0..<length - 1 {
      let place = before * channelCount + index
      unsafe sum.addProduct(state[place], weights[place])
      unsafe state[place] = before == length - 2 ? next : state[place + channelCount]
    }
    return sum
  }
}

extension ChannelWindow {
  /// silu of the convolution, in place, for some channels of the next token.
  /// - Parameter channels: of multiples of 16.
  @export(interface)
  public func runWithSiLU(_ row: UnsafeMutablePointer<Float>, channels: Range<Int>) {
    var index = channels.lowerBound
    while index < channels.upperBound {
      unsafe row.store(take(row.lanes(index), index), index)
      index &+= 16
    }
    index = channels.lowerBound
    while index < channels.upperBound {
      unsafe silu(NativeFloats.load(row + index)).store(row + index)
      index &+= NativeFloats.scalarCount
    }
  }

  /// A gated short convolution (LFM2, Liquid AI): of three parts b, c and x of a token's row, c times the
  /// convolution of b x, in the same order of operations whatever the number of channels.
  /// - Parameters:
  ///   - row: `[3][channels]`: b, c and x.
  ///   - channels: from a multiple of 16 on.
  ///   - out: `[channels]`
  @export(interface)
  public func runGated(
    _ row: UnsafePointer<Float>, channels: Range<Int>, into out: UnsafeMutablePointer<Float>
  ) {
    let (gate, inputs) = unsafe (row + channelCount, row + 2 * channelCount)
    var index = channels.lowerBound
    while index &+ 16 <= channels.upperBound {
      unsafe out.store(
        take(row.lanes(index) * inputs.lanes(index), index) * gate.lanes(index), index)
      index &+= 16
    }
    while index < channels.upperBound {
      unsafe out[index] = take(row[index] * inputs[index], index) * gate[index]
      index &+= 1
    }
  }
}
