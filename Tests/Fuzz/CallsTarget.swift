import Constraint
import Text

/// An answer that calls tools: the first byte says in which form. What the reader makes of it must not
/// depend on the pieces in which it comes.
struct CallsTarget: FuzzTarget {
  private enum Kind { case text, name, arguments }

  private struct Part: Equatable {
    var kind: Kind
    var bytes: [UInt8]
  }

  private static let familyCount = ToolFamily.generic.rawValue + 1

  static var seeds: [[UInt8]] {
    let answers = [
      "a [TOOL_CALLS]f[ARGS]{\"a\": [1, \"}\"]}[TOOL_CALLS]g[ARGS]{}",
      "[TOOL_CALLS][{\"name\": \"f\", \"arguments\": {}}, {\"name\": \"g\", \"arguments\": {\"x\": 1}}]",
      "a<<tool_call>\n{\"name\": \"f\", \"arguments\": {\"a\": \"\\\"}\"}}\n</tool_call>",
      "<function=f>{}</function><function=g>{\"a\": {}}</function>",
      "{\"name\": \"f\", \"parameters\": {\"a\": 1}}",
      "<tool_call>\n<function=f>\n<parameter=a>\nx</\n</parameter>\n</function>\n</tool_call>",
      "<tool_call>f\n<arg_key>a</arg_key>\n<arg_value>{\"b\": 1}</arg_value>\n</tool_call>",
      "<|tool_call_start|>[f(a=1, b=\"x\"), g()]<|tool_call_end|>",
      "<｜DSML｜tool_calls>\n<｜DSML｜invoke name=\"f\">\n<｜DSML｜parameter name=\"a\" string=\"true\">x"
        + "</｜DSML｜parameter>\n</｜DSML｜invoke>\n</｜DSML｜tool_calls>",
      "<|tool_calls_section_begin|><|tool_call_begin|>functions.f:0<|tool_call_argument_begin|>{}",
      "<|START_ACTION|>[\n    {\"tool_call_id\": \"0\", \"tool_name\": \"f\", \"parameters\": {}}\n]",
      "]<]minimax[>[<tool_call>\n]<]minimax[>[<invoke name=\"f\">]<]minimax[>[<abc>]<]minimax[>[<item>1"
        + "]<]minimax[>[</item>]<]minimax[>[</abc>]<]minimax[>[<b>x]<]minimax[>[</b>]<]minimax[>[</invoke>"
        + "\n]<]minimax[>[</tool_call>",
      "<|tool_call>call:f{a:<|\"|>x\"<|\"|>,b:[1]}<tool_call|>",
    ]
    return (0..<familyCount).flatMap { family in
      answers.map { [family] + Array($0.utf8) }
    }
  }

  init() throws {}

  mutating func run(_ input: UnsafeBufferPointer<UInt8>) throws {
    guard let first = input.first, let family = ToolFamily(rawValue: first % Self.familyCount)
    else { return }
    let answer = Array(input.dropFirst())
    let whole = Self.parts(of: answer, family, pieceCount: max(answer.count, 1))
    for count in [1, 3] {
      require(
        Self.parts(of: answer, family, pieceCount: count) == whole,
        "an answer is taken apart in the same way whatever its pieces are")
    }
  }

  /// - Parameter pieceCount: bytes of a piece.
  private static func parts(
    of answer: [UInt8], _ family: ToolFamily, pieceCount: Int
  ) -> [Part] {
    var reader = ToolCallReader(family)
    var parts: [Part] = []
    func add(_ kind: Kind, _ bytes: [UInt8]) {
      if parts.last?.kind == kind && kind != .name {
        parts[parts.count - 1].bytes += bytes
      } else if kind == .name || !bytes.isEmpty {
        parts.append(Part(kind: kind, bytes: bytes))
      }
    }
    func mark(_ count: Int) -> [UInt8] {
      reader.mark.withUTF8Buffer { Array($0.prefix(count)) }
    }
    for start in stride(from: 0, to: answer.count, by: pieceCount) {
      let piece = Array(answer[start..<min(start + pieceCount, answer.count)])
      var place = 0
      reading: while true {
        switch reader.next(piece.span, at: &place) {
        case .needsMore: break reading
        case .text(let range): add(.text, Array(piece[range]))
        case .heldText(let count): add(.text, mark(count))
        case .call:
          let name = reader.name
          add(.name, (0..<name.bytes.count).map { name.bytes[$0] })
        case .arguments(let range): add(.arguments, Array(piece[range]))
        case .key:
          let kinds: [Argument.Kind] = [.value, .text, .list, .object]
          reader.setArgument(
            reader.key.count % 5 == 4 ? nil : Argument(kinds[reader.key.count % 5]))
        case .made:
          let made = reader.made
          add(.arguments, (0..<made.count).map { made[$0] })
        }
      }
    }
    add(.text, mark(reader.heldCount))
    return parts
  }
}
