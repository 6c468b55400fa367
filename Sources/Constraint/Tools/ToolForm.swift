/// How an answer writes calls of tools:
///
///     begin NAME middle ARGUMENTS end (between NAME middle ARGUMENTS end)* finish
///
/// NAME is a tool's name, and ARGUMENTS a JSON object.
public struct ToolForm: Sendable {
  /// Up to the first name.
  let begin: StaticString
  let middle: StaticString
  let end: StaticString
  /// Up to the next name; nil if there is one call at most.
  let between: StaticString?
  let finish: StaticString
  /// The bytes at the start of `begin` that free text does not have.
  let triggerCount: Int
  /// Calls are the whole answer: `begin` elsewhere is text.
  let isAtStart: Bool

  init(
    _ begin: StaticString, _ middle: StaticString, _ end: StaticString,
    between: StaticString? = nil, finish: StaticString = "", trigger: StaticString? = nil,
    isAtStart: Bool = false
  ) {
    self.begin = begin
    self.middle = middle
    self.end = end
    self.between = between
    self.finish = finish
    triggerCount = (trigger ?? begin).utf8CodeUnitCount
    self.isAtStart = isAtStart
  }
}

/// The forms in which models have learnt to write calls, in the order in which a chat template's text is
/// searched for what tells them.
public enum ToolFamily: UInt8, Sendable {
  /// `[TOOL_CALLS]name[ARGS]{…}`: Mistral's since 2025.
  case mistralNamed
  /// `[TOOL_CALLS][{"name": …, "arguments": …}, …]`: Mistral's before.
  case mistralList
  /// `<｜tool▁calls▁begin｜>…function<｜tool▁sep｜>name` and a fenced object: DeepSeek's V3 and R1.
  case deepSeekFenced
  /// The same without a fence: DeepSeek's V3.1.
  case deepSeekPlain
  /// `<TOOLCALL>[…]</TOOLCALL>`: Nemotron's.
  case nemotron
  /// `<tool_calls>[…]</tool_calls>`: Apriel's.
  case apriel
  /// `<|tool_call|>[…]`: Granite's of version 3, and Phi's.
  case granite
  /// `<tool_call>` and an object on a line of its own: Hermes, Qwen, Granite 4, MiMo, Bielik and others.
  case hermes
  /// `<function=name>{…}</function>`: functionary's 3.1.
  case functionary
  /// ` functools[…]`: firefunction's.
  case firefunction
  /// The answer is an object with `name` and `parameters`: Llama 3.
  case llama
  /// The answer is an object with `name` and `arguments`: of templates that say nothing.
  case generic

  var form: ToolForm {
    switch self {
    case .mistralNamed: ToolForm("[TOOL_CALLS]", "[ARGS]", "", between: "[TOOL_CALLS]")
    case .mistralList: Self.list("[TOOL_CALLS][{\"name\": \"", "]", "[TOOL_CALLS]")
    case .deepSeekFenced:
      ToolForm(
        "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>", "\n```json\n",
        "\n```<｜tool▁call▁end｜>", between: "\n<｜tool▁call▁begin｜>function<｜tool▁sep｜>",
        finish: "<｜tool▁calls▁end｜>", trigger: "<｜tool▁calls▁begin｜>")
    case .deepSeekPlain:
      ToolForm(
        "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>", "<｜tool▁sep｜>", "<｜tool▁call▁end｜>",
        between: "<｜tool▁call▁begin｜>", finish: "<｜tool▁calls▁end｜>",
        trigger: "<｜tool▁calls▁begin｜>")
    case .nemotron: Self.list("<TOOLCALL>[{\"name\": \"", "]</TOOLCALL>", "<TOOLCALL>")
    case .apriel: Self.list("<tool_calls>[{\"name\": \"", "]</tool_calls>", "<tool_calls>")
    case .granite: Self.list("<|tool_call|>[{\"name\": \"", "]", "<|tool_call|>")
    case .hermes:
      ToolForm(
        "<tool_call>\n{\"name\": \"", "\", \"arguments\": ", "}\n</tool_call>",
        between: "\n<tool_call>\n{\"name\": \"", trigger: "<tool_call>")
    case .functionary: ToolForm("<function=", ">", "</function>", between: "<function=")
    case .firefunction: Self.list(" functools[{\"name\": \"", "]", " functools[")
    case .llama:
      ToolForm("{\"name\": \"", "\", \"parameters\": ", "}", isAtStart: true)
    case .generic:
      ToolForm("{\"name\": \"", "\", \"arguments\": ", "}", isAtStart: true)
    }
  }

  /// A list of objects with a name and arguments.
  private static func list(
    _ begin: StaticString, _ finish: StaticString, _ trigger: StaticString
  ) -> ToolForm {
    ToolForm(
      begin, "\", \"arguments\": ", "}", between: ", {\"name\": \"", finish: finish,
      trigger: trigger)
  }

  /// The form that a chat template's text tells of.
  @export(interface)
  public init(template: Span<UInt8>) {
    for value in 0..<ToolFamily.generic.rawValue {
      if let family = ToolFamily(rawValue: value), family.isTold(by: template) {
        self = family
        return
      }
    }
    self = .generic
  }

  private func isTold(by template: Span<UInt8>) -> Bool {
    switch self {
    case .mistralNamed: has("[TOOL_CALLS]", template) && has("[ARGS]", template)
    case .mistralList: has("[TOOL_CALLS]", template)
    case .deepSeekFenced: has("<｜tool▁sep｜>", template) && has("```json", template)
    case .deepSeekPlain: has("<｜tool▁sep｜>", template)
    case .nemotron: has("<TOOLCALL>", template)
    case .apriel: has("<tool_calls>[", template)
    case .granite: has("<|tool_call|>", template)
    case .hermes:
      // Others write arguments between marks of their own there.
      has("<tool_call>", template) && !has("<arg_key>", template)
        && !has("<function=", template) && !has("<invoke", template)
    case .functionary: has("<function=", template) && !has("<parameter=", template)
    case .firefunction: has(" functools[", template)
    case .llama: has("<|start_header_id|>", template) && has("\"parameters\": ", template)
    case .generic: true
    }
  }

  private func has(_ mark: StaticString, _ template: Span<UInt8>) -> Bool {
    let count = mark.utf8CodeUnitCount
    var start = 0
    while start + count <= template.count {
      var length = 0
      while unsafe length < count && template[start + length] == mark.utf8Start[length] {
        length += 1
      }
      if length == count { return true }
      start += 1
    }
    return false
  }
}
