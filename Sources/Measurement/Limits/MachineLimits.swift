import Inference
import Kernels
import Memory
import Platform

/// What the machine can do at most, measured with all threads of an engine.
public struct MachineLimits: Sendable {
  /// Multiply-adds of int8 values a second, in registers.
  public private(set) var macsPerSecond = 0.0
  /// Multiply-adds a second in the format of attention, in registers.
  public private(set) var multiplyAddsPerSecond = 0.0
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
  @export(interface)
  public mutating func measure(_ engine: borrowing Engine, _ arena: borrowing Arena) {
    macsPerSecond = max(macsPerSecond, Self.measure(.int8, engine))
    let kind: PeakKind = engine.settings.usesFloat16 ? .half : .single
    multiplyAddsPerSecond = max(multiplyAddsPerSecond, Self.measure(kind, engine))
    measureReading(engine, arena)
  }

  /// - Returns: multiply-adds a second.
  @export(interface)
  private static func measure(_ kind: PeakKind, _ engine: borrowing Engine) -> Double {
    var best = 0.0
    let shareCount = Self.sharesPerThread * engine.settings.threadCount
    var roundCount = 64
    // Longer and longer until a pass is long enough.
    while true {
      let passed = multiply(kind, engine, shareCount: shareCount, roundCount: roundCount)
      if passed >= Self.passNanoseconds / 2 { break }
      roundCount *= passed < Self.passNanoseconds / 16 ? 8 : 2
    }
    for _ in 0..<Self.passCount {
      let passed = multiply(kind, engine, shareCount: shareCount, roundCount: roundCount)
      let macs = Double(shareCount * roundCount * kind.macsPerRound)
      best = max(best, macs / (Double(passed) / 1e9))
    }
    return best
  }

  private static func multiply(
    _ kind: PeakKind, _ engine: borrowing Engine, shareCount: Int, roundCount: Int
  ) -> Int64 {
    var task = PeakTask(kind: kind, shareCount: shareCount, roundCount: roundCount)
    let start = Instant.now()
    unsafe engine.team.run(&task) { context, team, index in
      let task = unsafe context.assumingMemoryBound(to: PeakTask.self).pointee
      unsafe task.run(Member(team: team, index: index))
    }
    return max(1, Instant.now().nanoseconds(since: start))
  }

  private mutating func measureReading(_ engine: borrowing Engine, _ arena: borrowing Arena) {
    let first = arena.plan.offset(of: .weights)
    // Of experts that stay in the file few are in memory.
    let end = arena.plan.offset(of: arena.plan.byteCountInFile > 0 ? .experts : .norms)
    let count = min(end - first, Self.readByteCountMax)
    var task = unsafe ReadTask(
      bytes: UnsafeRawPointer(arena.baseAddress + first),
      byteCount: count - count % StreamingRead.stepByteCount)
    for _ in 0..<Self.passCount {
      let start = Instant.now()
      unsafe engine.team.run(&task) { context, team, index in
        let task = unsafe context.assumingMemoryBound(to: ReadTask.self).pointee
        unsafe task.run(Member(team: team, index: index))
      }
      let passed = max(1, Instant.now().nanoseconds(since: start))
      readBytesPerSecond = max(readBytesPerSecond, Double(task.byteCount) / (Double(passed) / 1e9))
    }
    readByteCount = task.byteCount
  }
}

private enum PeakKind {
  case int8, single, half

  var macsPerRound: Int {
    switch self {
    case .int8: PeakLoop.macsPerRound
    case .single: MultiplyAddLoop.macsPerRound(usesFloat16: false)
    case .half: MultiplyAddLoop.macsPerRound(usesFloat16: true)
    }
  }

  func run(roundCount: Int) {
    switch self {
    case .int8: PeakLoop.run(roundCount: roundCount)
    case .single: MultiplyAddLoop.run(roundCount: roundCount, usesFloat16: false)
    case .half: MultiplyAddLoop.run(roundCount: roundCount, usesFloat16: true)
    }
  }
}

private struct PeakTask {
  let kind: PeakKind
  let shareCount: Int
  let roundCount: Int

  func run(_ member: Member) {
    while member.nextShare() < shareCount { kind.run(roundCount: roundCount) }
  }
}

@safe private struct ReadTask {
  /// A thread reads so much in one line.
  private static let shareByteCount = 1 << 20
  let bytes: UnsafeRawPointer
  let byteCount: Int

  func run(_ member: Member) {
    while true {
      let start = member.nextShare() * Self.shareByteCount
      if start >= byteCount { return }
      unsafe StreamingRead.run(
        bytes + start, byteCount: min(Self.shareByteCount, byteCount - start))
    }
  }
}
