import Text

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
    case .mistralNumbered: hasText(template, "[TOOL_CALLS]") && hasText(template, "[CALL_ID]")
    case .mistralNamed: hasText(template, "[TOOL_CALLS]") && hasText(template, "[ARGS]")
    case .mistralList: hasText(template, "[TOOL_CALLS]")
    case .deepSeekFenced: hasText(template, "<｜tool▁sep｜>") && hasText(template, "```json")
    case .deepSeekPlain: hasText(template, "<｜tool▁sep｜>")
    case .deepSeekMarked: hasText(template, "｜DSML｜") && hasText(template, "function_calls>")
    case .deepSeekTools: hasText(template, "｜DSML｜")
    case .kimi: hasText(template, "<|tool_call_argument_begin|>")
    case .kimiTagged: hasText(template, "open_tag('call'")
    case .nemotron: hasText(template, "<TOOLCALL>")
    case .apriel: hasText(template, "<tool_calls>[")
    case .miniMaxLines: hasLines("<tool_calls>", "{\"name\"", template)
    case .apertus: hasText(template, "<|tools_prefix|>")
    case .cohere: hasText(template, "<|START_ACTION|>")
    case .cohereFenced: hasText(template, "Action:") && hasText(template, "\"tool_name\": \"")
    case .gigaChat: hasText(template, "<|function_call|>")
    case .gigaChatRole: hasText(template, "function call") && hasText(template, "<|role_sep|>")
    case .solar: hasText(template, "<|tool_call:args|>")
    case .harmony: hasText(template, "<|channel|>commentary")
    case .granite: hasText(template, "<|tool_call|>")
    case .hermes:
      // Others write arguments between marks of their own there.
      hasText(template, "<tool_call>") && !hasText(template, "<arg_key>")
        && !hasText(template, "<function=") && !hasText(template, "<invoke")
    case .qwenCoder: hasText(template, "<tool_call>") && hasText(template, "<parameter=")
    case .seed: hasText(template, "<seed:tool_call>")
    case .miniMax: hasText(template, "<minimax:tool_call>")
    case .miniMaxElements: hasText(template, "]<]minimax[>[")
    case .muse: hasText(template, "<atem:function_calls>")
    case .miniCPM: hasText(template, "<function name=\"")
    case .hunyuan: hasText(template, "<tool_calls{}>") && hasText(template, ":opensource")
    case .ling: hasText(template, "'\\n<arg_value>'")
    case .glm: hasLines("</arg_key>", "<arg_value>", template)
    case .glmPlain: hasText(template, "<tool_call>") && hasText(template, "</arg_key>")
    case .lfm:
      hasText(template, "<|tool_call_start|>") || hasText(template, "<|tool_list_start|>")
        || hasText(template, "List of tools: [")
    case .gemma: hasText(template, "<|tool_call>call:")
    case .functionary: hasText(template, "<function=") && !hasText(template, "<parameter=")
    case .recipients: hasText(template, ">>>all")
    case .firefunction: hasText(template, " functools[")
    case .llama: hasText(template, "<|start_header_id|>") && hasText(template, "\"parameters\": ")
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
      if hasText(template, first, at: start) {
        var end = start + count
        if hasText(template, "\n", at: end) {
          end += 1
        } else if hasText(template, "\\n", at: end) {
          end += 2
        }
        if end > start + count && hasText(template, second, at: end) { return true }
      }
      start += 1
    }
    return false
  }
}
