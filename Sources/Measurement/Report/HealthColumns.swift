import Inference
import Platform

/// The columns of the latency table for what the board has sensors for, at the ends of the rows.
struct HealthColumns {
  private static let temperatureWidth = 8
  private static let frequencyWidth = 7
  private static let energyWidth = 10
  private let hasTemperature: Bool
  private let hasFrequency: Bool
  private let hasEnergy: Bool

  /// - Parameter health: of all rows together.
  init(_ health: BlockHealth) {
    hasTemperature = health.millidegrees != nil
    hasFrequency = health.kilohertz != nil
    hasEnergy = health.microjoules != nil
  }

  /// The rest of the line of names.
  func writeNames(to out: inout TextOutput) {
    if hasTemperature {
      out.write(spaces: Self.temperatureWidth - 2)
      out.write("°C")
    }
    if hasFrequency { out.write(right: "MHz", width: Self.frequencyWidth) }
    if hasEnergy { out.write(right: "J", width: Self.energyWidth) }
    out.write("\n")
  }

  /// The rest of a row: the highest temperature, the lowest frequency, the energy, and a mark where
  /// the board was slowed down.
  func write(_ health: BlockHealth, to out: inout TextOutput) {
    if hasTemperature {
      if let millidegrees = health.millidegrees {
        out.write(Double(millidegrees) / 1000, decimals: 1, width: Self.temperatureWidth)
      } else {
        out.write(right: "-", width: Self.temperatureWidth)
      }
    }
    if hasFrequency {
      if let kilohertz = health.kilohertz {
        out.write(HealthReport.rounded(kilohertz), width: Self.frequencyWidth)
      } else {
        out.write(right: "-", width: Self.frequencyWidth)
      }
    }
    if hasEnergy {
      if let microjoules = health.microjoules {
        out.write(Double(microjoules) / 1e6, decimals: 3, width: Self.energyWidth)
      } else {
        out.write(right: "-", width: Self.energyWidth)
      }
    }
    if let count = health.throttledBlockCount, count > 0 { out.write("  !") }
    out.write("\n")
  }

  func writeLegend(_ health: BlockHealth, to out: inout TextOutput) {
    guard let count = health.throttledBlockCount, count > 0 else { return }
    out.write("   ! the board was slowed down in ")
    out.write(count)
    out.write(" of these blocks\n")
  }
}
