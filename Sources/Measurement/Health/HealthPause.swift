/// A wait for a processor that is too hot, in thousandths of a degree Celsius.
public struct HealthPause: Sendable {
  /// What the sensor said.
  public let millidegrees: Int
  /// The work goes on there.
  public let resumeMillidegrees: Int
}
