import Text

/// Every option of the command line. `OptionDeclarations.swift` says of each what it takes, which
/// commands take it and what it does; parsing, checks, `--help` and the man page follow from there.
public enum Option: Int, Sendable {
  case help, version
  // Inputs.
  case profile, model, shape, prompt, promptFile, tokens, raw, system
  case chatTemplate, messages, think, preTokenizer
  // The answer.
  case maxTokens, stop, logprobs, saveCache, loadCache, positions
  case jsonSchema, grammar, grammarKiB
  // Of one command.
  case json, of
  case kv, policies, blocks, generate, repeatCount, csv
  case skip, logits
  case output, quick
  case tune, tuneSeconds, reserveMiB
  case listen, tokenFile, alias, connections, queue, kept, keptFile, keptFileMiB
  case maxBodyMiB, maxPromptTokens, anyModel, allowOrigin
  case timeout, keepAlive, grace
  // Of most commands.
  case report, quiet, lockMemory, noHugePages, noLockdown, maxTemperature, sysroot
  // Sampling.
  case temperature, topK, topP, minP, repeatPenalty, seed
  // Overrides of the profile.
  case block, budget, policy, headBudgets, threads, sinks, recent, ramCapMiB, weights
  case speculate
  case decodeThreads
  case tools
  case waits, passes

  public static let count = 80

  /// The option of that name, or of its other name.
  init?(_ name: UnsafePointer<CChar>) {
    for index in 0..<Self.count {
      guard let option = Option(rawValue: index) else { continue }
      let declaration = option.declaration
      if unsafe isEqual(name, declaration.name) || isEqual(name, declaration.otherName) {
        self = option
        return
      }
    }
    return nil
  }

  public var name: StaticString { declaration.name }
}

/// What an option is, whichever command takes it.
public struct OptionDeclaration {
  public let name: StaticString
  /// Empty if there is none: it is then the name of no word.
  public let otherName: StaticString
  /// The commands that take the option.
  public let commands: CommandSet
  let group: OptionGroup

  init(
    _ name: StaticString, or otherName: StaticString = "", _ commands: CommandSet,
    _ group: OptionGroup = .own
  ) {
    self.name = name
    self.otherName = otherName
    self.commands = commands
    self.group = group
  }

  var hasOtherName: Bool { otherName.utf8CodeUnitCount > 0 }
}

/// Options that `run --help` explains and the help of other commands names.
enum OptionGroup: Int {
  /// Explained by each command.
  case own
  case machine
  case sampling
  case overrides
}

/// What an option is for one command.
public struct OptionUse {
  /// The value's name in the help; empty for an option without a value.
  public let placeholder: StaticString
  public let value: OptionValue
  /// What the help says of it.
  public let sentence: StaticString
  let isRequired: Bool

  init(
    _ placeholder: StaticString, _ value: OptionValue, _ sentence: StaticString,
    isRequired: Bool = false
  ) {
    self.placeholder = placeholder
    self.value = value
    self.sentence = sentence
    self.isRequired = isRequired
  }
}

/// The kind of an option's value, its limits, and what it is where the option is not given.
public enum OptionValue {
  case flag
  /// A text, or a list whose command reads it; the default as it would be written.
  case text(standard: StaticString?)
  case whole(ClosedRange<Int>, standard: Int?)
  case seed
  case decimal(ClosedRange<Double>, standard: Double)
  /// In place of a field of the profile, whose limits it has.
  case override
}
