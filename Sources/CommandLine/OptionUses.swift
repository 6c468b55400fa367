// What each option takes and does, for a command that takes it.
extension Option {
  /// The largest number of tokens that an option may ask for: 4 MiB of ids.
  public static let tokenCountMax = 1_048_576
  static let wholeMax = Int(Int32.max)

  @export(interface)
  public func use(by command: Command) -> OptionUse {
    switch self {
    case .help: .init("", .flag, "This text.")
    case .version:
      .init("", .flag, "The version, and the instructions that the program was built for.")
    case .profile:
      .init(
        "FILE", .text(standard: nil),
        """
        The device profile (JSON); a name without a folder is looked for in /etc/edge-infer too \
        ($EDGE_INFER_PROFILES takes its place). Without the option: profile.json there, else what \
        probe would write.
        """)
    case .model: modelUse(command)
    case .shape: shapeUse(command)
    case .prompt: promptUse(command)
    case .promptFile:
      .init(
        "FILE", .text(standard: nil),
        "The text of a file; - is standard input, which may be endless.")
    case .tokens:
      .init(
        "FILE", .text(standard: nil),
        "The text as token ids, separated by white space; - is standard input.")
    case .raw:
      .init(
        "", .flag,
        command == .serve
          ? "No chat template: /v1/completions alone."
          : "No chat template; special tokens in the text are recognized.")
    case .system: .init("TEXT", .text(standard: nil), "The system message of the chat template.")
    case .chatTemplate:
      .init("FILE", .text(standard: nil), "A chat template in place of the model's.")
    case .think:
      .init(
        "on|off", .text(standard: nil),
        "Whether the model thinks before it answers, for templates that have the switch.")
    case .preTokenizer:
      .init(
        "NAME", .text(standard: nil),
        """
        How text is split before its tokens are merged, in place of what the model's \
        tokenizer.ggml.pre says: llama-bpe, qwen2, qwen35, smollm, gpt-2, gpt-4o, tekken, \
        default or an alias.
        """)
    case .messages:
      .init(
        "FILE", .text(standard: nil),
        "The conversation (JSON), in place of --prompt and --system; - is standard input.")
    case .json:
      command == .plan
        ? .init("", .flag, "The plan as JSON, to standard output.")
        : .init(
          "FILE", .text(standard: nil),
          "Writes all figures as JSON; times are in microseconds, sizes in bytes.")
    case .of:
      .init(
        "COMMAND", .text(standard: "run"),
        "The command that is planned: run, chat or serve, with those of its options that take memory."
      )
    case .quick:
      .init(
        "", .flag,
        """
        A few minutes or less: prompts of 256 and 1024 tokens, one or two runs; six policies at up to \
        2048 slots, in 5 runs.
        """)
    case .output: outputUse(command)
    case .report: .init("FILE", .text(standard: nil), "Writes the run's report as JSON.")
    case .quiet: quietUse(command)
    case .skip: .init("K", .whole(0...Self.wholeMax, standard: 0), "Leaves out the tokens 0 to K.")
    case .logits:
      .init(
        "FILE", .text(standard: nil),
        "Writes tokens x vocabulary Float32, row-major, little-endian.")
    case .maxTokens, .stop, .logprobs, .saveCache, .loadCache, .positions: answerUse(command)
    case .jsonSchema, .grammar, .grammarKiB, .tools: grammarUse(command)
    case .kv, .policies, .blocks, .generate, .repeatCount, .csv, .waits, .passes:
      benchUse(command)
    case .tune, .tuneSeconds, .reserveMiB: probeUse
    case .listen, .tokenFile, .alias, .connections, .queue, .kept, .keptFile,
      .keptFileMiB, .maxBodyMiB, .maxPromptTokens, .anyModel, .allowOrigin, .timeout, .keepAlive,
      .grace:
      serveUse
    case .lockMemory, .noHugePages, .noLockdown, .maxTemperature, .sysroot: machineUse(command)
    case .temperature, .topK, .topP, .minP, .repeatPenalty, .seed: samplingUse
    case .block, .budget, .policy, .headBudgets, .threads, .sinks, .recent, .ramCapMiB, .weights,
      .speculate, .decodeThreads:
      overrideUse
    }
  }

  private func modelUse(_ command: Command) -> OptionUse {
    switch command {
    case .tokenize, .template, .inspect:
      .init("FILE", .text(standard: nil), "The GGUF file.", isRequired: command != .inspect)
    case .probe:
      .init(
        "FILE", .text(standard: "SmolLM2-135M-Instruct.Q4_1.gguf"),
        "The profile's model; it is looked for with --tune alone.")
    case .benchScoring:
      .init(
        "FILE", .text(standard: nil), "A model of whose shape the layer is; the profile's without.")
    default:
      .init(
        "FILE", .text(standard: nil),
        """
        In place of the profile's model; looked for as given, then in $EDGE_INFER_MODELS, then in \
        ~/.cache/edge-infer; of a model in several files the first, NAME-00001-of-0000N.gguf.
        """)
    }
  }

  private func shapeUse(_ command: Command) -> OptionUse {
    switch command {
    case .probe:
      .init(
        "NAME", .text(standard: nil),
        """
        With --tune: times a published model's shape in place of the model's, which need not be there \
        then; see edge-infer bench --help.
        """)
    case .benchScoring:
      .init(
        "NAME", .text(standard: nil),
        """
        A published model's shape, see edge-infer bench --help; if neither this nor --model is given \
        and the profile's model is missing, smollm2-135m.
        """)
    default:
      .init(
        "NAME", .text(standard: nil),
        """
        Made-up weights of a published model's sizes, without a file: llama-3.2-1b, llama-3.2-3b, \
        llama-3.1-8b, qwen2.5-0.5b, qwen2.5-1.5b, qwen2.5-3b, qwen2.5-7b, smollm2-135m, \
        gemma-3-1b, gemma-3-4b, smollm3-3b, phi-4-mini, lfm2-1.2b, qwen3-30b-a3b, \
        qwen3.5-2b, gemma-4-e2b or gpt-oss-20b.
        """)
    }
  }

  private func promptUse(_ command: Command) -> OptionUse {
    switch command {
    case .bench:
      .init(
        "L,L,…", .text(standard: "512,2048"), "The prompts' lengths in tokens, at most 16 of them.")
    case .benchFirstToken:
      .init(
        "L,L,…", .text(standard: "1024,4096,16384"),
        "The prompts' lengths in tokens, at most 16 of them.")
    case .score, .tokenize: .init("TEXT", .text(standard: nil), "The text.")
    default: .init("TEXT", .text(standard: nil), "The prompt.")
    }
  }

  private func outputUse(_ command: Command) -> OptionUse {
    switch command {
    case .pack: .init("FILE", .text(standard: nil), "The packed model.", isRequired: true)
    case .profileRun:
      .init(
        "DIR", .text(standard: nil), "The folder, which is made if it is not there.",
        isRequired: true)
    default: .init("FILE", .text(standard: nil), "The profile; without it, standard output.")
    }
  }

  private func quietUse(_ command: Command) -> OptionUse {
    switch command {
    case .chat: .init("", .flag, "No lines at the start.")
    case .serve: .init("", .flag, "No lines at the start, and none for each request.")
    case .probe: .init("", .flag, "No table.")
    default: .init("", .flag, "No tables and no progress.")
    }
  }

  @export(interface)
  private func answerUse(_ command: Command) -> OptionUse {
    switch self {
    case .maxTokens:
      .init(
        "N", .whole(0...Self.tokenCountMax, standard: command == .run ? 256 : 1024),
        command == .serve
          ? "Tokens of an answer if the request does not say." : "Tokens of an answer at most.")
    case .stop:
      .init(
        "TEXT", .text(standard: nil),
        command == .serve
          ? "As of edge-infer run, if the request has no stop texts."
          : """
          The answer ends before this text, which is not printed; may be given 16 times, each at most \
          256 bytes.
          """)
    case .logprobs:
      .init(
        "", .flag,
        """
        Log-probabilities of the answer's tokens in the report: natural logarithms of the softmax of \
        the logits as they are.
        """)
    case .saveCache:
      .init(
        "FILE", .text(standard: nil),
        "After the prompt, writes the cache, which the policy has bounded, to a file.")
    case .loadCache:
      .init(
        "FILE", .text(standard: nil),
        """
        Begins with such a file in place of an empty cache; a prompt, if there is one, follows what \
        was read before. Model, policy, --budget, --block, --sinks, --recent and --positions must be \
        those of the run that saved it.
        """)
    default:
      .init(
        "HOW", .text(standard: "original"),
        """
        original: a token's position is its place in the text, and past the model's trained length \
        there is a warning; compact: if the next position would pass that length, each head's kept \
        tokens get the positions 0, 1, 2, … in order, their keys are turned to them, and the text \
        goes on.
        """)
    }
  }

  private func grammarUse(_ command: Command) -> OptionUse {
    switch self {
    case .jsonSchema:
      .init(
        "FILE", .text(standard: nil),
        "The answer is a JSON value that this JSON schema allows (draft 2020-12).")
    case .grammar:
      .init(
        "FILE", .text(standard: nil),
        "The answer is a text of this grammar, written as llama.cpp's GBNF.")
    case .tools:
      .init(
        "FILE", .text(standard: nil),
        """
        A JSON list of tools, as OpenAI's API has it, which the template tells the model of. Calls in \
        answers follow it and are shown as the model writes them; they are not run.
        """)
    default:
      .init(
        "N", .whole((command == .serve ? 0 : 16)...65_536, standard: 256),
        command == .serve
          ? """
          Memory for a request's JSON schema or grammar; larger ones get 400. 0: answers cannot be \
          bound.
          """
          : command == .chat
            ? "Memory for the tools, and what they are compiled to."
            : "Memory for the schema or grammar, and what it is compiled to.")
    }
  }

  private func benchUse(_ command: Command) -> OptionUse {
    switch self {
    case .kv:
      .init(
        "N,N,…", .text(standard: "512,1024,2048,4096,8192"),
        """
        Filled slots of a KV head after the block, which evicts down to N - B; at most 16 of them.
        """)
    case .policies:
      command == .benchScoring
        ? .init(
          "NAME,…", .text(standard: "all"),
          """
          all, or policies other than full; keydiff-alone is KeyDiff in passes of its own over the \
          keys, with nothing kept between blocks.
          """)
        : .init("NAME,…", .text(standard: "full,keydiff"), "all, or policies.")
    case .blocks:
      .init("B,B,…", .text(standard: "64,128,256"), "Tokens of a block, at most 16 sizes.")
    case .generate: .init("G", .whole(1...65_536, standard: 64), "Tokens after each prompt.")
    case .waits:
      .init("", .flag, "Says how long each thread waited for the others.")
    case .passes:
      .init(
        "", .flag,
        "Also measures passes of 2, 4 and 8 tokens after each prompt, in passes of one token.")
    case .repeatCount where command == .template:
      .init(
        "R", .whole(1...10_000, standard: 1),
        "Runs of the template; after several, a line on standard error says how long they took.")
    case .repeatCount:
      command == .benchScoring
        ? .init(
          "R", .whole(1...100, standard: 25),
          "Measured blocks of each; of keydiff-pairwise at most 3.")
        : .init(
          "R", .whole(1...100, standard: 3), "Runs of each case; there are at most 256 cases.")
    default:
      .init("FILE", .text(standard: nil), "Writes a line for each case that was measured.")
    }
  }

  private var probeUse: OptionUse {
    switch self {
    case .tune:
      .init("", .flag, "Times threads, cores and blocks, and writes the fastest (below).")
    case .tuneSeconds:
      .init(
        "S", .whole(1...3600, standard: 110),
        "Begins nothing that would not be over after so long.")
    default:
      .init(
        "M", .whole(0...Self.wholeMax, standard: nil),
        """
        MiB of the memory available now that stay for others; the rest, in steps of 16 MiB, is the \
        cap. Without it an eighth of all memory, 64 to 1024 MiB.
        """)
    }
  }

  private var serveUse: OptionUse {
    switch self {
    case .listen:
      .init(
        "ADDRESS", .text(standard: "127.0.0.1:8080"),
        """
        ADDRESS:PORT, an IPv6 address in brackets; port 0 takes a free one, which is told. unix:PATH \
        makes a socket for this user alone: a stale one is replaced, and it stays when the service \
        ends.
        """)
    case .tokenFile:
      .init(
        "FILE", .text(standard: nil),
        "A token that requests must bring: Authorization: Bearer TOKEN.")
    case .alias:
      .init(
        "NAME", .text(standard: nil),
        "The model's name, in place of its file's.")
    case .anyModel:
      .init(
        "on|off", .text(standard: "on"),
        """
        Whether requests for models of other names are answered by this one, under its own name; else \
        they get 404.
        """)
    case .allowOrigin:
      .init(
        "ORIGIN", .text(standard: nil),
        """
        Web pages of this origin, such as https://example.org, or of all (*) may use the service, \
        beside its own page.
        """)
    case .connections:
      .init(
        "N", .whole(1...256, standard: 64),
        """
        Connections at a time; those that are idle or send a request too slowly make room for new \
        ones.
        """)
    case .queue:
      .init(
        "N", .whole(0...256, standard: 32),
        "Requests that wait; more get 503 with Retry-After.")
    case .kept:
      .init(
        "N", .whole(0...64, standard: 2),
        """
        Texts whose caches are kept beside the latest one: a prompt that begins as one of them is read \
        from the first token on that differs. The one that was not used for the longest time makes \
        room.
        """)
    case .keptFile:
      .init(
        "FILE", .text(standard: nil),
        """
        Texts that leave the memory of --kept are written to this file and read back when a prompt \
        begins as one of them does, also after a new start with the same model and settings. It is \
        made if it is not there, and serves one process at a time.
        """)
    case .keptFileMiB:
      .init(
        "M", .whole(1...1_048_576, standard: nil),
        "The size of that file in MiB; all of it is taken at the start. plan says what a text takes."
      )
    case .maxBodyMiB:
      .init(
        "M", .whole(1...1024, standard: 4),
        "Larger bodies, in MiB, get 413. There is memory for one of this size.")
    case .maxPromptTokens:
      .init(
        "N", .whole(1...Self.tokenCountMax, standard: 1_048_576),
        "Longer prompts get 400.")
    case .timeout:
      .init(
        "S", .whole(1...3600, standard: 30),
        """
        So many seconds a client may take for a body, beyond what 1 KiB a second takes, and for room for more of an answer; a head has 10 s at most.
        """)
    case .keepAlive:
      .init(
        "S", .whole(1...3600, standard: 60),
        "So many seconds a connection stays open without requests.")
    default:
      .init(
        "S", .whole(0...3600, standard: 30),
        """
        On SIGTERM or SIGINT those that wait get 503, and the running request may go on for so many \
        seconds. A second signal ends at once.
        """)
    }
  }

  private func machineUse(_ command: Command) -> OptionUse {
    switch self {
    case .lockMemory:
      .init(
        "", .flag,
        """
        Keeps the arena in memory: it is not swapped out, and a packed model's weights are not \
        dropped and read again when other programs need memory. If the system does not allow it, says \
        so and goes on.
        """)
    case .noHugePages:
      .init("", .flag, "Asks the system for no huge pages in place of as many as it has.")
    case .noLockdown:
      .init(
        "", .flag,
        """
        For debuggers: without the filter that has the kernel kill the process for any system call \
        but those that reading, writing and waiting need.
        """)
    case .maxTemperature:
      .init(
        "C", .whole(30...120, standard: nil),
        """
        Pauses between blocks, and between tokens of the answer, while the processor is at C degrees \
        Celsius or above, until it is at C - 3; no time but that of the pauses has them in it. serve \
        answers other requests in a pause.
        """)
    default:
      command == .probe
        ? .init(
          "DIR", .text(standard: nil),
          """
          In place of this machine, one whose files were copied to DIR/proc and DIR/sys; \
          proc/cpuinfo (Features or flags) then tells of its instructions.
          """)
        : .init(
          "DIR", .text(standard: nil), "Reads the sensors' files, sys/…, below DIR in place of /.")
    }
  }

  private var samplingUse: OptionUse {
    switch self {
    case .temperature:
      .init("T", .decimal(0...100, standard: 0), "0: always the likeliest token.")
    case .topK:
      .init(
        "K", .whole(0...Self.wholeMax, standard: 40), "So many of the likeliest tokens; 0: all.")
    case .topP:
      .init(
        "P", .decimal(0...1, standard: 0.95),
        "Of these, the likeliest whose probabilities sum up to P.")
    case .minP:
      .init(
        "P", .decimal(0...1, standard: 0.05),
        "Of these, those at least P times as likely as the likeliest.")
    case .repeatPenalty:
      .init(
        "R", .decimal(0.01...100, standard: 1),
        """
        Of the latest 64 tokens, positive logits are divided by R and others multiplied; 1: none.
        """)
    default:
      .init(
        "S", .seed,
        "Of the random numbers: the same S gives the same text on every board.")
    }
  }

  private var overrideUse: OptionUse {
    switch self {
    case .block: .init("B", .override, "Tokens of a prompt block.")
    case .budget: .init("N", .override, "Tokens that each KV head keeps.")
    case .policy: .init("NAME", .override, "One of:")
    case .headBudgets:
      .init(
        "FILE", .text(standard: nil),
        """
        KV heads keep different numbers of tokens, N in the mean, as this file says for the model: \
        edge-lab budgets writes it. Without one those of the profile are taken, else those of a packed \
        model; none: all heads keep N.
        """)
    case .threads: .init("T", .override, "Threads.")
    case .sinks: .init("S", .override, "The text's first S tokens are never evicted.")
    case .recent:
      .init("R", .override, "Nor are the latest R: a count, or a fraction of N such as 0.2.")
    case .weights:
      .init(
        "F", .override,
        """
        int8, or file: weights stay in the 4 to 6 bits that the file has. With --shape also a type \
        such as q4_0 or q4_k_m.
        """)
    case .decodeThreads:
      .init(
        "N", .override,
        "So many of the threads generate tokens; the others sleep then. [the profile's, or all]")
    case .speculate:
      .init(
        "HOW", .override,
        """
        lookup: tokens that followed the same text before pass through the model together with the \
        answer's latest one, where that saves time; off: each token for itself. The answer is the same. \
        [the profile's, or lookup]
        """)
    default: .init("M", .override, "The largest resident size of the process, in MiB.")
    }
  }
}
