import Foundation
import KVCache
import LabResults
import Profile

/// A policy with the tokens that it never evicts: `keydiff`, `keydiff:4+256`, `keydiff:4+0.25`; with head
/// budgets, `keydiff@FILE`.
struct PolicyChoice: Hashable, Sendable {
  let policy: Policy
  /// A file of head budgets.
  let heads: String?
  let sinks: Int
  /// Latest tokens that are kept; of the budget where `recentShare` is given.
  let recent: Int
  let recentShare: Double?

  init(
    _ policy: Policy, sinks: Int = 0, recent: Int = 0, recentShare: Double? = nil,
    heads: String? = nil
  ) {
    self.policy = policy
    self.heads = heads
    self.sinks = sinks
    self.recent = recent
    self.recentShare = recentShare
  }

  /// Reads `NAME` or `NAME:SINKS+RECENT`, RECENT a count or a fraction of the budget below 1; behind
  /// NAME may stand `@FILE`.
  init(argument: String) throws(LabFailure) {
    let parts = argument.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let named = parts[0].split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    guard let policy = Policy(text: String(named[0])) else {
      throw .usage(
        "--policies: '\(named[0])' is not a policy; expected "
          + Policy.all.map(\.text).joined(separator: ", "))
    }
    let heads = named.count == 2 ? String(named[1]) : nil
    if heads != nil && policy == .full {
      throw .usage("--policies '\(argument)': full evicts no tokens")
    }
    if parts.count == 1 {
      self.init(policy, heads: heads)
      return
    }
    let failure = LabFailure.usage(
      "--policies '\(argument)': expected sinks and recent tokens after ':', as in 4+256 or 4+0.25")
    let kept = parts[1].split(separator: "+", omittingEmptySubsequences: false).map(String.init)
    guard kept.count == 2, let sinks = Int(kept[0]), sinks >= 0 else { throw failure }
    if policy == .full { throw .usage("--policies '\(argument)': full evicts no tokens") }
    if let recent = Int(kept[1]), recent >= 0 {
      self.init(policy, sinks: sinks, recent: recent, heads: heads)
    } else if let share = Double(kept[1]), share > 0, share < 1 {
      self.init(policy, sinks: sinks, recentShare: share, heads: heads)
    } else {
      throw failure
    }
  }
}

extension Policy {
  static var all: [Policy] { (0..<count).compactMap(Policy.init(rawValue:)) }

  /// The name on the command line.
  var text: String { "\(name)" }

  init?(text: String) { self.init(name: Array(text.utf8).span) }
}

/// N: a count of tokens, or a share of the prompt's.
enum Budget: Hashable, Sendable {
  case count(Int)
  case share(Double)

  /// Reads `1024` or `25%`.
  init(argument: String) throws(LabFailure) {
    if argument.hasSuffix("%"), let percent = Double(argument.dropLast()), percent > 0,
      percent <= 100
    {
      self = .share(percent / 100)
    } else if let count = Int(argument), count > 0, count <= ProfileLimits.cacheBudgetMax {
      self = .count(count)
    } else {
      throw .usage(
        "--budgets '\(argument)': expected tokens from 1 to \(ProfileLimits.cacheBudgetMax),"
          + " or a share of the prompt such as 25%")
    }
  }
}

/// The settings that are compared: every policy with every budget and block.
struct Grid: Sendable {
  var policies: [PolicyChoice]
  var budgets: [Budget]
  var blocks: [Int]

  /// `full` once a block, without a budget.
  func keys(model: String) -> [RunKey] {
    var keys: [RunKey] = []
    for block in blocks {
      for choice in policies {
        if choice.policy == .full {
          keys.append(RunKey(model: model, policy: choice.policy.text, budget: 0, block: block))
          continue
        }
        for budget in budgets { keys.append(Self.key(model, choice, budget, block)) }
      }
    }
    return keys
  }

  private static func key(
    _ model: String, _ choice: PolicyChoice, _ budget: Budget, _ block: Int
  ) -> RunKey {
    var key = RunKey(
      model: model, policy: choice.policy.text, budget: 0, block: block, sinks: choice.sinks,
      recent: choice.recent, recentShare: choice.recentShare, heads: choice.heads)
    switch budget {
    case .count(let count): key.budget = count
    case .share(let share): key.budgetShare = share
    }
    return key
  }
}

extension RunKey {
  /// Of a key that `Grid` made.
  var enginePolicy: Policy { Policy(text: policy) ?? .full }

  /// N for a prompt; nil for `full`, whose slots are those it needs.
  func cacheBudget(promptTokens: Int) -> Int? {
    if enginePolicy == .full { return nil }
    guard let budgetShare else { return budget }
    return max(Int((budgetShare * Double(promptTokens)).rounded()), 1)
  }

  /// Sinks and recent tokens, which must not be more than the budget.
  func retained(of cacheBudget: Int) throws(LabFailure) -> Retained {
    let recent = recentShare.map { Int($0 * Double(cacheBudget)) } ?? self.recent
    if sinks + recent > cacheBudget {
      throw .usage(
        "\(policy): \(sinks) sinks and \(recent) recent tokens are more than a budget of"
          + " \(cacheBudget)")
    }
    return Retained(sinkCount: sinks, recentCount: recent)
  }
}
