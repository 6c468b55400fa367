/// The forms in which models have learnt to write calls, in the order in which a chat template's text is
/// searched for what tells them.
public enum ToolFamily: UInt8, Sendable {
  /// `[TOOL_CALLS]name[CALL_ID]id[ARGS]{…}`: Mistral's Small 3.2.
  case mistralNumbered
  /// `[TOOL_CALLS]name[ARGS]{…}`: Mistral's others since 2025.
  case mistralNamed
  /// `[TOOL_CALLS][{"name": …, "arguments": …}, …]`: Mistral's before.
  case mistralList
  /// `<｜tool▁calls▁begin｜>…function<｜tool▁sep｜>name` and a fenced object: DeepSeek's V3 and R1.
  case deepSeekFenced
  /// The same without a fence: DeepSeek's V3.1.
  case deepSeekPlain
  /// `<｜DSML｜function_calls>`, `invoke` and `parameter`, which says whether it is a text: DeepSeek's V3.2.
  case deepSeekMarked
  /// The same in `<｜DSML｜tool_calls>`: DeepSeek's V4.
  case deepSeekTools
  /// `<|tool_calls_section_begin|>` and `functions.name:0`: Kimi K2.
  case kimi
  /// `<|open|>call tool="name" index="1"<|sep|>` and an object in `json`: Kimi K3.
  case kimiTagged
  /// `<TOOLCALL>[…]</TOOLCALL>`: Nemotron's.
  case nemotron
  /// `<tool_calls>[…]</tool_calls>`: Apriel's, and Hunyuan A13B.
  case apriel
  /// `<tool_calls>` and an object on each line: MiniMax M1.
  case miniMaxLines
  /// `<|tools_prefix|>[{"name": {…}}, …]`: Apertus.
  case apertus
  /// `<|START_ACTION|>[…]` of objects with `tool_call_id`, `tool_name` and `parameters`: Command R7B and
  /// later.
  case cohere
  /// `Action:` and a fenced list of objects with `tool_name` and `parameters`: Command R+.
  case cohereFenced
  /// `<|function_call|>` and an object: GigaChat 3.1.
  case gigaChat
  /// A message of the role `function call`: GigaChat 3.
  case gigaChatRole
  /// `<|tool_call:begin|>id<|tool_call:name|>name<|tool_call:args|>{…}`: Solar Open.
  case solar
  /// ` to=functions.name<|channel|>commentary json<|message|>{…}`: gpt-oss.
  case harmony
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
  /// `]<]minimax[>[<tool_call>`, `<invoke name="…">` and elements with the names of arguments and their parts,
  /// each behind that mark: MiniMax M3.
  case miniMaxElements
  /// `<atem:function_calls>`, `<atem:invoke name="…">` and `<atem:parameter name="…">`: Muse Glimmer.
  case muse
  /// `<function name="…">` and `<param name="…">`: MiniCPM5.
  case miniCPM
  /// `<tool_calls:opensource>`, `<tool_call:opensource>name<tool_sep:opensource>` and keys and values:
  /// Hunyuan 3.
  case hunyuan
  /// `<tool_call>name`, `<arg_key>` and a value on the next line, the next key behind it: Ling 3.
  case ling
  /// `<tool_call>name`, `<arg_key>` and `<arg_value>` on lines of their own: GLM 4.5 and 4.6, Laguna XS.
  case glm
  /// The same without line ends: GLM 4.7, Laguna S, Spark.
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
}
