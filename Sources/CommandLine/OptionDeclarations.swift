// Each option once: its names and the commands that take it, and below what it takes and does.
extension Option {
  public var declaration: OptionDeclaration {
    @export(interface) get {
      switch self {
      case .help: .init("--help", or: "-h", CommandSet.profiled + CommandSet.others)
      case .version: .init("--version", CommandSet.profiled + CommandSet.others)
      case .profile: .init("--profile", .profiled)
      case .model: .init("--model", CommandSet.profiled + CommandSet.others)
      case .shape: .init("--shape", CommandSet.benchmarks + CommandSet([.profileRun, .probe]))
      case .prompt:
        .init(
          "--prompt",
          CommandSet([.run, .plan, .bench, .benchFirstToken, .score, .tokenize, .template]))
      case .promptFile:
        .init("--prompt-file", CommandSet([.run, .plan, .score, .tokenize, .template]))
      case .tokens: .init("--tokens", CommandSet([.run, .plan, .score]))
      case .raw: .init("--raw", CommandSet([.run, .serve, .plan]))
      case .system: .init("--system", CommandSet([.run, .chat, .plan, .template]))
      case .chatTemplate:
        .init("--chat-template", CommandSet([.run, .chat, .serve, .plan, .template]))
      case .think: .init("--think", CommandSet([.run, .chat, .plan]))
      case .preTokenizer:
        .init("--pre-tokenizer", CommandSet.answering + CommandSet([.score, .tokenize]))
      case .messages: .init("--messages", CommandSet([.template]))
      case .maxTokens: .init("--max-tokens", .answering)
      case .stop: .init("--stop", .answering)
      case .logprobs: .init("--logprobs", CommandSet([.run, .plan]))
      case .saveCache: .init("--save-cache", CommandSet([.run]))
      case .loadCache: .init("--load-cache", CommandSet([.run]))
      case .jsonSchema: .init("--json-schema", CommandSet([.run, .plan]))
      case .grammar: .init("--grammar", CommandSet([.run, .plan]))
      case .grammarKiB: .init("--grammar-kib", CommandSet([.run, .chat, .serve, .plan]))
      case .tools: .init("--tools", CommandSet([.chat, .plan]))
      case .positions: .init("--positions", CommandSet.answering + CommandSet([.score]))
      case .json: .init("--json", CommandSet.benchmarks + CommandSet([.plan, .score]))
      case .of: .init("--of", CommandSet([.plan]))
      case .kv: .init("--kv", CommandSet([.benchScoring]))
      case .policies: .init("--policies", CommandSet([.benchScoring, .benchFirstToken]))
      case .blocks: .init("--blocks", CommandSet([.benchFirstToken]))
      case .generate: .init("--generate", CommandSet([.bench]))
      case .waits: .init("--waits", CommandSet([.bench]))
      case .passes: .init("--passes", CommandSet([.bench]))
      case .repeatCount: .init("--repeat", CommandSet.benchmarks + CommandSet([.template]))
      case .csv: .init("--csv", CommandSet([.benchFirstToken]))
      case .skip: .init("--skip", CommandSet([.score]))
      case .logits: .init("--logits", CommandSet([.score]))
      case .output: .init("-o", or: "--output", CommandSet([.pack, .probe, .profileRun]))
      case .quick: .init("--quick", CommandSet([.profileRun]))
      case .tune: .init("--tune", CommandSet([.probe]))
      case .tuneSeconds: .init("--tune-seconds", CommandSet([.probe]))
      case .reserveMiB: .init("--reserve-mib", CommandSet([.probe]))
      case .listen: .init("--listen", .serving)
      case .tokenFile: .init("--token-file", .serving)
      case .alias: .init("--alias", .serving)
      case .connections: .init("--connections", .serving)
      case .queue: .init("--queue", .serving)
      case .kept: .init("--kept", .serving)
      case .keptFile: .init("--kept-file", .serving)
      case .keptFileMiB: .init("--kept-file-mib", .serving)
      case .maxBodyMiB: .init("--max-body-mib", .serving)
      case .maxPromptTokens: .init("--max-prompt-tokens", .serving)
      case .anyModel: .init("--any-model", .serving)
      case .allowOrigin: .init("--allow-origin", .serving)
      case .timeout: .init("--timeout", .serving)
      case .keepAlive: .init("--keep-alive", .serving)
      case .grace: .init("--grace", .serving)
      case .report: .init("--report", CommandSet([.run]))
      case .quiet: .init("--quiet", CommandSet.running + CommandSet([.plan, .probe]))
      case .lockMemory:
        .init("--lock-memory", CommandSet.locking + CommandSet([.benchFirstToken]), .machine)
      case .noHugePages: .init("--no-huge-pages", .running, .machine)
      case .noLockdown:
        .init("--no-lockdown", CommandSet.locking + CommandSet([.benchScoring]), .machine)
      case .maxTemperature: .init("--max-temperature", .running, .machine)
      case .sysroot: .init("--sysroot", CommandSet.running + CommandSet([.probe]), .machine)
      case .temperature: .init("--temperature", .answering, .sampling)
      case .topK: .init("--top-k", .answering, .sampling)
      case .topP: .init("--top-p", .answering, .sampling)
      case .minP: .init("--min-p", .answering, .sampling)
      case .repeatPenalty: .init("--repeat-penalty", .answering, .sampling)
      case .seed: .init("--seed", .answering, .sampling)
      case .block: .init("--block", .overriding, .overrides)
      case .budget: .init("--budget", .overriding, .overrides)
      case .policy: .init("--policy", .overriding, .overrides)
      case .headBudgets:
        .init(
          "--head-budgets",
          CommandSet.answering + CommandSet([.score, .pack, .bench, .benchFirstToken, .probe]),
          .overrides)
      case .threads: .init("--threads", .overriding, .overrides)
      case .sinks: .init("--sinks", .profiled, .overrides)
      case .recent: .init("--recent", .profiled, .overrides)
      case .ramCapMiB: .init("--ram-cap-mib", .overriding, .overrides)
      case .weights: .init("--weights", .overriding, .overrides)
      case .speculate:
        .init("--speculate", CommandSet.answering + CommandSet([.probe]), .overrides)
      case .decodeThreads: .init("--decode-threads", .overriding, .overrides)
      }
    }
  }
}

extension CommandSet {
  fileprivate static var others: CommandSet {
    CommandSet([.probe, .tokenize, .template, .inspect])
  }
  fileprivate static var serving: CommandSet { CommandSet([.serve, .plan]) }
  fileprivate static var overriding: CommandSet { profiled + CommandSet([.probe]) }
  fileprivate static var locking: CommandSet { CommandSet([.run, .chat, .serve, .bench, .score]) }
}
