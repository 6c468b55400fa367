// What the forms are.
extension ToolFamily {
  var form: ToolForm {
    switch self {
    case .mistralNumbered:
      ToolForm(
        "[TOOL_CALLS]", "[ARGS]", "", between: "[TOOL_CALLS]",
        number: ToolNumber("[CALL_ID]", digitCountMin: 9, digitCountMax: 9))
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
    case .deepSeekMarked:
      Self.deepSeekMarked(
        "<｜DSML｜function_calls>\n<｜DSML｜invoke name=\"", "</｜DSML｜function_calls>")
    case .deepSeekTools:
      Self.deepSeekMarked("<｜DSML｜tool_calls>\n<｜DSML｜invoke name=\"", "</｜DSML｜tool_calls>")
    case .kimi:
      ToolForm(
        "<|tool_calls_section_begin|><|tool_call_begin|>functions.", "<|tool_call_argument_begin|>",
        "<|tool_call_end|>", between: "<|tool_call_begin|>functions.",
        finish: "<|tool_calls_section_end|>", trigger: "<|tool_calls_section_begin|>",
        number: ToolNumber(":"))
    case .kimiTagged:
      ToolForm(
        "<|open|>tools<|sep|><|open|>call tool=\"", "\"<|sep|><|open|>json type=\"object\"<|sep|>",
        "<|close|>json<|sep|><|close|>call<|sep|>", between: "<|open|>call tool=\"",
        finish: "<|close|>tools<|sep|>", trigger: "<|open|>tools<|sep|>",
        number: ToolNumber("\" index=\""))
    case .nemotron: Self.list("<TOOLCALL>[{\"name\": \"", "]</TOOLCALL>", "<TOOLCALL>")
    case .apriel: Self.list("<tool_calls>[{\"name\": \"", "]</tool_calls>", "<tool_calls>")
    case .miniMaxLines:
      ToolForm(
        "<tool_calls>\n{\"name\": \"", "\", \"arguments\": ", "}\n", between: "{\"name\": \"",
        finish: "</tool_calls>", trigger: "<tool_calls>")
    case .apertus:
      ToolForm(
        "<|tools_prefix|>[{\"", "\": ", "}", between: ", {\"", finish: "]<|tools_suffix|>",
        trigger: "<|tools_prefix|>")
    case .cohere:
      ToolForm(
        "<|START_ACTION|>[\n    {\"tool_call_id\": \"", "\", \"parameters\": ", "}",
        between: ",\n    {\"tool_call_id\": \"", finish: "\n]<|END_ACTION|>",
        trigger: "<|START_ACTION|>",
        number: ToolNumber("\", \"tool_name\": \"", isBeforeName: true))
    case .cohereFenced:
      ToolForm(
        "Action:\n```json\n[\n    {\n        \"tool_name\": \"", "\",\n        \"parameters\": ",
        "\n    }", between: ",\n    {\n        \"tool_name\": \"", finish: "\n]```",
        trigger: "Action:\n```json")
    case .gigaChat:
      ToolForm(
        "<|function_call|>{\"name\": \"", "\", \"arguments\": ", "}", trigger: "<|function_call|>")
    case .gigaChatRole:
      ToolForm(
        "<|message_sep|>\n\nfunction call<|role_sep|>\n{\"name\": \"", "\", \"arguments\": ", "}",
        trigger: "<|message_sep|>\n\nfunction call")
    case .solar:
      ToolForm(
        "<|tool_calls|><|tool_call:begin|>", "<|tool_call:args|>", "<|tool_call:end|>",
        between: "<|tool_call:begin|>", trigger: "<|tool_calls|>",
        number: ToolNumber(
          "<|tool_call:name|>", isBeforeName: true, digitCountMin: 10, digitCountMax: 10))
    case .harmony:
      ToolForm(" to=functions.", "<|channel|>commentary json<|message|>", "")
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
    case .miniMaxElements:
      ToolForm(
        "]<]minimax[>[<tool_call>\n]<]minimax[>[<invoke name=\"", "\">",
        "]<]minimax[>[</invoke>\n", between: "]<]minimax[>[<invoke name=\"",
        finish: "]<]minimax[>[</tool_call>", trigger: "]<]minimax[>[<tool_call>",
        keyed: KeyedArguments(
          open: "]<]minimax[>[<", middle: ">", textEnd: "]<]minimax[>[</",
          valueEnd: "]<]minimax[>[</", elementEnd: ">"))
    case .muse:
      ToolForm(
        "<atem:function_calls>\n<atem:invoke name=\"", "\">\n",
        "</atem:invoke>\n</atem:function_calls>", trigger: "<atem:function_calls>",
        keyed: Self.parameters("<atem:parameter name=\"", "\">", "</atem:parameter>\n"))
    case .miniCPM:
      ToolForm(
        "<function name=\"", "\">", "</function>", between: "\n<function name=\"",
        keyed: Self.parameters("<param name=\"", "\">", "</param>"))
    case .hunyuan:
      ToolForm(
        "<tool_calls:opensource>\n<tool_call:opensource>", "<tool_sep:opensource>\n",
        "</tool_call:opensource>\n", between: "<tool_call:opensource>",
        finish: "</tool_calls:opensource>", trigger: "<tool_calls:opensource>",
        keyed: Self.parameters(
          "<arg_key:opensource>", "</arg_key:opensource>\n<arg_value:opensource>",
          "</arg_value:opensource>\n"))
    case .ling:
      ToolForm(
        "<tool_call>", "\n", "\n</tool_call>", between: "\n<tool_call>",
        keyed: Self.parameters("<arg_key>", "</arg_key>\n<arg_value>", "</arg_value>"))
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

  private static func deepSeekMarked(_ begin: StaticString, _ finish: StaticString) -> ToolForm {
    ToolForm(
      begin, "\">\n", "</｜DSML｜invoke>\n", between: "<｜DSML｜invoke name=\"", finish: finish,
      trigger: "<｜DSML｜",
      keyed: KeyedArguments(
        open: "<｜DSML｜parameter name=\"", middle: "\" string=\"", textBegin: "true\">",
        textEnd: "</｜DSML｜parameter>\n", valueBegin: "false\">",
        valueEnd: "</｜DSML｜parameter>\n"))
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
}
