// What the help of each command says beside its options.
extension Command {
  /// The words between the required options and the others.
  var usage: StaticString {
    switch self {
    case .run: " [--prompt TEXT | --prompt-file FILE | --tokens FILE]"
    case .score: " (--prompt TEXT | --prompt-file FILE | --tokens FILE)"
    case .tokenize: " (--prompt TEXT | --prompt-file FILE)"
    case .template: " [--messages FILE | --prompt TEXT | --prompt-file FILE]"
    case .inspect: " M.gguf"
    default: ""
    }
  }

  /// Before the options.
  var purpose: StaticString {
    switch self {
    case .run:
      """
      run reads the prompt block by block, evicting the cache to its budget after each block, and
      prints the answer to standard output. Tables, progress and errors go to standard error. Of
      sampling, --top-k, --top-p, --min-p and --seed count only if the temperature is above 0.

      """
    case .chat:
      """
      A conversation: each line of standard input is a message, and the answer goes to standard output.
      The cache stays from message to message, in the budget, so only what is new is read.

      """
    case .serve: Self.servePurpose
    case .plan:
      """
      Prints the memory plan, and whether it fits below the cap, without reading weights. The exit code
      is 78 if the plan is over the cap.

      """
    case .bench:
      """
      Measures the speed of prompts and of the tokens generated after them; bench scoring --help and
      bench ttft --help tell of the other measurements. The prompts are made up; end tokens do not end
      the answer; the cache is emptied before each prompt. Before the runs there is a short one that
      does not count.

      """
    case .benchScoring:
      """
      Measures what each eviction policy adds to a prompt block beyond policy full, as table 19 of the
      KeyDiff paper does on a phone: scoring (sums of keys, the anchor's row, sums of attention
      weights, scores), and the choice of slots with the moving of rows. Keys and queries are made up;
      no weights are read. One layer is measured, over all its KV heads on the profile's threads, each
      with heads of its own; the slowest thread's time counts, times the number of layers.

      """
    case .benchFirstToken:
      """
      Measures the time from a prompt to its first token, for each policy, block and prompt, as
      figures 7 and 17 of the KeyDiff paper do: all blocks, the logits of the last token, and the
      choice of the likeliest. The prompts are made up. Each case plans, maps and fills memory of its
      own, one after the other, and reads one block before the runs that count.

      """
    case .profileRun: Self.profileRunPurpose
    case .score:
      """
      Prints one line: tokens T nll X.XXXXX ppl Y.YYYY: the mean of -log p over the text's tokens
      after the first, each predicted from those before it under the cache policy.

      """
    case .pack:
      """
      Writes a model as one file with its weights as they lie in memory, which takes the place of
      the GGUF file in --model or the profile. It is loaded by mapping it: the weights are the
      file's own pages, read-only, and nothing is converted. Answers are the same, bit for bit.

      """
    case .probe:
      """
      Writes the profile of this machine, which --profile of the other commands takes as it is: to a
      file that appears whole or not at all, or to standard output. What was found, and what was
      assumed because the kernel does not say it, goes to standard error.

      """
    case .tokenize:
      """
      Prints the text's token ids on one line. Special tokens in the text are recognized.

      """
    case .template:
      """
      Prints the text that the model's chat template makes, byte for byte. The model is given the same,
      except that serve tells of tools in the system message if its template does not know them.
      --messages names an object: messages, tools, and every other member is a variable of the template;
      where they are absent, add_generation_prompt is true, and bos_token and eos_token are the model's
      own. The time that templates may ask for is in UTC. A template's refusal is an error (65).

      """
    case .inspect:
      """
      Prints the model's architecture, shape, tokenizer and tensor types.

      """
    }
  }

  /// Behind the options.
  var notes: StaticString {
    switch self {
    case .run: Self.runNotes
    case .chat:
      """

      The seed counts from the conversation's start. Files are opened only by /save and /load. On a
      terminal, messages can be edited; up and down bring back earlier ones, Alt-Enter begins a new
      line, and what is pasted is one message. Ctrl-C stops an answer or clears the message. Nothing
      but answers goes to standard output.

      """
    case .serve: Self.serveNotes
    case .bench:
      """

      Under policy full the cache gets as many slots as the longest prompt and its answer need, and
      --budget has no effect.

      The table has the median, the least and the greatest speed, and the spread: the greatest less
      the least, in percent of the median. Below it is how much of the prompt blocks' time each part
      took in the run of median time, and how near the runs were to the machine's limits:
        int8 multiply  multiply-adds a second of the prompt's matrix products, in the time of these
                       products and in the time of the whole prompt, against a loop of the build's
                       best int8 instruction in registers on all threads
        multiply-add   multiply-adds a second of attention, in its time, against a loop of them in its
                       number format; the KV heads' budgets are taken as equal
        memory read    bytes of weights and cache that a generated token reads, times tokens a
                       second, against all threads reading the weights in straight lines
      The limits are measured before and after the runs; the best measurement counts.

      """
    case .benchScoring:
      """

      Each block is new: it is written, the keys are read as attention reads them, and what the policy
      adds is timed; then the cache holds what the policy kept. keydiff takes its anchor's products
      with keys that have just been read, a quarter of the profile's second-level cache at a time.
      --budget has no effect.

      The tables, on standard output, have the median times, those of scoring alone, one straight
      read of all keys as attention leaves them, and times relative to keydiff at the fewest slots,
      beside the paper's (of scoring) if it has any.

      """
    case .benchFirstToken:
      """

      There is no lockdown: each case maps memory of its own. Policy full gets as many slots as the
      prompt has tokens, and is left out if that is over the cap; other policies keep --budget slots.

      The table, on standard output, has the median times.

      """
    case .profileRun:
      """

      Cases over the cap are left out: policy full at long prompts, scoring of large caches. Each part
      maps memory of its own, so there is no lockdown.

      """
    case .pack:
      """

      A packed model is for the instruction set of the program that wrote it (AVX-512, AVX2, NEON,
      NEON with dot products, NEON with int8 matrix products) and for this version of the file;
      others refuse it and say so. It is written beside its place and renamed when it is whole.

      """
    case .probe: Self.probeNotes
    case .plan, .score, .tokenize, .template, .inspect: ""
    }
  }
}

extension Command {
  private static var runNotes: StaticString {
    """

    Exit codes: 0; 64 usage; 65 malformed model, prompt or tokens; 66 a file is missing; 69 the
    processor lacks what the program or profile needs; 71 the system refused memory or a thread;
    74 input or output failed; 78 the profile is invalid, or the plan is over the cap; 130 and 143
    SIGINT and SIGTERM ended the work at the next token or block, and the report was written (a
    second SIGINT ends at once); 141 the reader of standard output went away.
    Sensors, if the kernel has files for them, are read after each block and at most every 100 ms
    of the answer: temperature (thermal zones of the processor, coretemp, k10temp), the frequency of
    the slowest core used, throttling (a Raspberry Pi's get_throttled and rpi_volt, trip points of the
    zones, an x86 processor's counts), energy (a Jetson's rail VDD_IN, RAPL). The table, the summary
    and the report have what there is; ! marks blocks in which the board was slowed down.

    """
  }

  private static var servePurpose: StaticString {
    """
    A service for programs that speak OpenAI's API: HTTP/1.1 without encryption, requests served one
    at a time in the order in which they are whole, in memory that is planned before the first one.
      POST /v1/chat/completions   messages of the roles system (or developer; before all others),
                          user and assistant, as texts or parts of the type text; stream,
                          stream_options.include_usage, temperature, top_p, max_tokens or
                          max_completion_tokens, stop, seed, n, logprobs, top_logprobs, logit_bias,
                          presence_penalty, frequency_penalty; top_k, min_p, repeat_penalty,
                          ignore_eos, min_tokens, cache_prompt, return_progress; response_format
                          (json_object, json_schema), json_schema, guided_json, grammar and
                          guided_grammar, which bind the answer; tools, tool_choice and
                          parallel_tool_calls. Members that are not known get 400 with their name
      POST /v1/completions        prompt: a text, taken as it is, with special tokens; a list of tokens;
                          or a list of these; echo
      POST /v1/responses, /v1/messages, /api/chat, /api/generate      conversations in the forms of
                          OpenAI's responses, Anthropic's messages and Ollama, with text and tools
      POST /tokenize, /detokenize, /apply-template      as of llama.cpp's server
      GET /v1/models, /v1/models/NAME, /props, /slots   the one model, and what it does
      GET /                       a page for browsers
      GET /health                 {"status":"ok","busy":…,"waiting":…}; needs no token
      GET /metrics                counters for Prometheus, and the temperature
    The GET requests are answered while an answer is being made. Bodies are stored until it is their
    request's turn; settings may come behind the messages. A stream's head comes when its turn begins,
    and comments while it waits or its prompt is read. Options of sampling are for what requests do not
    say. GET /metrics names the limits.

    """
  }

  private static var serveNotes: StaticString {
    """

    Without --seed, answers to requests without seed differ if the temperature is above 0.
    At a loopback address, requests whose Host is not localhost, 127.0.0.1 or [::1] get 403, as web
    pages do that are not the service's own, unless --allow-origin names their origin. A client that
    ends its side of the connection is
    taken for gone, and its answer is ended. With policy full, a prompt that does not fit gets 400
    context_length_exceeded; other policies take as many tokens as --max-prompt-tokens allows.
    After the start, system calls can take connections, read, write and end, and nothing more.
    Exit codes: 0 if a signal ended it in time; 130 and 143 at a second SIGINT or SIGTERM; others as
    of edge-infer --help.

    """
  }

  private static var profileRunPurpose: StaticString {
    """
    Measures a board in one go, by the same routines as plan and bench, into a folder:
      memory.json         the memory plan, as of edge-infer plan --raw
      speed.json          speed of prompts of 512 and 2048 tokens and of 64 tokens after each, in 3
                          runs, as of edge-infer bench
      scoring.json        what each policy adds to a block at 512 to 8192 slots, in 25 runs, as of
                          edge-infer bench scoring: table 19 of the KeyDiff paper
      ttft.json           time to first token of prompts of 1024, 4096 and 16384 tokens, policies
                          full, keydiff and the profile's, in 3 runs, as of edge-infer bench ttft
      profile-run.json    board, model and program that all of these are of
    A part's file appears when the part is done, whole. The same command goes on after the parts that
    are there; a folder of another profile, model, program or length is refused with 64. Ctrl-C ends
    it with 130, at the next block, and leaves the parts that are done. edge-lab plot DIR draws the
    folder, and edge-lab plot DIR1 DIR2 compares two.

    """
  }

  private static var probeNotes: StaticString {
    """

    cores     those online that this process may use (affinity, cpuset), one hardware thread of each;
              on big.LITTLE the big ones: with at least 7/8 of the highest cpu_capacity, or of the
              highest cpuinfo_max_freq if a capacity is not known. At most 64
    L2        the smallest of these cores' second-level caches, whole if cores share one; 256 KiB
              if it is not known
    memory    MemAvailable, or what the control groups' limits leave, if that is less; 512 MiB if
              it is not known
    block and budget: 64 and 1024 under a cap of 512 MiB, 128 and 4096 from 12 GiB on, else 128 and
    2048; policy keydiff-stream, and as head budgets the file that --head-budgets names, or
    MODEL.heads.json beside the model, without the model's ending

    --tune times prompt blocks and answer tokens with a cache filled to the budget, in made-up weights
    and keys of the model's sizes (its header alone is read): first the core sets with the block
    above, then the blocks with the best set, and with another set if that turns out to be better.
    core sets the fast cores, these with half and with all of the slower ones, all hardware threads,
              the fast cores but one (from four on), half of them, and one; --threads names one set
    blocks    64, 128, 256 and 32; --block names one
    Each case has memory of its own, one after the other, and is left out if that is over the cap.
    The cases of a search are measured in up to three turns, and the medians count; a case half as
    fast as the best is not measured again. Taken is the fastest prompt of those whose answer is at
    most 10 % slower than the fastest answer; prompts within 2 % of it count as equally fast, and of
    these the one with fewer threads, then with the smaller plan, is taken. The table goes to standard
    error. Ctrl-C ends it with 130, and no profile is written.
    Exit codes beside those of edge-infer --help: 65 and 66 DIR/proc/cpuinfo tells of no instructions
    or is missing; 69 the processor lacks NEON or AVX2; 78 too little memory is left for a cap.

    """
  }
}
