import Kernels
import Model

extension QueryGrowth {
  /// What queries at a position are multiplied by.
  @export(interface)
  public func factor(position: Int) -> Float {
    Float(1 + Double(scale) * Elementary.log(Double(position / length + 1)))
  }
}
