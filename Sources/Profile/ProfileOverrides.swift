import Platform

/// The command-line options that change a profile or say how it is run.
public enum ProfileOption: Int, Sendable {
  case block
  case budget
  case policy
  case threads
  case ramCapMiB
  case sinks
  case recent
  case weights
  case speculate
  case decodeThreads

  public static let count = 10

  public var name: StaticString {
    switch self {
    case .block: "--block"
    case .budget: "--budget"
    case .policy: "--policy"
    case .threads: "--threads"
    case .ramCapMiB: "--ram-cap-mib"
    case .sinks: "--sinks"
    case .recent: "--recent"
    case .weights: "--weights"
    case .speculate: "--speculate"
    case .decodeThreads: "--decode-threads"
    }
  }

  /// The option of that name, or nil.
  public init?(name: Span<UInt8>) {
    for index in 0..<Self.count {
      if let option = ProfileOption(rawValue: index), matches(name, option.name) {
        self = option
        return
      }
    }
    return nil
  }
}

/// What the command line says in place of the profile. A value is checked when it is set, by the
/// profile's own limits; an option that is set again takes the last value.
public struct ProfileOverrides: Sendable {
  public private(set) var blockSize: Int? = nil
  public private(set) var cacheBudget: Int? = nil
  public private(set) var policy: Policy? = nil
  public private(set) var threads: Int? = nil
  public private(set) var decodeThreads: Int? = nil
  public private(set) var ramCapMiB: Int? = nil
  public private(set) var weights: WeightFormat? = nil
  public private(set) var proposals: ProposalSource? = nil
  public private(set) var sinks = 0
  public private(set) var recent = Recent.count(0)

  public init() {}

  /// Sets an option to the text of its argument.
  @export(interface)
  public mutating func set(_ option: ProfileOption, to text: Span<UInt8>) throws(ProfileError) {
    switch option {
    case .block: blockSize = try Self.integer(option, .blockSize, text)
    case .budget: cacheBudget = try Self.integer(option, .cacheBudget, text)
    case .threads: threads = try Self.integer(option, .threads, text)
    case .decodeThreads: decodeThreads = try Self.integer(option, .decodeThreads, text)
    case .ramCapMiB: ramCapMiB = try Self.integer(option, .ramCapMiB, text)
    case .sinks: sinks = try Retention.parseCount(option, text)
    case .recent: recent = try Recent(argument: text)
    case .weights:
      guard let named = WeightFormat(name: text) else {
        throw .invalidValue(.weights, value: Excerpt(text), origin: .argument(option))
      }
      weights = named
    case .speculate:
      guard let named = ProposalSource(name: text) else {
        throw .invalidValue(.speculate, value: Excerpt(text), origin: .argument(option))
      }
      proposals = named
    case .policy:
      guard let named = Policy(name: text) else {
        throw .invalidValue(.policy, value: Excerpt(text), origin: .argument(option))
      }
      policy = named
    }
  }

  private static func integer(
    _ option: ProfileOption, _ field: ProfileField, _ text: Span<UInt8>
  ) throws(ProfileError) -> Int {
    if let value = parseInteger(text), field.allows(value) { return value }
    throw .invalidValue(field, value: Excerpt(text), origin: .argument(option))
  }

  /// - Parameter profile: one that these overrides have been applied to.
  public func checkThreads(of profile: borrowing DeviceProfile) throws(ProfileError) {
    if profile.decodeThreads > profile.threads {
      throw .decodeThreads(
        profile.decodeThreads, threads: profile.threads, origin: .argument(.decodeThreads))
    }
  }

  /// The sinks and recent tokens for a profile that these overrides have been applied to.
  public func retention(for profile: borrowing DeviceProfile) throws(ProfileError) -> Retention {
    try Retention(sinks: sinks, recent: recent, cacheBudget: profile.cacheBudget)
  }
}

extension DeviceProfile {
  /// Takes the overrides. Fewer threads keep the first cores; more threads than there are cores
  /// are bound to none.
  @export(interface)
  public mutating func apply(_ overrides: ProfileOverrides) {
    if let value = overrides.blockSize { blockSize = value }
    if let value = overrides.cacheBudget { cacheBudget = value }
    if let value = overrides.policy { policy = value }
    if let value = overrides.threads { setThreads(value) }
    if let value = overrides.decodeThreads { decodeThreads = value }
    if let value = overrides.ramCapMiB { ramCapMiB = value }
    if let value = overrides.weights { weights = value }
    if let value = overrides.proposals { proposals = value }
  }
}
