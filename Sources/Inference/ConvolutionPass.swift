import Kernels
import Memory
import Model
import Platform

// Layers with a gated short convolution in place of attention (LFM2).

extension ForwardPass {
  /// Members take channels, of all tokens one after the other.
  func convolve(_ layer: Int, _ weights: UnsafeMutablePointer<Float>, _ member: Member) {
    guard case .convolution(let length) = spec(layer).mixer else { return }
    let channelCount = shape.embeddingLength
    let window = unsafe ChannelWindow(
      weights: weights, state: state.pointee.states.state(layer), length: length,
      channelCount: channelCount)
    while let channels = member.nextShares(Self.channelsPerShare, of: channelCount) {
      for token in 0..<tokenCount {
        if isStepwise {
          unsafe state.pointee.states.save(
            layer, step: token, channels: channels, of: channelCount, rowCount: length - 1)
        }
        unsafe window.runGated(
          workspace.queryKeyValue[token], channels: channels,
          into: workspace.attention[token])
      }
    }
  }

  static var channelsPerShare: Int { 256 }
}
