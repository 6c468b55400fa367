import CPlatform
import Platform
import Profile
import Text

/// Which options go together.
extension Arguments {
  func check() throws(UsageError) {
    try checkAlternatives()
    try checkPlan()
    try checkSpecialCases()
    try checkTaken()
    try checkRequired()
    try checkValues()
    try checkTuning()
  }

  /// Options of which one excludes another.
  private func checkAlternatives() throws(UsageError) {
    let prompts = (has(.prompt) ? 1 : 0) + (has(.promptFile) ? 1 : 0) + (has(.tokens) ? 1 : 0)
    if prompts > 1 { throw .sentence("give one of --prompt, --prompt-file and --tokens") }
    if has(.jsonSchema) && has(.grammar) {
      throw .sentence("give one of --json-schema and --grammar")
    }
    if has(.policies) && has(.policy) { throw .sentence("give one of --policy and --policies") }
    if has(.blocks) && has(.block) { throw .sentence("give one of --block and --blocks") }
    if has(.ramCapMiB) && has(.reserveMiB) {
      throw .sentence("give one of --ram-cap-mib and --reserve-mib")
    }
    if (command.isBenchmark || command == .profileRun) && has(.model) && has(.shape) {
      throw .sentence("give one of --model and --shape")
    }
    if let first = unsafe report ?? logits, let second = unsafe saveCache ?? jsonFile,
      unsafe strcmp(first, second) == 0
    {
      throw .value(unsafe Excerpt(cString: first), "is named as the file of two outputs", "")
    }
  }

  private func checkPlan() throws(UsageError) {
    guard command == .plan, let planned = unsafe text(.of) else { return }
    if plannedCommand == nil {
      throw .value(
        unsafe Excerpt(cString: planned), "cannot be planned; --of is ", "run, chat or serve")
    }
  }

  /// Options that people look for in a command that has another way.
  private func checkSpecialCases() throws(UsageError) {
    if plannedCommand == .serve && (hasPrompt || has(.system) || has(.report)) {
      throw .sentence(
        "serve takes no prompt, --system or --report: requests bring their messages")
    }
    switch command {
    case .chat where hasPrompt || isRaw || has(.report):
      throw .sentence(
        "chat takes no prompt, --raw or --report: messages come from standard input")
    case .probe where has(.profile):
      throw .sentence("probe reads no --profile: -o names the file of the one it writes")
    case .probe where has(.sinks) || has(.recent):
      throw .sentence("--sinks and --recent are no part of a profile")
    case .benchScoring where has(.prompt):
      throw .sentence("bench scoring has no --prompt: --kv takes the slots of the cache")
    case .bench, .benchScoring, .benchFirstToken:
      if has(.promptFile) || has(.tokens) {
        throw .sentence("bench makes its prompts up; --prompt takes their lengths")
      }
    case .plan, .pack, .tokenize, .template, .inspect:
      if has(.maxTemperature) {
        throw .sentence("--max-temperature is for commands that run a model")
      }
      if has(.sysroot) {
        throw .sentence("--sysroot is for probe and for commands that run a model")
      }
    default: break
    }
  }

  /// Each option must be declared for the command; `plan` takes those of the planned command.
  private func checkTaken() throws(UsageError) {
    for index in 0..<Option.count {
      guard let option = Option(rawValue: index), has(option) else { continue }
      let commands = option.declaration.commands
      if !commands.contains(command) { throw .notTaken(option) }
      let isPlans = option == .json || option == .of
      if command == .plan && !isPlans, let planned = plannedCommand, !commands.contains(planned) {
        throw .notTaken(option)
      }
    }
  }

  private func checkRequired() throws(UsageError) {
    if command == .run && !hasAny {
      throw .sentence(
        "a prompt is missing: give --prompt, --prompt-file or --tokens; --help lists the commands")
    }
    if (command == .score || command == .tokenize) && !hasPrompt {
      throw .sentence("a text is missing: give --prompt, --prompt-file or --tokens")
    }
    let isOfFile = command == .tokenize || command == .template || command == .inspect
    if unsafe isOfFile && model == nil {
      throw .sentence("a model is missing: the path of a GGUF file")
    }
    if command == .pack && !has(.output) {
      throw .sentence("-o is missing: the file of the packed model")
    }
    if command != .profileRun { return }
    guard let folder = unsafe output else {
      throw .sentence("-o is missing: the folder of the profile run")
    }
    if unsafe folder[0] == 0 {
      throw .sentence("-o names the folder of the profile run in at least one byte")
    }
  }

  private var hasAny: Bool {
    for index in 0..<Option.count {
      if let option = Option(rawValue: index), has(option) { return true }
    }
    return false
  }

  private func checkValues() throws(UsageError) {
    if let positions = unsafe text(.positions),
      unsafe !isEqual(positions, "original") && !isEqual(positions, "compact")
    {
      throw .value(
        unsafe Excerpt(cString: positions), "is not a way of numbering; --positions is ",
        "original or compact")
    }
    if let think = unsafe text(.think), unsafe !isEqual(think, "on") && !isEqual(think, "off") {
      throw .value(
        unsafe Excerpt(cString: think), "is no way of thinking; --think is ", "on or off")
    }
    if let alias = unsafe text(.alias) {
      let name = unsafe cStringSpan(alias)
      if name.count == 0 || name.count > 128 || !isUTF8(name) {
        throw .value(
          unsafe Excerpt(cString: alias), "is no name of a model; --alias takes ",
          "1 to 128 bytes of UTF-8")
      }
    }
    try checkService()
  }

  private func checkService() throws(UsageError) {
    if has(.keptFile) != has(.keptFileMiB) {
      throw .sentence("--kept-file and --kept-file-mib go together")
    }
    if has(.keptFile) && whole(.kept) == 0 {
      throw .sentence("--kept-file gets the texts that leave memory, and --kept 0 has none there")
    }
    if let answer = unsafe text(.anyModel),
      unsafe !isEqual(answer, "on") && !isEqual(answer, "off")
    {
      throw .value(
        unsafe Excerpt(cString: answer), "is no answer; --any-model takes ", "on or off")
    }
    if let origin = unsafe text(.allowOrigin), unsafe !isOrigin(cStringSpan(origin)) {
      throw .value(
        unsafe Excerpt(cString: origin), "is no origin; --allow-origin takes ",
        "* or one such as https://example.org:8443")
    }
  }

  /// `*`, or a scheme and a host with an optional port, in visible ASCII characters.
  private func isOrigin(_ text: Span<UInt8>) -> Bool {
    if matches(text, "*") { return true }
    let scheme: StaticString = hasText(text, "https://", at: 0) ? "https://" : "http://"
    let start = scheme.utf8CodeUnitCount
    if !hasText(text, scheme, at: 0) || text.count == start || text.count > 260 { return false }
    for index in start..<text.count
    where text[index] <= 0x20 || text[index] >= 0x7f || text[index] == UInt8(ascii: "/") {
      return false
    }
    return true
  }

  /// `--tune` and what goes with it.
  private func checkTuning() throws(UsageError) {
    if command != .probe { return }
    if wantsTuning {
      if has(.sysroot) {
        throw .sentence("--tune times this machine, and --sysroot names another one")
      }
      return
    }
    if has(.tuneSeconds) { throw .sentence("--tune-seconds needs --tune") }
    if has(.shape) { throw .sentence("probe --shape needs --tune") }
  }
}
