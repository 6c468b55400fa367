/// Median and extremes of the times of some runs of the same work.
public struct Spread: Sendable {
  /// The most runs.
  public static let runCountMax = 100
  /// Of an even count of runs: the mean of the two in the middle.
  public private(set) var median: Int64 = 0
  public private(set) var minimum: Int64 = 0
  public private(set) var maximum: Int64 = 0
  /// The run of median time; of an even count the shorter of the two in the middle.
  public private(set) var medianRun = 0

  init() {}

  /// - Parameters:
  ///   - times: in nanoseconds.
  ///   - count: of runs, from 1 to `runCountMax`.
  @export(interface)
  public init(_ times: InlineArray<100, Int64>, count: Int) {
    precondition(count >= 1 && count <= Self.runCountMax)
    var order = InlineArray<100, Int>(repeating: 0)
    for run in 0..<count {
      var place = run
      while place > 0 && times[order[place - 1]] > times[run] {
        order[place] = order[place - 1]
        place -= 1
      }
      order[place] = run
    }
    medianRun = order[(count - 1) / 2]
    median = (times[medianRun] + times[order[count / 2]]) / 2
    minimum = times[order[0]]
    maximum = times[order[count - 1]]
  }
}

/// Units a second.
/// - Returns: 0 if no time passed.
public func rate(_ count: Int, nanoseconds: Int64) -> Double {
  nanoseconds > 0 ? Double(count) / (Double(nanoseconds) / 1e9) : 0
}
