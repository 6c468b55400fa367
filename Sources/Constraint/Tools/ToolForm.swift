/// How an answer writes calls of tools:
///
///     begin NAME middle ARGUMENTS end (between NAME middle ARGUMENTS end)* finish
///
/// NAME is a tool's name, and ARGUMENTS a JSON object, or what `keyed` says.
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
  /// The prompt ends with `begin`, and this name in place of a tool's begins free text; nil if there is
  /// no such name.
  let textName: StaticString?
  /// How arguments are written; nil: as a JSON object.
  let keyed: KeyedArguments?

  init(
    _ begin: StaticString, _ middle: StaticString, _ end: StaticString,
    between: StaticString? = nil, finish: StaticString = "", trigger: StaticString? = nil,
    isAtStart: Bool = false, textName: StaticString? = nil, keyed: KeyedArguments? = nil
  ) {
    self.textName = textName
    self.keyed = keyed
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
  /// `<tool_call>`, `<function=name>` and `<parameter=key>` with a value, each on lines of their own:
  /// Qwen3-Coder, Qwen 3.5, Nemotron 3, Step 3.5.
  case qwenCoder
  /// The same between `<seed:tool_call>`, without line ends around values: Seed-OSS.
  case seed
  /// `<minimax:tool_call>`, `<invoke name="…">` and `<parameter name="…">`: MiniMax M2.
  case miniMax
  /// `<tool_call>name`, `<arg_key>` and `<arg_value>` on lines of their own: GLM 4.5 and 4.6.
  case glm
  /// The same without line ends: GLM 4.7, Laguna, Spark.
  case glmPlain
  /// `<|tool_call_start|>[name(key=value, …)]<|tool_call_end|>`, with JSON values: LFM2.
  case lfm
  /// `<|tool_call>call:name{key:value,…}<tool_call|>`, with texts between `<|"|>`: Gemma 4.
  case gemma
  /// `<function=name>{…}</function>`: functionary's 3.1.
  case functionary
  /// `>>>name` and an object behind it, or `>>>all` and text: functionary's 3.2.
  case recipients
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
    case .qwenCoder:
      ToolForm(
        "<tool_call>\n<function=", ">\n", "</function>\n</tool_call>",
        between: "\n<tool_call>\n<function=", trigger: "<tool_call>",
        keyed: Self.parameters("<parameter=", ">\n", "\n</parameter>\n"))
    case .seed:
      ToolForm(
        "<seed:tool_call>\n<function=", ">\n", "</function>\n</seed:tool_call>",
        between: "\n<seed:tool_call>\n<function=", trigger: "<seed:tool_call>",
        keyed: Self.parameters("<parameter=", ">", "</parameter>\n"))
    case .miniMax:
      ToolForm(
        "<minimax:tool_call>\n<invoke name=\"", "\">\n", "</invoke>\n",
        between: "<invoke name=\"", finish: "</minimax:tool_call>", trigger: "<minimax:tool_call>",
        keyed: Self.parameters("<parameter name=\"", "\">", "</parameter>\n"))
    case .glm:
      ToolForm(
        "<tool_call>", "\n", "</tool_call>", between: "\n<tool_call>",
        keyed: Self.parameters("<arg_key>", "</arg_key>\n<arg_value>", "</arg_value>\n"))
    case .glmPlain:
      ToolForm(
        "<tool_call>", "", "</tool_call>", between: "<tool_call>",
        keyed: Self.parameters("<arg_key>", "</arg_key><arg_value>", "</arg_value>"))
    case .lfm:
      ToolForm(
        "<|tool_call_start|>[", "(", ")", between: ", ", finish: "]<|tool_call_end|>",
        trigger: "<|tool_call_start|>", keyed: KeyedArguments(middle: "=", separator: ", "))
    case .gemma:
      ToolForm(
        "<|tool_call>call:", "{", "}<tool_call|>", between: "<|tool_call>call:",
        trigger: "<|tool_call>",
        keyed: KeyedArguments(
          middle: ":", separator: ",", textBegin: "<|\"|>", textEnd: "<|\"|>"))
    case .functionary: ToolForm("<function=", ">", "</function>", between: "<function=")
    case .recipients: ToolForm(">>>", "\n", "", between: ">>>", textName: "all")
    case .firefunction: Self.list(" functools[{\"name\": \"", "]", " functools[")
    case .llama:
      ToolForm("{\"name\": \"", "\", \"parameters\": ", "}", isAtStart: true)
    case .generic:
      ToolForm("{\"name\": \"", "\", \"arguments\": ", "}", isAtStart: true)
    }
  }

  private static func parameters(
    _ open: StaticString, _ middle: StaticString, _ end: StaticString
  ) -> KeyedArguments {
    KeyedArguments(open: open, middle: middle, textEnd: end, valueEnd: end)
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
    case .qwenCoder: has("<tool_call>", template) && has("<parameter=", template)
    case .seed: has("<seed:tool_call>", template)
    case .miniMax: has("<minimax:tool_call>", template)
    case .glm: has("</arg_key>\n<arg_value>", template)
    case .glmPlain: has("<tool_call>", template) && has("</arg_key>", template)
    case .lfm:
      has("<|tool_call_start|>", template) || has("<|tool_list_start|>", template)
        || has("List of tools: [", template)
    case .gemma: has("<|tool_call>call:", template)
    case .functionary: has("<function=", template) && !has("<parameter=", template)
    case .recipients: has(">>>all", template)
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
