import Constraint
import Memory
import Platform
import Text

/// Decides cases of JSON schemas, which come from the standard input, a line each: `S` and a schema, or
/// `V` and a text. For a schema a line `ok` is written, or why it is refused; for a text `1` if the schema
/// before it lets it be written as a whole, or else `0`.
/// - Returns: the exit code.
@inline(never)
func decideSchemas() -> Int32 {
  var measuring = Carver.measuring
  _ = Constraint(carver: &measuring, byteCount: SchemaCases.byteCount)
  let arena: Arena
  do throws(SystemFailure) {
    arena = try Arena(plan: measuring.measured())
  } catch {
    return refuseMemory()
  }
  var carver = arena.carver()
  var cases = SchemaCases(Constraint(carver: &carver, byteCount: SchemaCases.byteCount))
  var buffer = InlineArray<4096, UInt8>(repeating: 0)
  let input = InputStream.standardInput
  while true {
    var byteCount = 0
    do throws(SystemFailure) {
      byteCount = try unsafe withUnsafeMutableBytes(of: &buffer) {
        (bytes) throws(SystemFailure) in unsafe try input.read(into: bytes)
      }
    } catch {
      return 74  // EX_IOERR
    }
    if byteCount == 0 { return cases.finish() }
    cases.take(buffer.span.extracting(..<byteCount))
  }
}

private struct SchemaCases: ~Copyable {
  static let byteCount = 1 << 20
  private var constraint: Constraint
  private var reading = BindingText(isGrammar: false)
  private var part = Part.start
  private var out = TextOutput.standardOutput

  private enum Part {
    case start
    case schema
    /// The line's schema is refused.
    case refused
    case text
    /// The line's text cannot go on as it does.
    case wrong
  }

  init(_ constraint: consuming Constraint) {
    self.constraint = constraint
  }

  mutating func take(_ bytes: Span<UInt8>) {
    var start = 0
    for index in 0..<bytes.count {
      if part == .start {
        begin(bytes[index])
        start = index + 1
      } else if bytes[index] == UInt8(ascii: "\n") {
        read(bytes.extracting(start..<index))
        end()
      }
    }
    if part != .start { read(bytes.extracting(start..<bytes.count)) }
  }

  /// - Parameter byte: a line's first one.
  private mutating func begin(_ byte: UInt8) {
    if byte == UInt8(ascii: "S") {
      part = .schema
      reading = BindingText(isGrammar: false)
      reading.begin(&constraint)
    } else {
      part = constraint.isActive ? .text : .wrong
      if constraint.isActive { constraint.restart() }
    }
  }

  private mutating func read(_ bytes: Span<UInt8>) {
    switch part {
    case .start, .refused, .wrong: break
    case .schema:
      do throws(ConstraintError) {
        try reading.take(bytes, &constraint)
      } catch {
        refuse(error)
      }
    case .text:
      for index in 0..<bytes.count where part == .text && !constraint.take(bytes[index]) {
        part = .wrong
      }
    }
  }

  private mutating func end() {
    switch part {
    case .start, .refused: break
    case .schema:
      do throws(ConstraintError) {
        try reading.finish(&constraint)
        out.write("ok\n")
      } catch {
        refuse(error)
      }
    case .text: out.write(constraint.acceptsEnd() ? "1\n" : "0\n")
    case .wrong: out.write("0\n")
    }
    part = .start
  }

  private mutating func refuse(_ error: ConstraintError) {
    constraint.write(error, to: &out)
    out.write("\n")
    constraint.clear()
    part = .refused
  }

  mutating func finish() -> Int32 {
    out.flush()
    return part == .start && out.failure == 0 ? 0 : 65  // EX_DATAERR
  }
}
