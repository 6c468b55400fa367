import Platform

/// The help texts, to standard output.
enum Help {
  static func write(_ arguments: Arguments) {
    var output = TextOutput.standardOutput
    switch arguments.command {
    case .run: output.write(run)
    case .plan: output.write(plan)
    case .bench:
      switch arguments.benchmark {
      case .speed: output.write(bench)
      case .scoring: output.write(scoring)
      case .ttft: output.write(firstToken)
      }
    case .score: output.write(score)
    case .tokenize: output.write(tokenize)
    case .inspect: output.write(inspect)
    case .chat: output.write(chat)
    case .pack: output.write(pack)
    case .probe: output.write(probe)
    case .serve: output.write(ServeHelp.text)
    case .profileRun: output.write(profileRun)
    }
    output.flush()
  }

  private static let run: StaticString = """
    edge-infer: runs a language model inside a fixed memory size.

    edge-infer [run] --profile P.json [--model M.gguf]
                     [--prompt TEXT | --prompt-file FILE | --prompt-file - | --tokens FILE]
                     [--raw] [--system TEXT] [--max-tokens N] [--stop TEXT] [--logprobs]
                     [--save-cache FILE] [--load-cache FILE] [--positions original|compact]
                     [--report OUT.json] [--quiet] [--lock-memory] [--no-huge-pages]
                     [--no-lockdown] [--max-temperature C] [sampling] [overrides]
    edge-infer chat     --profile P.json [--model M] [--system TEXT] [--max-tokens N] [--stop TEXT]
                        [--positions HOW] [--quiet] [sampling] [overrides]
    edge-infer serve    --profile P.json [--model M] [--listen ADDRESS:PORT | --listen unix:PATH]
                        [--token-file FILE] [--connections N] [--queue N] [sampling] [overrides]
    edge-infer plan     --profile P.json [--model M] [--json] [--of COMMAND] [overrides]
    edge-infer bench    --profile P.json [--model M | --shape NAME] [--prompt 512,2048]
                        [--generate 64] [--repeat 3] [--json OUT.json] [--quiet] [overrides]
    edge-infer bench scoring --profile P.json [--kv 512,1024,2048,4096,8192] [--policies all] [...]
    edge-infer bench ttft    --profile P.json [--prompt 1024,4096,16384]
                        [--policies full,keydiff] [--blocks 64,128,256] [--csv OUT.csv] [...]
    edge-infer profile-run --profile P.json [--model M | --shape NAME] -o DIR [--quick] [...]
    edge-infer score    --profile P.json [--model M] (--tokens FILE | --prompt-file FILE)
                        [--skip K] [--logits OUT.f32] [--json OUT.json] [overrides]
    edge-infer pack     --profile P.json [--model M.gguf] -o M.edge [overrides]
    edge-infer probe    [-o P.json] [--model M] [--tune] [--reserve-mib M] [--sysroot DIR]
    edge-infer tokenize --model M (--prompt TEXT | --prompt-file FILE)
    edge-infer inspect  M.gguf
    edge-infer COMMAND --help
    edge-infer --version

    run reads the prompt block by block, evicting the cache to its budget after each block, and
    prints the answer to standard output. Tables, progress and errors go to standard error.
      --profile FILE      the device profile (JSON)
      --model FILE        in place of the profile's model; looked for as given, then in
                          $EDGE_INFER_MODELS, then in ~/.cache/edge-infer; of a model in
                          several files the first, NAME-00001-of-0000N.gguf
      --prompt TEXT       the prompt
      --prompt-file FILE  the prompt is the file's text; - is standard input, which may be endless
      --tokens FILE       the prompt as token ids, separated by white space; - is standard input
      --raw               no chat template; special tokens in the text are recognized
      --system TEXT       the system message of the chat template
      --max-tokens N      tokens to generate at most (256)
      --stop TEXT         the answer ends before this text, which is not printed; may be given 8
                          times, each at most 256 bytes
      --logprobs          log-probabilities of the answer's tokens in the report: natural logarithms
                          of the softmax of the logits as they are
      --save-cache FILE   after the prompt, writes the cache, which the policy has bounded, to a file
      --load-cache FILE   begins with such a file in place of an empty cache; a prompt, if there is
                          one, follows what was read before. Model, policy, --budget, --block,
                          --sinks, --recent and --positions must be those of the run that saved it
      --positions HOW     original: a token's position is its place in the text, and past the model's
                          trained length there is a warning (the default); compact: where the next
                          position would pass that length, each head's kept tokens get the positions
                          0, 1, 2, … in order, their keys are turned to them, and the text goes on
      --report OUT.json   writes the run's report
      --quiet             no tables and no progress
      --lock-memory       keeps the arena from being swapped out; where the system does not allow it,
                          says so and goes on
      --no-huge-pages     asks the system for no huge pages in place of as many as it has
      --no-lockdown       for debuggers: without the filter that has the kernel kill the process for
                          any system call but those that reading, writing and waiting need
      --max-temperature C pauses between blocks, and between tokens of the answer, where the processor
                          is at C degrees Celsius (30 to 120) or above, until it is at C - 3; no time
                          but that of the pauses has them in it
      --sysroot DIR       reads the sensors' files, sys/…, below DIR in place of /
    Sampling; --top-k, --top-p, --min-p and --seed count only where the temperature is above 0:
      --temperature T     0 to 100 (0: always the likeliest token)
      --top-k K           so many of the likeliest tokens; 0: all (40)
      --top-p P           of these, the likeliest whose probabilities sum up to P (0.95)
      --min-p P           of these, those at least P times as likely as the likeliest (0.05)
      --repeat-penalty R  of the latest 64 tokens, positive logits are divided by R and others
                          multiplied; 0.01 to 100 (1: none)
      --seed S            of the random numbers (0): the same S gives the same text on every board
    Overrides of the profile:
      --block B           tokens of a prompt block
      --budget N          tokens that each KV head keeps
      --policy NAME       full, keydiff, keydiff-normalized, keydiff-pairwise, keydiff-median,
                          keydiff-dot, keydiff-euclidean, sink, tova, h2o, snapkv or l2
      --threads T         threads
      --sinks S           the text's first S tokens are never evicted
      --recent R          nor are the latest R: a count, or a fraction of N such as 0.2
      --ram-cap-mib M     the largest resident size of the process
    Exit codes: 0; 64 usage; 65 malformed model, prompt or tokens; 66 a file is missing; 69 the
    processor lacks what the program or profile needs; 71 the system refused memory or a thread;
    74 input or output failed; 78 the profile is invalid, or the plan is over the cap; 130 and 143
    SIGINT and SIGTERM ended the work at the next token or block, and the report was written (a
    second SIGINT ends at once); 141 the reader of standard output went away.
    Sensors, where the kernel has files for them, are read after each block and at most every 100 ms
    of the answer: temperature (thermal zones of the processor, coretemp, k10temp), the frequency of
    the slowest core used, throttling (a Raspberry Pi's get_throttled and rpi_volt, trip points of the
    zones, an x86 processor's counts), energy (a Jetson's rail VDD_IN, RAPL). The table, the summary
    and the report have what there is; ! marks blocks in which the board was slowed down.

    """

  private static let chat: StaticString = """
    edge-infer chat --profile P.json [--model M] [--system TEXT] [--max-tokens N] [--stop TEXT]
                    [--quiet] [sampling] [overrides]

    A conversation: each line of standard input is a message, and the answer goes to standard output.
    The cache stays from message to message, in the budget, so only what is new is read.
      --system TEXT       the system message
      --max-tokens N      tokens of an answer at most (1024)
      --stop TEXT         an answer ends before this text
      --quiet             no lines at the start
      --lock-memory, --no-huge-pages, --max-temperature C  as of edge-infer run
      --no-lockdown       as of edge-infer run; files are opened only by /save and /load
    Sampling and overrides as of edge-infer run; the seed counts from the conversation's start.

    Commands are lines that begin with /:
      /reset              forgets the conversation
      /stats              tokens taken, slots filled, speed, peak memory
      /help               this list
      /exit               ends, as does the end of the input (Ctrl-D)
    On a terminal, lines can be edited; up and down bring back earlier ones. Ctrl-C stops an answer
    or clears the line. Nothing but answers goes to standard output.

    """

  private static let plan: StaticString = """
    edge-infer plan --profile P.json [--model M] [--json] [--of run|chat|serve] [overrides]

    Prints the memory plan, and whether it fits below the cap, without reading weights.
      --json              as JSON, to standard output
      --of COMMAND        the plan of run (as without the option), chat or serve, with those of its
                          options that take memory, such as --max-tokens or --connections
    Overrides: --block B --budget N --policy NAME --threads T --sinks S --recent R --ram-cap-mib M
    Exit code 78 where the plan is over the cap.

    """

  private static let bench: StaticString = """
    edge-infer bench [speed] --profile P.json [--model M | --shape NAME] [--prompt L,L,…]
                     [--generate G] [--repeat R] [--json OUT.json] [--quiet] [overrides]

    Measures the speed of prompts and of the tokens generated after them; bench scoring --help and
    bench ttft --help tell of the other measurements. The prompts are made up;
    end tokens do not end the answer; the cache is emptied before each prompt. Before the runs there
    is a short one that does not count.
      --model FILE        the model, where it is not the profile's
      --shape NAME        made-up weights of a published model's sizes, without a file:
                          llama-3.2-1b, llama-3.2-3b, llama-3.1-8b, qwen2.5-0.5b, qwen2.5-1.5b,
                          qwen2.5-3b, qwen2.5-7b or smollm2-135m
      --prompt L,L,…      the prompts' lengths in tokens, at most 16 of them (512,2048)
      --generate G        tokens after each prompt (64)
      --repeat R          runs of each prompt, at most 100 (3)
      --json OUT.json     writes all figures as JSON; times in microseconds, sizes in bytes
      --quiet             no table and no progress
      --max-temperature C, --lock-memory, --no-huge-pages, --no-lockdown  as of edge-infer run
    Under policy full the cache gets as many slots as the longest prompt and its answer need, and
    --budget has no effect. Overrides as of edge-infer run.

    The table has the median, the least and the greatest speed, and the spread: the greatest less
    the least, in percent of the median. Below it is how much of the prompt blocks' time each part
    took in the run of median time, and how near the runs were to the machine's limits:
      int8 multiply  multiply-adds a second of the prompt's matrix products, in the time of these
                     products and in the time of the whole prompt, against a loop of the build's
                     best int8 instruction in registers on all threads
      memory read    bytes of weights and cache that a generated token reads, times tokens a
                     second, against all threads reading the weights in straight lines
    Both limits are measured before and after the runs; the best measurement counts.

    """

  private static let scoring: StaticString = """
    edge-infer bench scoring --profile P.json [--model M | --shape NAME] [--kv N,N,…]
                     [--policies NAME,…] [--repeat R] [--json OUT.json] [--quiet] [overrides]

    Measures what each eviction policy adds to a prompt block beyond policy full, as table 19 of the
    KeyDiff paper does on a phone: scoring (sums of keys, the anchor's row, sums of attention
    weights, scores), and the choice of slots with the moving of rows. Keys and queries are made up;
    no weights are read. One layer is measured, over all its KV heads on the profile's threads, each
    with heads of its own; the slowest thread's time counts, times the number of layers.
      --model FILE        a model of whose shape the layer is
      --shape NAME        a published model's shape, see edge-infer bench --help; where neither
                          option is given and the profile's model is missing, smollm2-135m
      --kv N,N,…          filled slots of a KV head after the block, which evicts down to N - B;
                          at most 16 of them (512,1024,2048,4096,8192)
      --policies NAME,…   all, or policies other than full; keydiff-alone is KeyDiff in passes of
                          its own over the keys, with nothing kept between blocks (all)
      --repeat R          measured blocks of each, at most 100 (25; keydiff-pairwise at most 3)
      --json OUT.json     writes all figures as JSON; times in microseconds, sizes in bytes
      --quiet             no table and no progress
      --max-temperature C, --no-huge-pages, --no-lockdown  as of edge-infer run
    Each block is new: it is written, the keys are read as attention reads them, and what the policy
    adds is timed; then the cache holds what the policy kept. keydiff takes its anchor's products
    with keys that have just been read, a quarter of the profile's second-level cache at a time.
    Overrides as of edge-infer run; --budget has no effect.

    The tables, on standard output, have the median times, those of scoring alone, one straight
    read of all keys where attention leaves them, and times relative to keydiff at the fewest slots,
    beside the paper's (of scoring) where it has any.

    """

  private static let firstToken: StaticString = """
    edge-infer bench ttft --profile P.json [--model M | --shape NAME] [--prompt L,L,…]
                     [--policies NAME,…] [--blocks B,B,…] [--repeat R] [--json OUT.json]
                     [--csv OUT.csv] [--quiet] [overrides]

    Measures the time from a prompt to its first token, for each policy, block and prompt, as
    figures 7 and 17 of the KeyDiff paper do: all blocks, the logits of the last token, and the
    choice of the likeliest. The prompts are made up. Each case plans, maps and fills memory of its
    own, one after the other, and reads one block before the runs that count.
      --model FILE        the model, where it is not the profile's
      --shape NAME        made-up weights of a published model's sizes, see edge-infer bench --help
      --prompt L,L,…      the prompts' lengths in tokens, at most 16 of them (1024,4096,16384)
      --policies NAME,…   all, or policies (full,keydiff)
      --blocks B,B,…      tokens of a block, at most 16 sizes (64,128,256)
      --repeat R          runs of each case, at most 100 (3); there are at most 256 cases
      --json OUT.json     writes all figures as JSON; times in microseconds, sizes in bytes
      --csv OUT.csv       writes a line for each case that was measured
      --quiet             no table and no progress
      --max-temperature C, --lock-memory, --no-huge-pages  as of edge-infer run
    There is no lockdown: each case maps memory of its own.
    Policy full gets as many slots as the prompt has tokens, and is left out where that is over the
    cap; other policies keep --budget slots. Overrides as of edge-infer run.

    The table, on standard output, has the median times.

    """

  private static let profileRun: StaticString = """
    edge-infer profile-run --profile P.json [--model M | --shape NAME] -o DIR [--quick] [--quiet]
                     [overrides]

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
      --model FILE        the model, where it is not the profile's
      --shape NAME        made-up weights of a published model's sizes, see edge-infer bench --help
      -o DIR              the folder, which is made where it is not there
      --quick             a few minutes or less: prompts of 256 and 1024 tokens, one or two runs; six
                          policies at up to 2048 slots, in 5 runs
      --quiet             no tables and no progress
      --no-huge-pages     as of edge-infer run
    Cases over the cap are left out: policy full at long prompts, scoring of large caches. Each part
    maps memory of its own, so there is no lockdown. Overrides as of edge-infer run.

    """

  private static let score: StaticString = """
    edge-infer score --profile P.json [--model M] (--tokens FILE | --prompt-file FILE | --prompt TEXT)
                     [--skip K] [--logits OUT.f32] [--json OUT.json] [--quiet] [overrides]

    Prints one line: tokens T nll X.XXXXX ppl Y.YYYY: the mean of -log p over the text's tokens
    after the first, each predicted from those before it under the cache policy.
      --skip K            leaves out the tokens 0 to K
      --logits OUT.f32    writes tokens x vocabulary Float32, row-major, little-endian
      --json OUT.json     writes the same figures as JSON
      --max-temperature C, --lock-memory, --no-huge-pages, --no-lockdown  as of edge-infer run
    Overrides: --block B --budget N --policy NAME --threads T --sinks S --recent R --ram-cap-mib M

    """

  private static let pack: StaticString = """
    edge-infer pack --profile P.json [--model M.gguf] -o M.edge [overrides]

    Writes a model as one file with its weights as they lie in memory, which takes the place of
    the GGUF file in --model or the profile. It is loaded by mapping it: the weights are the
    file's own pages, read-only, and nothing is converted. Answers are the same, bit for bit.
      --model FILE        the GGUF file; in place of the profile's
      -o FILE             the packed model
    A packed model is for the instruction set of the program that wrote it (AVX-512, AVX2, NEON,
    NEON with dot products, NEON with int8 matrix products) and for this version of the file;
    others refuse it and say so. It is written beside its place and renamed when it is whole.

    """

  private static let probe: StaticString = """
    edge-infer probe [-o P.json] [--model M] [--tune [--tune-seconds S] [--shape NAME]]
                     [--reserve-mib M] [--sysroot DIR] [--quiet] [overrides]

    Writes the profile of this machine, which --profile of the other commands takes as it is: to a
    file that appears whole or not at all, or to standard output. What was found, and what was
    assumed where the kernel does not say, goes to standard error.
      -o FILE             the profile
      --model M           the profile's model (SmolLM2-135M-Instruct.Q4_1.gguf); it is looked for
                          with --tune alone
      --tune              times threads, cores and blocks, and writes the fastest (below)
      --tune-seconds S    begins nothing that would not be over after so long, 1 to 3600 (110)
      --shape NAME        times a published model's shape in place of the model's, which need not be
                          there then; see edge-infer bench --help
      --reserve-mib M     MiB of the memory available now that stay for others; the rest, in steps of
                          16 MiB, is the cap. Without it an eighth of all memory, 64 to 1024 MiB
      --sysroot DIR       in place of this machine, one whose files were copied to DIR/proc and
                          DIR/sys; proc/cpuinfo (Features or flags) then tells of its instructions
      --quiet             no table
    Overrides of what was found: --block B --budget N --policy NAME --threads T --ram-cap-mib M

    cores     those online that this process may use (affinity, cpuset), one hardware thread of each;
              on big.LITTLE the big ones: with at least 7/8 of the highest cpu_capacity, or of the
              highest cpuinfo_max_freq where a capacity is not known. At most 64
    L2        the smallest of these cores' second-level caches, whole where cores share one; 256 KiB
              where it is not known
    memory    MemAvailable, or what the control groups' limits leave, if that is less; 512 MiB where
              it is not known
    block and budget: 64 and 1024 under a cap of 512 MiB, 128 and 4096 from 12 GiB on, else 128 and
    2048; policy keydiff.

    --tune times prompt blocks and answer tokens with a cache filled to the budget, in made-up weights
    and keys of the model's sizes (its header alone is read): first the core sets with the block
    above, then the blocks with the best set, and with another set where that turns out to be better.
    core sets the fast cores, these with half and with all of the slower ones, all hardware threads,
              the fast cores but one (from four on), half of them, and one; --threads names one set
    blocks    64, 128, 256 and 32; --block names one
    Each case has memory of its own, one after the other, and is left out where that is over the cap.
    The cases of a search are measured in up to three turns, and the medians count; a case half as
    fast as the best is not measured again. Taken is the fastest prompt of those whose answer is at
    most 10 % slower than the fastest answer; prompts within 2 % of it count as equally fast, and of
    these the one with fewer threads, then with the smaller plan, is taken. The table goes to standard
    error. Ctrl-C ends it with 130, and no profile is written.
    Exit codes beside those of edge-infer --help: 65 and 66 DIR/proc/cpuinfo tells of no instructions
    or is missing; 69 the processor lacks NEON or AVX2; 78 too little memory is left for a cap.

    """

  private static let tokenize: StaticString = """
    edge-infer tokenize --model M (--prompt TEXT | --prompt-file FILE)

    Prints the text's token ids on one line. Special tokens in the text are recognized.

    """

  private static let inspect: StaticString = """
    edge-infer inspect M.gguf

    Prints the model's architecture, shape, tokenizer and tensor types.

    """
}
