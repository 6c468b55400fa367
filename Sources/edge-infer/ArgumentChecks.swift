import CPlatform
import Generation
import Platform
import Profile

/// Which options go together.
extension Arguments {
  func checkCombination(_ console: inout Console) throws(Exit) {
    let prompts =
      unsafe (prompt != nil ? 1 : 0) + (promptFile != nil ? 1 : 0)
      + (tokens != nil ? 1 : 0)
    if prompts > 1 {
      throw console.fail(.usage, "give one of --prompt, --prompt-file and --tokens")
    }
    try checkBenchmark(&console)
    if unsafe command != .run && (saveCache != nil || loadCache != nil) {
      throw console.fail(.usage, "--save-cache and --load-cache are options of run alone")
    }
    if unsafe command != .pack && command != .probe && command != .profileRun && output != nil {
      throw console.fail(.usage, "-o is an option of pack, probe and profile-run alone")
    }
    try checkPlanned(&console)
    try checkProfileRun(&console)
    try checkProbe(&console)
    try checkHealth(&console)
    try checkTuning(&console)
    try checkOutputs(&console)
    try checkPositions(&console)
    try checkGeneration(&console)
    let needsProfile = command != .tokenize && command != .inspect && command != .probe
    if unsafe needsProfile && profile == nil {
      throw console.fail(.usage, "--profile is missing: the JSON file that describes the board")
    }
    let needsPrompt = command == .score || command == .tokenize
    if needsPrompt && prompts == 0 {
      throw console.fail(.usage, "a text is missing: give --prompt, --prompt-file or --tokens")
    }
    if unsafe (command == .tokenize || command == .inspect) && model == nil {
      throw console.fail(.usage, "a model is missing: the path of a GGUF file")
    }
    if let maxTokens, maxTokens > Self.maxTokensLimit {
      throw console.fail(.usage, "--max-tokens is at most 1048576")
    }
  }

  /// Files that are open at the same time need names of their own; and who locks down.
  private func checkOutputs(_ console: inout Console) throws(Exit) {
    if let first = unsafe report ?? logits, let second = unsafe saveCache ?? jsonFile,
      unsafe strcmp(first, second) == 0
    {
      throw unsafe Self.refuse(first, "is named as the file of two outputs", "", &console)
    }
    if wantsLockedMemory && command == .bench && benchmark == .scoring {
      throw console.fail(.usage, "--lock-memory is not an option of bench scoring")
    }
    switch command {
    case .run, .chat, .serve, .bench, .score: return
    case .profileRun:
      if wantsLockedMemory || wantsNoLockdown {
        throw console.fail(
          .usage, "--lock-memory and --no-lockdown are no options of profile-run")
      }
    case .plan, .tokenize, .inspect, .pack, .probe:
      if wantsLockedMemory || wantsNoHugePages {
        throw console.fail(
          .usage,
          "--lock-memory and --no-huge-pages are options of run, chat, serve, bench and score alone"
        )
      }
      if wantsNoLockdown {
        throw console.fail(
          .usage, "--no-lockdown is an option of run, chat, serve, bench and score alone")
      }
    }
  }

  private func checkPositions(_ console: inout Console) throws(Exit) {
    guard let positions = unsafe positions else { return }
    if unsafe !isEqual(positions, "original") && !isEqual(positions, "compact") {
      throw unsafe Self.refuse(
        positions, "is not a way of numbering; --positions is ", "original or compact", &console)
    }
  }

  private func checkPlanned(_ console: inout Console) throws(Exit) {
    guard let planned = unsafe planned else { return }
    if command != .plan { throw console.fail(.usage, "--of is an option of plan alone") }
    if plannedCommand == nil {
      throw unsafe Self.refuse(
        planned, "cannot be planned; --of is ", "run, chat or serve", &console)
    }
  }

  /// `profile-run` says what it measures, and where its files go.
  private func checkProfileRun(_ console: inout Console) throws(Exit) {
    if command != .profileRun {
      if isQuick { throw console.fail(.usage, "--quick is an option of profile-run alone") }
      return
    }
    if unsafe output == nil {
      throw console.fail(.usage, "-o is missing: the folder of the profile run")
    }
    if unsafe output!.pointee == 0 {
      throw console.fail(.usage, "-o names the folder of the profile run in at least one byte")
    }
    if unsafe model != nil && shape != nil {
      throw console.fail(.usage, "give one of --model and --shape")
    }
    if unsafe hasPrompt || generate != nil || repeatCount != nil || jsonFile != nil
      || report != nil
    {
      throw console.fail(
        .usage,
        "profile-run takes no --prompt, --generate, --repeat, --json or --report: see bench --help")
    }
  }

  /// `--tune` and what goes with it.
  private func checkTuning(_ console: inout Console) throws(Exit) {
    if command != .probe && wantsTuning {
      throw console.fail(.usage, "--tune is an option of probe alone")
    }
    if !wantsTuning {
      if tuneSeconds != nil { throw console.fail(.usage, "--tune-seconds needs --tune") }
      if unsafe command == .probe && shape != nil {
        throw console.fail(.usage, "probe --shape needs --tune")
      }
      return
    }
    if unsafe sysroot != nil {
      throw console.fail(.usage, "--tune times this machine, and --sysroot names another one")
    }
    if let tuneSeconds, tuneSeconds < 1 || tuneSeconds > Self.tuneSecondsMax {
      throw console.fail(.usage, "--tune-seconds is from 1 to 3600")
    }
  }

  /// `probe` writes a profile, and reads no model.
  private func checkProbe(_ console: inout Console) throws(Exit) {
    if command != .probe {
      if reserveMiB != nil {
        throw console.fail(.usage, "--reserve-mib is an option of probe alone")
      }
      return
    }
    if unsafe profile != nil {
      throw console.fail(.usage, "probe reads no --profile: -o names the file of the one it writes")
    }
    if hasPrompt {
      throw console.fail(.usage, "probe takes no --prompt, --prompt-file or --tokens")
    }
    if overrides.sinks != 0 || overrides.recent != .count(0) {
      throw console.fail(.usage, "--sinks and --recent are no part of a profile")
    }
    if overrides.ramCapMiB != nil && reserveMiB != nil {
      throw console.fail(.usage, "give one of --ram-cap-mib and --reserve-mib")
    }
  }

  /// Who asks sensors.
  private func checkHealth(_ console: inout Console) throws(Exit) {
    switch command {
    case .run, .chat, .serve, .score, .bench, .profileRun: return
    case .probe where maxTemperature == nil: return
    case .plan, .tokenize, .inspect, .pack, .probe:
      if maxTemperature != nil {
        throw console.fail(
          .usage, "--max-temperature is for commands that run a model")
      }
      if unsafe sysroot != nil {
        throw console.fail(
          .usage, "--sysroot is for probe and for commands that run a model")
      }
    }
  }

  /// Options of one benchmark are not for another.
  private func checkBenchmark(_ console: inout Console) throws(Exit) {
    let isScoring = command == .bench && benchmark == .scoring
    let isTTFT = command == .bench && benchmark == .ttft
    if unsafe kv != nil && !isScoring {
      throw console.fail(.usage, "--kv is an option of bench scoring alone")
    }
    if unsafe policies != nil && !isScoring && !isTTFT {
      throw console.fail(.usage, "--policies is an option of bench scoring and bench ttft alone")
    }
    if unsafe (blocks != nil || csvFile != nil) && !isTTFT {
      throw console.fail(.usage, "--blocks and --csv are options of bench ttft alone")
    }
    if unsafe isScoring && prompt != nil {
      throw console.fail(.usage, "bench scoring has no --prompt: --kv takes the slots of the cache")
    }
    if (isScoring || isTTFT) && generate != nil {
      throw console.fail(.usage, "--generate is an option of bench speed alone")
    }
    if unsafe policies != nil && overrides.policy != nil {
      throw console.fail(.usage, "give one of --policy and --policies")
    }
    if unsafe blocks != nil && overrides.blockSize != nil {
      throw console.fail(.usage, "give one of --block and --blocks")
    }
  }

  /// Requests bring what a command line names elsewhere.
  private func checkService(_ console: inout Console) throws(Exit) {
    if plannedCommand != .serve {
      if service.isGiven { throw console.fail(.usage, ServeOptions.aloneText) }
      return
    }
    if unsafe hasPrompt || system != nil || report != nil {
      throw console.fail(
        .usage, "serve takes no prompt, --system or --report: requests bring their messages")
    }
    try service.check(&console)
  }

  /// Options of `run`, `chat` and `serve`.
  private func checkGeneration(_ console: inout Console) throws(Exit) {
    let isAnswering = command == .run || command == .chat || command == .serve
    if !isAnswering && command != .plan && (sampling.isGiven || stops.count > 0) {
      throw console.fail(.usage, "--stop and options of sampling are for run, chat and serve alone")
    }
    if wantsLogProbabilities && plannedCommand != .run {
      throw console.fail(.usage, "--logprobs is an option of run alone")
    }
    try checkService(&console)
    if command != .chat { return }
    if unsafe prompt != nil || promptFile != nil || tokens != nil || isRaw || report != nil {
      throw console.fail(
        .usage, "chat takes no prompt, --raw or --report: messages come from standard input")
    }
  }
}
