import Platform
import Tokenizer

/// The text of an answer while its tokens come, up to a stop text; the tokens' ids, separated by
/// spaces, if there is no vocabulary.
@safe struct AnswerText: ~Copyable {
  private var filter = StopFilter(StopTexts())
  private var decoder = StreamingDecoder()
  private let vocabulary: UnsafeMutablePointer<Vocabulary>?
  private var tokenCount = 0

  init(_ vocabulary: UnsafeMutablePointer<Vocabulary>?) {
    unsafe self.vocabulary = unsafe vocabulary
  }

  /// - Parameters:
  ///   - continuesText: whether the answer goes on with the prompt's own text.
  ///   - shown: control tokens that are written.
  mutating func begin(_ stops: StopTexts, continuesText: Bool, _ shown: ShownTokens) {
    filter = StopFilter(stops)
    decoder = StreamingDecoder(continuesText: continuesText, shown: shown)
    tokenCount = 0
  }

  /// Whether a stop text has come.
  var isStopped: Bool { filter.isStopped }
  var stoppingText: Int? { filter.stoppingText }

  /// - Parameter isText: whether a control token is written by its text.
  mutating func write<Sink: ByteSink & ~Copyable>(
    _ token: Int32, isText: Bool = false, to sink: inout Sink
  ) {
    if let vocabulary = unsafe vocabulary {
      unsafe withUnsafeMutablePointer(to: &filter) { filter in
        unsafe withUnsafeMutablePointer(to: &sink) { sink in
          var filtered = unsafe FilteredSink(filter: filter, sink: sink)
          unsafe decoder.write(token, vocabulary.pointee, isText: isText, to: &filtered)
        }
      }
    } else {
      if tokenCount > 0 { sink.write(byte: UInt8(ascii: " ")) }
      Self.writeDecimal(UInt32(bitPattern: token), to: &sink)
    }
    tokenCount += 1
  }

  /// Writes what was held back.
  mutating func finish<Sink: ByteSink & ~Copyable>(to sink: inout Sink) {
    unsafe withUnsafeMutablePointer(to: &filter) { filter in
      unsafe withUnsafeMutablePointer(to: &sink) { sink in
        var filtered = unsafe FilteredSink(filter: filter, sink: sink)
        decoder.finish(to: &filtered)
      }
    }
    filter.finish(to: &sink)
  }

  private static func writeDecimal<Sink: ByteSink & ~Copyable>(
    _ value: UInt32, to sink: inout Sink
  ) {
    if value >= 10 { writeDecimal(value / 10, to: &sink) }
    sink.write(byte: UInt8(ascii: "0") + UInt8(value % 10))
  }
}

/// Joins a filter and what it passes text on to, for the duration of one call.
@safe private struct FilteredSink<Sink: ByteSink & ~Copyable>: ByteSink {
  let filter: UnsafeMutablePointer<StopFilter>
  let sink: UnsafeMutablePointer<Sink>

  mutating func write(byte: UInt8) {
    unsafe filter.pointee.write(byte: byte, to: &sink.pointee)
  }
}
