/// A gated short convolution (LFM2, Liquid AI): of three parts b, c and x of a token's row, each channel i
/// gives c[i] * sum over j of w[j][i] * (b x)[j][i], where j goes over the token, last, and those before it.
public struct ShortConvolution {
  private let weights: UnsafePointer<Float>
  private let state: UnsafeMutablePointer<Float>
  private let length: Int
  private let channelCount: Int

  /// - Parameters:
  ///   - weights: `[length][channels]`
  ///   - state: `[length - 1][channels]`: the products b x of the tokens before, zeros before the text.
  ///   - length: at least 2.
  @export(interface)
  public init(
    weights: UnsafePointer<Float>, state: UnsafeMutablePointer<Float>, length: Int,
    channelCount: Int
  ) {
    precondition(length >= 2)
    self.weights = weights
    self.state = state
    self.length = length
    self.channelCount = channelCount
  }

  /// Some channels of the next token, in the same order of operations whatever their number.
  /// - Parameters:
  ///   - row: `[3][channels]`: b, c and x.
  ///   - channels: from a multiple of 16 on.
  ///   - out: `[channels]`
  public func run(
    _ row: UnsafePointer<Float>, channels: Range<Int>, into out: UnsafeMutablePointer<Float>
  ) {
    var index = channels.lowerBound
    while index &+ 16 <= channels.upperBound {
      let next = row.lanes(index) * row.lanes(index &+ 2 &* channelCount)
      var sum = next * weights.lanes((length &- 1) &* channelCount &+ index)
      var place = index
      for _ in 0..<length - 2 {
        sum.addProduct(state.lanes(place), weights.lanes(place))
        state.store(state.lanes(place &+ channelCount), place)
        place &+= channelCount
      }
      sum.addProduct(state.lanes(place), weights.lanes(place))
      state.store(next, place)
      out.store(sum * row.lanes(index &+ channelCount), index)
      index &+= 16
    }
    while index < channels.upperBound {
      runChannel(row, index, into: out)
      index &+= 1
    }
  }

  private func runChannel(
    _ row: UnsafePointer<Float>, _ index: Int, into out: UnsafeMutablePointer<Float>
  ) {
    let next = row[index] * row[index + 2 * channelCount]
    var sum = next * weights[(length - 1) * channelCount + index]
    for before in 0..<length - 1 {
      let place = before * channelCount + index
      sum.addProduct(state[place], weights[place])
      state[place] = before == length - 2 ? next : state[place + channelCount]
    }
    out[index] = sum * row[index + channelCount]
  }
}
