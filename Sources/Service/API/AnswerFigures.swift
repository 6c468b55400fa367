import Platform

/// How much of a prompt has been read, as llama.cpp's server says it (`return_progress`).
struct PromptProgress {
  let total: Int
  /// Of them, those that were kept, and those that have been read, the kept ones included.
  let cachedCount: Int
  let readCount: Int
  /// Since the request's turn came.
  let nanoseconds: Int64

  func write<Sink: ByteSink & ~Copyable>(to out: inout Sink) {
    out.write("{\"total\":")
    out.write(total)
    out.write(",\"cache\":")
    out.write(cachedCount)
    out.write(",\"processed\":")
    out.write(readCount)
    out.write(",\"time_ms\":")
    out.write(Int(nanoseconds / 1_000_000))
    out.write("}")
  }
}

/// How long a prompt and an answer took, as llama.cpp's server says it (`timings`).
struct AnswerTimings {
  var cachedCount = 0
  /// Tokens of prompts that were read.
  var readCount = 0
  var readNanoseconds: Int64 = 0
  var generatedCount = 0
  var generatedNanoseconds: Int64 = 0
  /// Tokens that were proposed, and those of them that were chosen.
  var proposedCount = 0
  var acceptedCount = 0

  static func + (one: AnswerTimings, other: AnswerTimings) -> AnswerTimings {
    AnswerTimings(
      cachedCount: one.cachedCount + other.cachedCount,
      readCount: one.readCount + other.readCount,
      readNanoseconds: one.readNanoseconds + other.readNanoseconds,
      generatedCount: one.generatedCount + other.generatedCount,
      generatedNanoseconds: one.generatedNanoseconds + other.generatedNanoseconds,
      proposedCount: one.proposedCount + other.proposedCount,
      acceptedCount: one.acceptedCount + other.acceptedCount)
  }

  func write<Sink: ByteSink & ~Copyable>(to out: inout Sink) {
    out.write("{\"cache_n\":")
    out.write(cachedCount)
    Self.write("prompt", readCount, readNanoseconds, to: &out)
    Self.write("predicted", generatedCount, generatedNanoseconds, to: &out)
    if proposedCount > 0 {
      out.write(",\"draft_n\":")
      out.write(proposedCount)
      out.write(",\"draft_n_accepted\":")
      out.write(acceptedCount)
    }
    out.write("}")
  }

  private static func write<Sink: ByteSink & ~Copyable>(
    _ name: StaticString, _ count: Int, _ nanoseconds: Int64, to out: inout Sink
  ) {
    let milliseconds = Double(nanoseconds) / 1e6
    writeName(name, "_n", to: &out)
    out.write(count)
    writeName(name, "_ms", to: &out)
    out.write(milliseconds, decimals: 3)
    writeName(name, "_per_token_ms", to: &out)
    out.write(count == 0 ? 0 : milliseconds / Double(count), decimals: 3)
    writeName(name, "_per_second", to: &out)
    out.write(milliseconds == 0 ? 0 : Double(count) / milliseconds * 1000, decimals: 3)
  }

  private static func writeName<Sink: ByteSink & ~Copyable>(
    _ name: StaticString, _ end: StaticString, to out: inout Sink
  ) {
    out.write(",\"")
    out.write(name)
    out.write(end)
    out.write("\":")
  }
}
