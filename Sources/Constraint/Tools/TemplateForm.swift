// How a chat template's text tells a form.
extension ToolFamily {
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
    case .mistralNumbered: has("[TOOL_CALLS]", template) && has("[CALL_ID]", template)
    case .mistralNamed: has("[TOOL_CALLS]", template) && has("[ARGS]", template)
    case .mistralList: has("[TOOL_CALLS]", template)
    case .deepSeekFenced: has("<｜tool▁sep｜>", template) && has("```json", template)
    case .deepSeekPlain: has("<｜tool▁sep｜>", template)
    case .deepSeekMarked: has("｜DSML｜", template) && has("function_calls>", template)
    case .deepSeekTools: has("｜DSML｜", template)
    case .kimi: has("<|tool_call_argument_begin|>", template)
    case .kimiTagged: has("open_tag('call'", template)
    case .nemotron: has("<TOOLCALL>", template)
    case .apriel: has("<tool_calls>[", template)
    case .miniMaxLines: hasLines("<tool_calls>", "{\"name\"", template)
    case .apertus: has("<|tools_prefix|>", template)
    case .cohere: has("<|START_ACTION|>", template)
    case .cohereFenced: has("Action:", template) && has("\"tool_name\": \"", template)
    case .gigaChat: has("<|function_call|>", template)
    case .gigaChatRole: has("function call", template) && has("<|role_sep|>", template)
    case .solar: has("<|tool_call:args|>", template)
    case .harmony: has("<|channel|>commentary", template)
    case .granite: has("<|tool_call|>", template)
    case .hermes:
      // Others write arguments between marks of their own there.
      has("<tool_call>", template) && !has("<arg_key>", template)
        && !has("<function=", template) && !has("<invoke", template)
    case .qwenCoder: has("<tool_call>", template) && has("<parameter=", template)
    case .seed: has("<seed:tool_call>", template)
    case .miniMax: has("<minimax:tool_call>", template)
    case .miniMaxElements: has("]<]minimax[>[", template)
    case .muse: has("<atem:function_calls>", template)
    case .miniCPM: has("<function name=\"", template)
    case .hunyuan: has("<tool_calls{}>", template) && has(":opensource", template)
    case .ling: has("'\\n<arg_value>'", template)
    case .glm: hasLines("</arg_key>", "<arg_value>", template)
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

  /// Whether a template has two texts with a line end between them, which it may have as an escape.
  private func hasLines(
    _ first: StaticString, _ second: StaticString, _ template: Span<UInt8>
  ) -> Bool {
    let count = first.utf8CodeUnitCount
    var start = 0
    while start + count <= template.count {
      if has(first, template, at: start) {
        var end = start + count
        if has("\n", template, at: end) {
          end += 1
        } else if has("\\n", template, at: end) {
          end += 2
        }
        if end > start + count && has(second, template, at: end) { return true }
      }
      start += 1
    }
    return false
  }

  private func has(_ mark: StaticString, _ template: Span<UInt8>, at start: Int) -> Bool {
    let count = mark.utf8CodeUnitCount
    if start + count > template.count { return false }
    for index in 0..<count where unsafe template[start + index] != mark.utf8Start[index] {
      return false
    }
    return true
  }

  private func has(_ mark: StaticString, _ template: Span<UInt8>) -> Bool {
    let count = mark.utf8CodeUnitCount
    var start = 0
    while start + count <= template.count {
      if has(mark, template, at: start) { return true }
      start += 1
    }
    return false
  }
}
