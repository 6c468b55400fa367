import Foundation
import TestSupport
import Testing

@testable import Constraint

/// Templates of published models tell their form.
@Suite struct TemplateFormTests {
  private static func family(_ template: String) throws -> ToolFamily {
    let text = Array(try Data(contentsOf: Files.sharedURL("data/templates/\(template)")))
    return ToolFamily(template: text.span)
  }

  @Test(.enabled(if: Files.shared("data/templates") != nil, "needs ../shared/data/templates"))
  func templatesTellTheirForm() throws {
    let cases: [(String, ToolFamily)] = [
      ("Qwen-Qwen2.5-7B-Instruct", .hermes), ("Qwen-Qwen3-0.6B", .hermes),
      ("NousResearch-Hermes-3-Llama-3.1-8B-tool_use", .hermes),
      ("ibm-granite-granite-4.0", .hermes), ("Qwen3-Coder", .qwenCoder),
      ("Qwen3.5-4B", .qwenCoder), ("NVIDIA-Nemotron-3-Nano-30B-A3B-BF16", .qwenCoder),
      ("StepFun3.5-Flash", .qwenCoder), ("ByteDance-Seed-OSS", .seed), ("MiniMax-M2", .miniMax),
      ("GLM-4.7-Flash", .glmPlain), ("Spark2.5", .glmPlain), ("poolside-Laguna-XS.2", .glm),
      ("LFM2-8B-A1B", .lfm), ("LFM2.5-8B-A1B", .lfm), ("LFM2.5-Instruct", .lfm),
      ("google-gemma-4-31B-it", .gemma), ("MiMo-VL", .hermes), ("Reka-Edge", .hermes),
      ("meta-llama-Llama-3.2-3B-Instruct", .llama),
      ("mistralai-Mistral-Nemo-Instruct-2407", .mistralList),
      ("unsloth-mistral-Devstral-Small-2507", .mistralNamed),
      ("ibm-granite-granite-3.3-2B-Instruct", .granite),
      ("deepseek-ai-DeepSeek-V3.1", .deepSeekPlain),
      ("deepseek-ai-DeepSeek-R1-Distill-Qwen-32B", .deepSeekFenced),
      ("meetkai-functionary-medium-v3.1", .functionary),
      ("meetkai-functionary-medium-v3.2", .recipients), ("GLM-4.6", .glm),
      ("google-gemma-2-2b-it", .generic),
      ("Kimi-K2-Instruct", .kimi), ("Kimi-K2-Thinking", .kimi), ("moonshotai-Kimi-K2", .kimi),
      ("Kimi-K3", .kimiTagged), ("deepseek-ai-DeepSeek-V3.2", .deepSeekMarked),
      ("deepseek-ai-DeepSeek-V4", .deepSeekTools),
      ("deepseek-ai-DeepSeek-V4-Flash-0731", .deepSeekTools), ("tencent-Hy3", .hunyuan),
      ("MiniMax-M1", .miniMaxLines), ("MiniMax-M3", .miniMaxElements),
      ("Apertus-8B-Instruct", .apertus),
      ("CohereForAI-c4ai-command-r7b-12-2024-tool_use", .cohere), ("Cohere2MoE", .cohere),
      ("CohereForAI-c4ai-command-r-plus-tool_use", .cohereFenced),
      ("GigaChat3.1-10B-A1.8B", .gigaChat), ("GigaChat3-10B-A1.8B", .gigaChatRole),
      ("upstage-Solar-Open-100B", .solar), ("openai-gpt-oss-120b", .harmony),
      ("muse-glimmer", .muse), ("openbmb-MiniCPM5-1B", .miniCPM),
      ("Mistral-Small-3.2-24B-Instruct-2506", .mistralNumbered),
      ("inclusionai-ling-3.0-flash", .ling), ("poolside-Laguna-XS-2.1", .glm),
      ("poolside-Laguna-S-2.1", .glmPlain), ("unsloth-Apriel-1.5", .apriel),
    ]
    for (name, family) in cases { #expect(try Self.family(name + ".jinja") == family, "\(name)") }
  }

  /// Templates whose calls are an object as the whole answer, or that know no calls.
  private static let others = [
    "HuggingFaceTB-SmolLM3-3B.jinja", "llama-cpp-rwkv-world.jinja",
    "microsoft-Phi-3.5-mini-instruct.jinja",
  ]
  /// Templates that do not write calls of the history.
  private static let silent = [
    "LFM2-8B-A1B.jinja", "LFM2.5-Instruct.jinja", "deepseek-ai-DeepSeek-R1-Distill-Llama-8B.jinja",
    "ibm-granite-granite-3.3-2B-Instruct.jinja",
  ]
  /// Forms in which a template's history has what is not asked of answers: other members, other orders of
  /// arguments, Python's names of values.
  private static let looser: Set<ToolFamily> = [
    .apriel, .gemma, .kimiTagged, .lfm, .miniCPM, .mistralList, .mistralNumbered, .qwenCoder, .seed,
    .solar,
  ]

  /// The properties are in the order in which the call has them.
  private static let tools = """
    [{"type": "function", "function": {"name": "set_light", "parameters": {"type": "object", \
    "properties": {"room": {"type": "string"}, "on": {"type": "boolean"}, "level": \
    {"type": "integer"}}, "required": ["room", "on"]}}}]
    """

  /// A call that a template writes in its history is one of the form that the template tells, for the
  /// reader and for the grammar.
  @Test(
    .enabled(
      if: Files.shared("golden/templates.json") != nil, "needs ../shared/golden/templates.json"))
  func templatesWriteTheirForm() throws {
    let data = try Data(contentsOf: Files.sharedURL("golden/templates.json"))
    let rows = try #require(try JSONSerialization.jsonObject(with: data) as? [[String: Any]])
    let checker = try Checker()
    var count = 0
    for row in rows where row["case"] as? String == "tool-call" {
      let template = try #require(row["template"] as? String)
      let family = try Self.family(template)
      if family == .generic {
        #expect(Self.others.contains(template) || row["text"] == nil, "\(template)")
        continue
      }
      let text = try #require(row["text"] as? String)
      let question = try #require(text.ranges(of: "Kitchen light on").last)
      let form = family.form
      let trigger = String(describing: form.begin).utf8.prefix(form.triggerCount)
      let answer = text[question.upperBound...]
      guard let start = answer.range(of: String(decoding: trigger, as: UTF8.self)) else {
        #expect(Self.silent.contains(template), "\(template)")
        continue
      }
      var call = String(answer[start.lowerBound...])
      if form.textName != nil { call.removeFirst(String(describing: form.begin).count) }
      let last = try #require(call.range(of: "40") ?? call.range(of: "kitchen"), "\(template)")
      let end = (form.keyed == nil ? "}" : "") + "\(form.end)" + "\(form.finish)"
      if let whole = call[last.upperBound...].range(of: end) {
        call = String(call[..<whole.upperBound])
      } else {
        #expect(Self.looser.contains(family), "\(template): \(call)")
      }
      let reading = ToolTests.Reading(family, call) { _, key, _ in
        Argument(key == "room" ? .text : .value)
      }
      #expect(reading.names == ["set_light"], "\(template)")
      count += 1
      if Self.looser.contains(family) { continue }
      #expect(
        reading.arguments.map { JSONValue($0) }
          == [JSONValue(#"{"room": "kitchen", "on": true, "level": 40}"#)], "\(template)")
      #expect(checker.useTools(Self.tools, family) == nil)
      #expect(checker.accepts(call), "\(template)")
    }
    #expect(count > 50)
  }
}
