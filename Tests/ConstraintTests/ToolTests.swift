import Foundation
import TestSupport
import Testing
import Text

@testable import Constraint

/// Answers that call tools: what may be written, and how it is read.
@Suite struct ToolTests {
  /// What a reader finds in an answer.
  struct Reading: Equatable {
    /// What a part of a tool's argument is.
    typealias Told = (_ tool: String, _ key: String, _ outer: Argument?) -> Argument?

    var text = ""
    var names: [String] = []
    var arguments: [String] = []

    /// - Parameter pieces: the answer, in pieces of any size.
    init(
      _ family: ToolFamily, _ pieces: [[UInt8]], argument: Told = { _, _, _ in nil }
    ) {
      var reader = ToolCallReader(family)
      var (text, arguments): ([UInt8], [[UInt8]]) = ([], [])
      let mark = Array(String(describing: reader.mark).utf8)
      for piece in pieces {
        var place = 0
        reading: while true {
          switch reader.next(piece.span, at: &place) {
          case .needsMore: break reading
          case .text(let range): text += piece[range]
          case .heldText(let count): text += mark[..<count]
          case .call:
            let name = reader.name
            names.append(String(decoding: (0..<name.count).map { name[$0] }, as: UTF8.self))
            arguments.append([])
          case .arguments(let range): arguments[arguments.count - 1] += piece[range]
          case .key:
            let key = reader.key
            let name = String(decoding: (0..<key.count).map { key[$0] }, as: UTF8.self)
            reader.setArgument(argument(names.last!, name, reader.outerArgument))
          case .made:
            let made = reader.made
            arguments[arguments.count - 1] += (0..<made.count).map { made[$0] }
          }
        }
      }
      text += mark[..<reader.heldCount]
      self.text = String(decoding: text, as: UTF8.self)
      self.arguments = arguments.map { String(decoding: $0, as: UTF8.self) }
    }

    init(
      _ family: ToolFamily, _ text: String, argument: Told = { _, _, _ in nil }
    ) {
      self.init(family, [Array(text.utf8)], argument: argument)
    }
  }

  static let light = """
    {"type": "object", "properties": {"room": {"enum": ["kitchen", "hall}"]}, "level": \
    {"type": "integer", "minimum": 0, "maximum": 100}}, "required": ["room"], \
    "additionalProperties": false}
    """
  static let tools = """
    [{"type": "function", "function": {"name": "set_light", "description": "d", "parameters": \
    \(light)}}, {"type": "function", "function": {"name": "set", "parameters": {"type": "object", \
    "properties": {"a": {"$ref": "#/$defs/a"}}, "required": ["a"], "$defs": {"a": {"type": \
    "array", "items": {"type": "string", "maxLength": 3}, "maxItems": 2}}, \
    "additionalProperties": false}}}, \
    {"type": "function", "function": {"name": "now"}}]
    """

  private static func schema(_ name: String) -> String {
    switch name {
    case "set_light": light
    case "set":
      """
      {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "string", \
      "maxLength": 3}, "maxItems": 2}}, "required": ["a"], "additionalProperties": false}
      """
    default: "{\"type\": \"object\"}"
    }
  }

  /// Bytes are drawn among those that can come; the reader finds calls of tools with valid arguments,
  /// and nothing else, however the answer is cut.
  @Test(arguments: (0...ToolFamily.generic.rawValue).compactMap { ToolFamily(rawValue: $0) })
  func randomAnswersAreCalls(family: ToolFamily) throws {
    let checker = try Checker()
    var random = SeededGenerator(seed: 7 + UInt64(family.rawValue))
    #expect(checker.useTools(Self.tools, family) == nil)
    var longest = 0
    for _ in 0..<40 {
      checker.restart()
      let budget = checker.distance + Int.random(in: 0..<300, using: &random)
      let walk = Walk(checker, budget: budget, &random)
      let bytes = Array(walk.text.utf8)
      #expect(walk.isWhole, "\(walk.text)")
      let argument = checker.argument
      let reading = Reading(family, [bytes], argument: argument)
      #expect(reading == Reading(family, bytes.map { [$0] }, argument: argument), "\(walk.text)")
      let hasText = family == .recipients
      #expect((reading.text == "" || hasText) && reading.names.count > 0, "\(walk.text)")
      longest = max(longest, reading.names.count)
      for (name, arguments) in zip(reading.names, reading.arguments) {
        #expect(["set_light", "set", "now"].contains(name))
        let root = try #require(JSONValue(Self.schema(name)))
        let value = JSONValue(arguments)
        #expect(value.map { Validator(root: root).isValid($0, root) } == true, "\(walk.text)")
      }
    }
    // The draw prefers a byte of the form's end to one of another call's beginning there.
    let isShort = [.deepSeekPlain, .kimi, .kimiTagged].contains(family)
    #expect(longest > 1 || family.form.between == nil || isShort)
  }

  @Test func formsAreThoseOfTheirFamilies() throws {
    let cases: [(ToolFamily, String)] = [
      (
        .hermes,
        "<tool_call>\n{\"name\": \"now\", \"arguments\": {}}\n</tool_call>\n<tool_call>\n"
          + "{\"name\": \"now\", \"arguments\": {}}\n</tool_call>"
      ),
      (
        .mistralList,
        "[TOOL_CALLS][{\"name\": \"now\", \"arguments\": {}}, {\"name\": \"now\", \"arguments\": {}}]"
      ),
      (
        .mistralNumbered,
        "[TOOL_CALLS]now[CALL_ID]012345678[ARGS]{}[TOOL_CALLS]now[CALL_ID]012345679[ARGS]{}"
      ),
      (.mistralNamed, "[TOOL_CALLS]now[ARGS]{}[TOOL_CALLS]now[ARGS]{}"),
      (
        .granite,
        "<|tool_call|>[{\"name\": \"now\", \"arguments\": {}}, {\"name\": \"now\", \"arguments\": {}}]"
      ),
      (.functionary, "<function=now>{}</function><function=now>{}</function>"),
      (
        .deepSeekPlain,
        "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>now<｜tool▁sep｜>{}<｜tool▁call▁end｜>"
          + "<｜tool▁call▁begin｜>now<｜tool▁sep｜>{}<｜tool▁call▁end｜><｜tool▁calls▁end｜>"
      ),
      (
        .qwenCoder,
        "<tool_call>\n<function=now>\n</function>\n</tool_call>\n<tool_call>\n<function=now>\n"
          + "</function>\n</tool_call>"
      ),
      (.glm, "<tool_call>now\n</tool_call>\n<tool_call>now\n</tool_call>"),
      (
        .miniMaxElements,
        Self.elements(
          "[<tool_call>\n[<invoke name=\"now\">[</invoke>\n[<invoke name=\"now\">[</invoke>\n"
            + "[</tool_call>")
      ),
      (.glmPlain, "<tool_call>now</tool_call><tool_call>now</tool_call>"),
      (.lfm, "<|tool_call_start|>[now(), now()]<|tool_call_end|>"),
      (.gemma, "<|tool_call>call:now{}<tool_call|><|tool_call>call:now{}<tool_call|>"),
      (
        .kimi,
        "<|tool_calls_section_begin|><|tool_call_begin|>functions.now:0<|tool_call_argument_begin|>{}"
          + "<|tool_call_end|><|tool_call_begin|>functions.now:12<|tool_call_argument_begin|>{}"
          + "<|tool_call_end|><|tool_calls_section_end|>"
      ),
      (
        .cohere,
        "<|START_ACTION|>[\n    {\"tool_call_id\": \"0\", \"tool_name\": \"now\", \"parameters\": {}}"
          + ",\n    {\"tool_call_id\": \"1\", \"tool_name\": \"now\", \"parameters\": {}}\n]"
          + "<|END_ACTION|>"
      ),
      (
        .solar,
        "<|tool_calls|><|tool_call:begin|>0123456789<|tool_call:name|>now<|tool_call:args|>{}"
          + "<|tool_call:end|>"
      ),
      (
        .deepSeekMarked,
        "<｜DSML｜function_calls>\n<｜DSML｜invoke name=\"now\">\n</｜DSML｜invoke>\n"
          + "<｜DSML｜invoke name=\"now\">\n</｜DSML｜invoke>\n</｜DSML｜function_calls>"
      ),
      (.apertus, "<|tools_prefix|>[{\"now\": {}}, {\"now\": {}}]<|tools_suffix|>"),
      (.harmony, " to=functions.now<|channel|>commentary json<|message|>{}"),
      (.llama, "{\"name\": \"now\", \"parameters\": {}}"),
      (.generic, "{\"name\": \"now\", \"arguments\": {}}"),
    ]
    let checker = try Checker()
    for (family, text) in cases {
      #expect(checker.useTools(Self.tools, family) == nil)
      #expect(checker.accepts(text), "\(text)")
      let names = Reading(family, text).names
      #expect(names == Array(repeating: "now", count: names.count))
      #expect(checker.useTools(Self.tools, family, isParallel: false) == nil)
      #expect(checker.accepts(text) == (names.count == 1), "\(text)")
      #expect(checker.useTools(Self.tools, family, chosen: "set") == nil)
      #expect(!checker.accepts(text), "\(text)")
      // A name that others begin with is whole where it ends.
      if family.form.keyed != nil { continue }
      let other = text.replacing("now", with: "set").replacing("{}", with: "{\"a\":[]}")
      #expect(checker.accepts(other), "\(other)")
    }
  }

  /// A text of MiniMax M3's form, whose mark is written as a bracket here.
  private static func elements(_ text: String) -> String {
    text.replacing("[", with: "]<]minimax[>[")
  }

  /// Objects and lists are elements where the schema says what is in them, and JSON elsewhere.
  @Test func argumentsOfElements() throws {
    let tools = """
      [{"name": "f", "parameters": {"type": "object", "properties": {"o": {"$ref": "#/$defs/o"}, \
      "l": {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}, "minItems": 1, \
      "maxItems": 3}, "j": {"type": "object"}, "a": {"items": {}, "type": "array"}, \
      "e": {"type": "array", "items": {"$ref": "#/$defs/o"}, "minItems": 2}}, \
      "$defs": {"o": {"type": "object", "properties": {"t": {"type": "string", "maxLength": 9}, \
      "n": {"type": ["number", "null"]}, "o": {"$ref": "#/$defs/o"}, "item": {"type": "boolean"}}, \
      "required": ["t"]}}}}]
      """
    let (start, end) = ("[<tool_call>\n[<invoke name=\"f\">", "[</invoke>\n[</tool_call>")
    let right = [
      ("", "{}"), ("[<o>[<t>[</t>[</o>", #"{"o": {"t": ""}}"#),
      (
        "[<o>[<t>a<b>\"\n[</t>[<n>-1.5[</n>[<o>[<t>12[</t>[<item>true[</item>[</o>[</o>[<j>{}[</j>",
        #"{"o": {"t": "a<b>\"\n", "n": -1.5, "o": {"t": "12", "item": true}}, "j": {}}"#
      ),
      (
        "[<l>[<item>[</item>[<item>[<item>1[</item>[<item>2[</item>[</item>[</l>",
        #"{"l": [[], [1, 2]]}"#
      ),
      ("[<a>{}[</a>", ""), ("[<a>[<item>1[</item>[</a>", #"{"a": [1]}"#),
      ("[<a>[</a>", #"{"a": []}"#),
      (
        "[<e>[<item>[<t>x[</t>[</item>[<item>[<t>y[</t>[<n>null[</n>[</item>[</e>",
        #"{"e": [{"t": "x"}, {"t": "y", "n": null}]}"#
      ),
    ]
    let wrong = [
      "[<o>[</o>", "[<o>[<t>0123456789[</t>[</o>", "[<o>[<n>1[</n>[<t>a[</t>[</o>",
      "[<o>[<t>a[</n>[</o>", "[<o>{\"t\": \"\"}[</o>", "[<l>[</l>", "[<l>[<item>1[</item>[</l>",
      "[<l>[<item>[</item>[<item>[</item>[<item>[</item>[<item>[</item>[</l>",
      "[<e>[<item>[<t>x[</t>[</item>[</e>", "[<x>1[</x>",
    ]
    let checker = try Checker()
    #expect(checker.useTools(tools, .miniMaxElements) == nil)
    for (call, expected) in right {
      let text = Self.elements(start + call + end)
      let isAccepted = checker.accepts(text)
      #expect(isAccepted != expected.isEmpty, "\(call)")
      if expected.isEmpty { continue }
      for count in [1, 5, 1000] {
        let bytes = Array(text.utf8)
        let pieces = stride(from: 0, to: bytes.count, by: count).map {
          Array(bytes[$0..<min($0 + count, bytes.count)])
        }
        let reading = Reading(.miniMaxElements, pieces, argument: checker.argument)
        #expect(reading.names == ["f"] && reading.arguments == [expected], "\(call)")
      }
    }
    for call in wrong {
      let isAccepted = checker.accepts(Self.elements(start + call + end))
      #expect(!isAccepted, "\(call)")
    }
    // Without the schema what begins with an element is a list or an object, and all else a text.
    let unknown = "[<o>[<t>12[</t>[</o>[<l>[<item>[</item>[<item>a[b[</item>[</l>"
    #expect(
      Reading(.miniMaxElements, Self.elements(start + unknown + end)).arguments
        == [#"{"o": {"t": "12"}, "l": ["", "a]<]minimax[>[b"]}"#])
  }

  /// The digits of a call have their place and their count.
  @Test func callsHaveDigits() throws {
    let checker = try Checker()
    let cases: [(ToolFamily, String, String)] = [
      (
        .kimi, "<|tool_calls_section_begin|><|tool_call_begin|>functions.now",
        "<|tool_call_argument_begin|>{}<|tool_call_end|><|tool_calls_section_end|>"
      ),
      (.solar, "<|tool_calls|><|tool_call:begin|>", "now<|tool_call:args|>{}<|tool_call:end|>"),
    ]
    for (family, start, end) in cases {
      #expect(checker.useTools(Self.tools, family) == nil)
      let isSolar = family == .solar
      for digits in ["", "0", "12", "123", "1234", "12345678", "0123456789", "01234567890", "x"] {
        let mark = isSolar ? digits + "<|tool_call:name|>" : ":" + digits
        let isRight = isSolar ? digits.count == 10 : (1...3).contains(digits.count) && digits != "x"
        #expect(checker.accepts(start + mark + end) == isRight, "\(mark)")
      }
      #expect(!checker.accepts(start + end))
    }
  }

  /// Forms that name the recipient of a text: a user, or a tool.
  @Test func textsHaveRecipients() throws {
    let checker = try Checker()
    #expect(checker.useTools(Self.tools, .recipients) == nil)
    let call = "now\n{\"a\": 1}"
    #expect(checker.accepts(call) && checker.accepts(call + ">>>" + call))
    #expect(checker.accepts("all\nI > it >> is.>>>" + call))
    #expect(!checker.accepts("all\nIt is.") && !checker.accepts("It is."))
    #expect(!checker.accepts("all\nIt is.>>>none"))
    #expect(checker.useTools(Self.tools, .recipients, isLazy: true) == nil)
    #expect(checker.accepts("all\nIt is >>.") && !checker.accepts("all\nIt >>> is."))
    #expect(Reading(.recipients, "all\nI > it >> is").text == "I > it >> is")
    let reading = Reading(.recipients, "all\nIt is.>>>" + call + ">>>" + call)
    #expect(reading.text == "It is." && reading.names == ["now", "now"])
    #expect(reading.arguments == ["{\"a\": 1}", "{\"a\": 1}"])
  }

  /// Forms whose arguments are no JSON object: texts stand without quotation marks if the schema allows
  /// texts only, properties come in the schema's order, and the object is made of them.
  @Test func argumentsByTheirNames() throws {
    let tools = """
      [{"name": "f", "parameters": {"type": "object", "properties": {"path": {"type": "string"}, \
      "day": {"type": "string", "format": "date"}, "n": {"type": ["integer", "null"]}, \
      "l": {"type": "array", "items": {"type": "string"}}, "e": {"enum": ["a", "b c"]}}, \
      "required": ["path", "n"]}}]
      """
    let cases: [(ToolFamily, String, String)] = [
      (
        .qwenCoder,
        "<tool_call>\n<function=f>\n<parameter=path>\na \"b\"\n</\\é\n</parameter>\n<parameter=n>\n12"
          + "\n</parameter>\n<parameter=l>\n[\"x\", \"</parameter>\"]\n</parameter>\n<parameter=e>\nb c"
          + "\n</parameter>\n</function>\n</tool_call>",
        #"{"path": "a \"b\"\n</\\é", "n": 12, "l": ["x", "</parameter>"], "e": "b c"}"#
      ),
      (
        .seed,
        "<seed:tool_call>\n<function=f>\n<parameter=path>12</parameter>\n<parameter=day>2026-01-02"
          + "</parameter>\n<parameter=n>null</parameter>\n</function>\n</seed:tool_call>",
        #"{"path": "12", "day": "2026-01-02", "n": null}"#
      ),
      (
        .miniMax,
        "<minimax:tool_call>\n<invoke name=\"f\">\n<parameter name=\"path\"></parameter>\n"
          + "<parameter name=\"n\">-1</parameter>\n</invoke>\n</minimax:tool_call>",
        #"{"path": "", "n": -1}"#
      ),
      (
        .miniMaxElements,
        Self.elements(
          "[<tool_call>\n[<invoke name=\"f\">[<path>a \"</path>[[</path>[<n>12[</n>[<l>[<item>x[</item>"
            + "[<item>[</item>[</l>[</invoke>\n[</tool_call>"),
        #"{"path": "a \"</path>]<]minimax[>[", "n": 12, "l": ["x", ""]}"#
      ),
      (
        .glm,
        "<tool_call>f\n<arg_key>path</arg_key>\n<arg_value><<</arg_value</arg_value>\n<arg_key>n"
          + "</arg_key>\n<arg_value>3</arg_value>\n</tool_call>",
        #"{"path": "<<</arg_value", "n": 3}"#
      ),
      (
        .glmPlain,
        "<tool_call>f<arg_key>path</arg_key><arg_value>\u{1}\t</arg_value><arg_key>n</arg_key>"
          + "<arg_value>3</arg_value></tool_call>",
        #"{"path": "\u0001\u0009", "n": 3}"#
      ),
      (
        .deepSeekTools,
        "<｜DSML｜tool_calls>\n<｜DSML｜invoke name=\"f\">\n<｜DSML｜parameter name=\"path\" string=\"true\">"
          + "a </b>\n</｜DSML｜parameter>\n<｜DSML｜parameter name=\"n\" string=\"false\">12"
          + "</｜DSML｜parameter>\n</｜DSML｜invoke>\n</｜DSML｜tool_calls>",
        #"{"path": "a </b>\n", "n": 12}"#
      ),
      (
        .hunyuan,
        "<tool_calls:opensource>\n<tool_call:opensource>f<tool_sep:opensource>\n<arg_key:opensource>path"
          + "</arg_key:opensource>\n<arg_value:opensource>a</arg_value:opensource>\n"
          + "<arg_key:opensource>n</arg_key:opensource>\n<arg_value:opensource>12"
          + "</arg_value:opensource>\n</tool_call:opensource>\n</tool_calls:opensource>",
        #"{"path": "a", "n": 12}"#
      ),
      (
        .ling,
        "<tool_call>f\n<arg_key>path</arg_key>\n<arg_value>a</arg_value><arg_key>n</arg_key>\n"
          + "<arg_value>12</arg_value>\n</tool_call>",
        #"{"path": "a", "n": 12}"#
      ),
      (
        .miniCPM,
        "<function name=\"f\"><param name=\"path\">a\nb</param><param name=\"n\">12</param></function>",
        #"{"path": "a\nb", "n": 12}"#
      ),
      (
        .muse,
        "<atem:function_calls>\n<atem:invoke name=\"f\">\n<atem:parameter name=\"path\">a"
          + "</atem:parameter>\n<atem:parameter name=\"n\">12</atem:parameter>\n</atem:invoke>\n"
          + "</atem:function_calls>",
        #"{"path": "a", "n": 12}"#
      ),
      (
        .lfm, #"<|tool_call_start|>[f(path="a, b)", n=5, l=["x"])]<|tool_call_end|>"#,
        #"{"path": "a, b)", "n": 5, "l": ["x"]}"#
      ),
      (
        .gemma, #"<|tool_call>call:f{path:<|"|>a,b}<|"|>,n:5,l:[]}<tool_call|>"#,
        #"{"path": "a,b}", "n": 5, "l": []}"#
      ),
    ]
    let checker = try Checker()
    for (family, text, expected) in cases {
      #expect(checker.useTools(tools, family) == nil)
      #expect(checker.accepts(text), "\(text)")
      let argument = checker.argument
      for count in [1, 7, 1000] {
        let bytes = Array(text.utf8)
        let pieces = stride(from: 0, to: bytes.count, by: count).map {
          Array(bytes[$0..<min($0 + count, bytes.count)])
        }
        let reading = Reading(family, pieces, argument: argument)
        #expect(reading.names == ["f"] && reading.arguments == [expected] && reading.text == "")
      }
      for wrong in ["12", "null", "-1", "3", "5"] where text.contains(wrong) && family != .seed {
        #expect(!checker.accepts(text.replacing(wrong, with: "x")), "\(text)")
      }
      #expect(!checker.accepts(text.replacing("path", with: "pat")), "\(text)")
      #expect(!checker.accepts(text.replacing("2026-01-02", with: "2026-13-02")) || family != .seed)
    }
    let alternatives =
      #"[{"name": "f", "parameters": {"anyOf": [{"required": ["a"]}, {"required": ["b"]}]}}]"#
    #expect(
      checker.useTools(alternatives, .glm)?.contains("what the model's form of calls cannot")
        == true)
    #expect(checker.useTools(alternatives, .hermes) == nil)
  }

  /// An answer may be calls, or what a schema says.
  @Test func callsOrASchema() throws {
    let checker = try Checker()
    let other = """
      {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"], \
      "additionalProperties": false}
      """
    let call = "<tool_call>\n{\"name\": \"now\", \"arguments\": {}}\n</tool_call>"
    #expect(checker.useTools(Self.tools, .hermes, other: other) == nil)
    #expect(checker.accepts(call) && checker.accepts(call + "\n" + call))
    #expect(checker.accepts("{\"x\": 1}"))
    #expect(!checker.accepts("{\"y\": 1}") && !checker.accepts("x"))
    #expect(
      checker.useTools(Self.tools, .generic, other: other)?.hasPrefix("tools cannot be given with")
        == true)
    #expect(checker.useTools(Self.tools, .hermes, other: "{\"not\": {}}")?.contains("not") == true)
  }

  /// Free text is given as it is, with what looks like the beginning of a call.
  @Test func freeTextIsText() {
    let family = ToolFamily.hermes
    for text in ["", "a", "<", "<tool", "<<tool_calls", "<tool_<tool_call", "x<tool_call y", "äß<"]
    {
      let bytes = Array(text.utf8)
      #expect(Reading(family, [bytes]).text == text)
      #expect(Reading(family, bytes.map { [$0] }).text == text)
    }
    let call = "<tool_call>\n{\"name\": \"now\", \"arguments\": {}}\n</tool_call>"
    let reading = Reading(family, "So <tool: " + call)
    #expect(reading.text == "So <tool: " && reading.names == ["now"])
    #expect(reading.arguments == ["{}"])
    // Where calls are the whole answer, they are text elsewhere.
    let object = "{\"name\": \"now\", \"arguments\": {}}"
    #expect(Reading(.generic, object).names == ["now"])
    #expect(Reading(.generic, "So " + object).text == "So " + object)
    #expect(Reading(.generic, "{\"name\": 5}").text == "{\"name\": 5}")
    // An answer that is cut.
    let cut = Reading(.generic, "{\"name\": \"now\", \"arguments\": {\"a\": \"}")
    #expect(cut.names == ["now"] && cut.arguments == ["{\"a\": \"}"])
  }

  @Test func wrongToolsAreRefused() throws {
    let checker = try Checker(kibibytes: 64)
    let cases = [
      ("{}", "tools must be a list"),
      ("[]", "tools have not the one that is to be called"),
      ("[5]", "tools at #/0 must be an object with a function that has a name"),
      (
        "[{\"function\": {\"name\": \"a b\"}}]",
        "tools at #/0/function/name must be a name of 1 to 64 letters, digits, underscores, "
          + "hyphens and points"
      ),
      (
        "[{\"function\": {\"name\": \"a\", \"parameters\": {\"not\": {}}}}]",
        "tools at #/0/function/parameters/not is a keyword that cannot be enforced"
      ),
      (
        "[{\"function\": {\"name\": \"a\", \"parameters\": {\"type\": \"string\"}}}]",
        "tools at #/0/function/parameters allows no text at all"
      ),
    ]
    for (tools, message) in cases { #expect(checker.useTools(tools, .hermes) == message) }
    #expect(checker.useTools(Self.tools, .hermes, chosen: "none")?.contains("have not") == true)
    let many = "[" + Array(repeating: "{\"name\": \"a\"}", count: 129).joined(separator: ",") + "]"
    #expect(try Checker().useTools(many, .hermes) == "tools are more than 128")
    let large = (0..<100).map { "{\"name\": \"a\($0)\", \"parameters\": \(Self.light)}" }
    let text = "[" + large.joined(separator: ",") + "]"
    #expect(checker.useTools(text, .hermes)?.contains("--grammar-kib") == true)
  }

  /// A control token that is text of the form comes behind a number, which it ends, and in no text.
  @Test func controlTokensEndNumbers() throws {
    let checker = try TokenChecker([], marks: ["</arg_value>", "<tool_call>"])
    let (close, begin) = (checker.endToken + 1, checker.endToken + 2)
    let tools = """
      [{"name": "f", "parameters": {"type": "object", "properties": {"n": {"type": "integer"}, "l": \
      {"type": "array", "items": {"type": "integer"}}}}}]
      """
    let start = "<tool_call>f<arg_key>n</arg_key><arg_value>"
    for (text, isAllowed) in [("", false), ("-", false), ("12", true)] {
      try checker.begin(tools: tools, .glmPlain, isLazy: false)
      for byte in (start + text).utf8 { checker.accept(Int32(byte)) }
      #expect(checker.allows(close, left: 1 << 20) == isAllowed, "\(text)")
      checker.findAllowed(left: 1 << 20)
      #expect(checker.isFound(close) == isAllowed && !checker.isFound(begin), "\(text)")
    }
    try checker.begin(tools: tools, .glmPlain, isLazy: false)
    for byte in start.replacing("n</", with: "l</").utf8 { checker.accept(Int32(byte)) }
    for byte in "[1".utf8 { checker.accept(Int32(byte)) }
    #expect(!checker.allows(close, left: 1 << 20))
  }

  /// Calls begin in the middle of tokens, and only such tokens come that the call can go on with.
  @Test func callsBeginInFreeText() throws {
    let words = ["I ", "<tool_call>", "<tool", "_call>\n", "_call>{", "{\"name\": \"", "now", "x"]
    let checker = try TokenChecker(words.map { Array($0.utf8) })
    func id(_ word: String) -> Int32 { Int32(256 + words.firstIndex(of: word)!) }
    try checker.begin(tools: Self.tools, .hermes)
    #expect(checker.isWaiting && checker.acceptFree(id("I ")) && checker.acceptFree(id("<tool")))
    #expect(!checker.acceptFree(id("_call>{")))
    #expect(checker.isWaiting && checker.acceptFree(id("_call>\n")))
    #expect(!checker.isWaiting)
    checker.accept(id("{\"name\": \""))
    #expect(checker.allows(id("now"), left: 100) && !checker.allows(id("x"), left: 100))
    try checker.begin(tools: Self.tools, .hermes)
    #expect(checker.isWaiting && checker.acceptFree(id("<tool_call>")))
    #expect(!checker.isWaiting)
  }
}
