/// The JSON that edge-infer writes. Times are in microseconds, sizes in bytes; all numbers are
/// `Double`, so that no figure of a damaged file can overflow.

/// A region of the arena, in the order of their places.
struct PlanReport: Decodable {
  struct Region: Decodable {
    var name: String
    var bytes: Double
  }

  var regions: [Region]
  var totalBytes: Double
  var ramCapBytes: Double
  var arenaBytes: Double?
  var fits: Bool?
}

struct BoardReport: Decodable {
  var board: String
}

struct ModelReport: Decodable {
  var name: String
  var architecture: String?
  var layers: Double
  var heads: Double
  var kvHeads: Double
  var headDim: Double
  var vocabulary: Double
  var parameters: Double?
}

struct SettingsReport: Decodable {
  var policy: String
  var blockSize: Double
  var cacheBudget: Double
  var threads: Double
  var sinks: Double
  var recent: Double
  var build: String?
}

/// One or several consecutive blocks of a prompt.
struct BlockReport: Decodable {
  var index: Double
  var blocks: Double?
  var tokens: Double
  var slotsBefore: Double
  var totalUs: Double
  var linearUs: Double
  var attentionUs: Double
  var scoreUs: Double
  var evictUs: Double
  var otherUs: Double
  /// What the board's sensors said, where it has them: the highest temperature, the lowest
  /// frequency, and whether anything slowed the board down.
  var temperatureC: Double?
  var frequencyMHz: Double?
  var throttled: Bool?
  var joules: Double?

  static let partNames = ["linear", "attention", "score", "evict", "other"]
  /// In the order of `partNames`.
  var parts: [Double] { [linearUs, attentionUs, scoreUs, evictUs, otherUs] }
  /// How many blocks it covers.
  var blockCount: Double { max(1, blocks ?? 1) }

  /// Both together.
  mutating func add(_ next: BlockReport) {
    blocks = blockCount + next.blockCount
    tokens += next.tokens
    totalUs += next.totalUs
    linearUs += next.linearUs
    attentionUs += next.attentionUs
    scoreUs += next.scoreUs
    evictUs += next.evictUs
    otherUs += next.otherUs
    temperatureC = Self.both(temperatureC, next.temperatureC, max)
    frequencyMHz = Self.both(frequencyMHz, next.frequencyMHz, min)
    joules = Self.both(joules, next.joules, +)
    if let other = next.throttled { throttled = throttled == true || other }
  }

  private static func both(
    _ first: Double?, _ second: Double?, _ combine: (Double, Double) -> Double
  ) -> Double? {
    guard let first, let second else { return first ?? second }
    return combine(first, second)
  }
}

struct RateReport: Decodable {
  var tokens: Double
  var seconds: Double
  var tokensPerSecond: Double
}

struct DecodeReport: Decodable {
  var tokens: Double
  var tokensPerSecond: Double
  var p50Us: Double
  var p99Us: Double
  var maxUs: Double
}

struct MemoryReport: Decodable {
  var peakResidentBytes: Double
  var arenaBytes: Double
}

/// `run --report`.
struct RunReport: Decodable {
  struct Output: Decodable {
    var stop: String
  }

  var profile: BoardReport
  var model: ModelReport
  var plan: PlanReport
  var run: SettingsReport
  var blocks: [BlockReport]
  var prefill: RateReport
  var timeToFirstTokenUs: Double
  var loadUs: Double?
  var decode: DecodeReport
  var memory: MemoryReport
  var output: Output
}

struct SpreadReport: Decodable {
  var medianUs: Double
  var minUs: Double
  var maxUs: Double
}

/// `bench --json`.
struct BenchReport: Decodable {
  struct Rates: Decodable {
    var tokens: Double
    var tokensPerSecond: Double
    var minTokensPerSecond: Double
    var maxTokensPerSecond: Double
    var medianUs: Double
  }

  struct Result: Decodable {
    var promptTokens: Double
    var prefill: Rates
    var decode: Rates
    var blocks: [BlockReport]
  }

  struct Bench: Decodable {
    var `repeat`: Double
    var loadUs: Double?
  }

  var profile: BoardReport
  var model: ModelReport
  var plan: PlanReport
  var run: SettingsReport
  var bench: Bench
  var results: [Result]
  var memory: MemoryReport
}

/// `bench scoring --json`, the paper's Table 19.
struct ScoringReport: Decodable {
  struct Result: Decodable {
    var policy: String
    var slots: Double
    var score: SpreadReport
    var evict: SpreadReport
    var total: SpreadReport
    var paperRelative: Double?
  }

  struct Bench: Decodable {
    var blockSize: Double
    var threads: Double
    var layers: Double
    var `repeat`: Double
    var build: String?
  }

  struct KeyRead: Decodable {
    var slots: Double
    var medianUs: Double
  }

  var profile: BoardReport
  var model: ModelReport
  var bench: Bench
  var results: [Result]
  var keyReads: [KeyRead]
}

/// `bench ttft --json`.
struct FirstTokenReport: Decodable {
  struct Result: Decodable {
    var policy: String
    var blockSize: Double
    var cacheBudget: Double
    var promptTokens: Double
    var plannedBytes: Double
    var timeToFirstToken: SpreadReport?
    var tokensPerSecond: Double?
  }

  struct Bench: Decodable {
    var `repeat`: Double
    var threads: Double
    var build: String?
  }

  var profile: BoardReport
  var model: ModelReport
  var bench: Bench
  var results: [Result]
  var ramCapBytes: Double
}

/// `score --json`.
struct ScoreReport: Decodable {
  var tokens: Double
  var scored: Double
  var nll: Double
  var ppl: Double
}
