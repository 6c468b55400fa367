import Inference
import Kernels
import Memory
import Platform

/// What the machine can do at most, measured with all threads of an engine.
public struct MachineLimits: Sendable {
  /// Multiply-adds of int8 values a second, in registers.
  public private(set) var macsPerSecond = 0.0
  /// Bytes a second, read in straight lines.
  public private(set) var readBytesPerSecond = 0.0
  /// The size of what was read.
  public private(set) var readByteCount = 0

  /// Measurements of each kind; the best one counts.
  private static let passCount = 5
  /// A pass of multiplying: long beside the waking of threads, short enough for a busy machine to
  /// leave one undisturbed.
  private static let passNanoseconds: Int64 = 40_000_000
  /// Shares of a pass for each thread, so that a thread that was held up does fewer.
  private static let sharesPerThread = 16
  /// Reading stops there, to bound the time. A region that fits a cache is read from that cache.
  private static let readByteCountMax = 1 << 30

  public init() {}

  /// Measures again, and keeps the best of all measurements.
  public mutating func measure(_ engine: borrowing Engine, _ arena: borrowing Arena) {
    measureMultiplying(engine)
    measureReading(engine, arena)
  }

  private mutating func measureMultiplying(_ engine: borrowing Engine) {
    let shareCount = Self.sharesPerThread * engine.settings.threadCount
    var roundCount = 64
    // Longer and longer until a pass is long enough.
    while true {
      let passed = Self.multiply(engine, shareCount: shareCount, roundCount: roundCount)
      if passed >= Self.passNanoseconds / 2 { break }
      roundCount *= passed < Self.passNanoseconds / 16 ? 8 : 2
    }
    for _ in 0..<Self.passCount {
      let passed = Self.multiply(engine, shareCount: shareCount, roundCount: roundCount)
      let macs = Double(shareCount * roundCount * PeakLoop.macsPerRound)
      macsPerSecond = max(macsPerSecond, macs / (Double(passed) / 1e9))
    }
  }

  private static func multiply(
    _ engine: borrowing Engine, shareCount: Int, roundCount: Int
  ) -> Int64 {
    var task = PeakTask(shareCount: shareCount, roundCount: roundCount)
    let start = Instant.now()
    engine.team.run(&task) { context, team, index in
      let task = context.assumingMemoryBound(to: PeakTask.self).pointee
      task.run(Member(team: team, index: index))
    }
    return max(1, Instant.now().nanoseconds(since: start))
  }

  private mutating func measureReading(_ engine: borrowing Engine, _ arena: borrowing Arena) {
    let first = arena.plan.offset(of: .weights)
    let end = arena.plan.offset(of: .norms)
    let count = min(end - first, Self.readByteCountMax)
    var task = ReadTask(
      bytes: UnsafeRawPointer(arena.baseAddress + first),
      byteCount: count - count % StreamingRead.stepByteCount)
    for _ in 0..<Self.passCount {
      let start = Instant.now()
      engine.team.run(&task) { context, team, index in
        let task = context.assumingMemoryBound(to: ReadTask.self).pointee
        task.run(Member(team: team, index: index))
      }
      let passed = max(1, Instant.now().nanoseconds(since: start))
      readBytesPerSecond = max(readBytesPerSecond, Double(task.byteCount) / (Double(passed) / 1e9))
    }
    readByteCount = task.byteCount
  }
}

private struct PeakTask {
  let shareCount: Int
  let roundCount: Int

  func run(_ member: Member) {
    while member.nextShare() < shareCount { PeakLoop.run(roundCount: roundCount) }
  }
}

private struct ReadTask {
  /// A thread reads so much in one line.
  private static let shareByteCount = 1 << 20
  let bytes: UnsafeRawPointer
  let byteCount: Int

  func run(_ member: Member) {
    while true {
      let start = member.nextShare() * Self.shareByteCount
      if start >= byteCount { return }
      StreamingRead.run(
        bytes + start, byteCount: min(Self.shareByteCount, byteCount - start))
    }
  }
}
