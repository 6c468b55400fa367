import Foundation
import Platform
import TestSupport
import Testing

@testable import Profile

private func overrides(_ settings: (ProfileOption, String)...) throws(ProfileError)
  -> ProfileOverrides
{
  var overrides = ProfileOverrides()
  for (option, text) in settings { try overrides.set(option, to: Array(text.utf8).span) }
  return overrides
}

/// The message of the error that an argument gives, after a check of its exit code.
private func usageMessage(_ option: ProfileOption, _ text: String) -> String {
  do throws(ProfileError) {
    _ = try overrides((option, text))
    return "no error"
  } catch {
    #expect(error.exitCode == .usage)
    return message(error)
  }
}

private func option(_ name: String) -> ProfileOption? {
  let bytes = Array(name.utf8)
  return ProfileOption(name: bytes.span)
}

private func profile(_ text: ProfileText = ProfileText()) throws -> DeviceProfile {
  try #require(parse(text).profile)
}

@Suite struct OverrideTests {
  @Test func namesOptions() {
    for (index, name) in [
      "--block", "--budget", "--policy", "--threads", "--ram-cap-mib", "--sinks", "--recent",
      "--weights", "--speculate", "--decode-threads",
    ].enumerated() {
      #expect(option(name)?.rawValue == index)
    }
    #expect(option("--bloc") == nil)
    #expect(option("") == nil)
  }

  @Test func noneChangesNothing() throws {
    var changed = try profile()
    changed.apply(ProfileOverrides())
    #expect(written { changed.writeJSON(to: &$0) } == ProfileText().text)
  }

  @Test func changeFields() throws {
    var changed = try profile()
    changed.apply(
      try overrides(
        (.block, "64"), (.budget, "1"), (.budget, "512"), (.policy, "full"),
        (.ramCapMiB, "1024")))
    #expect(changed.blockSize == 64)
    #expect(changed.cacheBudget == 512)
    #expect(changed.policy == .full)
    #expect(changed.ramCapMiB == 1024)
    #expect(changed.threads == 4)
  }

  @Test func threadsKeepTheFirstCoresOrNone() throws {
    for (threads, expected) in [("1", [4]), ("2", [4, 5]), ("4", [4, 5, 6, 7]), ("5", [])] {
      var changed = try profile(ProfileText().with("cores", "[4, 5, 6, 7]"))
      changed.apply(try overrides((.threads, threads)))
      #expect(changed.threads == Int(threads))
      #expect(cores(changed) == expected.map(Int32.init))
    }
    var unbound = try profile(ProfileText().with("cores", "[]"))
    unbound.apply(try overrides((.threads, "2")))
    #expect(cores(unbound) == [])
  }

  @Test(arguments: [
    (ProfileOption.block, 1, 4096), (.budget, 1, 1_048_576), (.threads, 1, 64),
    (.ramCapMiB, 16, 1_048_576),
  ])
  func bounds(_ option: ProfileOption, _ least: Int, _ most: Int) {
    #expect(usageMessage(option, "\(least)") == "no error")
    #expect(usageMessage(option, "\(most)") == "no error")
    let rule = "; it must be a whole number, \(least) to \(most)"
    let wrong = [
      "\(least - 1)", "\(most + 1)", "", "-", "-1", "+8", "8 ", "0x8", "8.0", "1e2", "nan", "eight",
      "99999999999999999999999", "-99999999999999999999999", "８",
    ]
    for text in wrong {
      let found = usageMessage(option, text)
      #expect(found.hasSuffix(rule), "\(text): \(found)")
      #expect(found.hasPrefix(written { $0.write(option.name) } + " is '"))
    }
  }

  @Test func policies() {
    #expect(usageMessage(.policy, "keydiff") == "no error")
    #expect(
      usageMessage(.policy, "lru") == "--policy is 'lru'; it must be one of full, keydiff, "
        + "keydiff-stream, keydiff-normalized, keydiff-pairwise, keydiff-median, keydiff-dot, keydiff-euclidean, "
        + "sink, tova, h2o, snapkv, l2")
    #expect(usageMessage(.policy, "").contains("one of full, keydiff, keydiff-"))
  }
}

@Suite struct RetentionTests {
  private func recent(_ text: String) throws(ProfileError) -> Recent {
    try overrides((.recent, text)).recent
  }

  @Test func readsCountsAndFractions() throws {
    #expect(try recent("0") == .count(0))
    #expect(try recent("1") == .count(1))
    #expect(try recent("64") == .count(64))
    #expect(try recent("1048576") == .count(1_048_576))
    #expect(try recent("0.2") == .fraction(0.2))
    #expect(try recent("0.20") == .fraction(0.2))
    #expect(try recent("0.999999999999999") == .fraction(0.999999999999999))
  }

  @Test(arguments: [
    "", "nan", "inf", "1.5", "1.0", "0.0", "0.", ".2", "0.2.1", "-0.2", "-1", "1e-1", "0.2e1",
    "2.0",
    "00.2", "0,2", "20%", " 0.2", "0.2 ", "0x1", "1048577", "0.1234567890123456",
    "99999999999999999999999",
  ])
  func refuses(_ text: String) {
    #expect(
      usageMessage(.recent, text)
        == "--recent is '\(text)'; it must be a count, 0 to 1048576, or a fraction of the budget "
        + "between 0 and 1 such as 0.2")
  }

  @Test func sinks() throws {
    #expect(try overrides((.sinks, "4")).sinks == 4)
    for text in ["", "-1", "0.2", "1048577", "four"] {
      #expect(
        usageMessage(.sinks, text) == "--sinks is '\(text)'; it must be a count, 0 to 1048576")
    }
  }

  /// As `int(recent * N)` in Python: the product in Double, cut towards zero.
  @Test func countsFractions() throws {
    #expect(try recent("0.2").count(of: 2048) == 409)
    #expect(try recent("0.2").count(of: 4) == 0)
    #expect(try recent("0.29").count(of: 100) == 28)
    #expect(try recent("0.5").count(of: 1_048_576) == 524_288)
    for thousandths in 1..<1000 {
      let text = String(format: "0.%03d", thousandths)
      for budget in [1, 7, 100, 128, 1000, 2048, 6000] {
        #expect(try recent(text).count(of: budget) == Int(Double(text)! * Double(budget)))
      }
    }
  }

  @Test func fitsTheBudget() throws {
    let profile = try profile()
    let kept = try overrides((.sinks, "4"), (.recent, "0.2")).retention(for: profile)
    #expect(kept.sinks == 4)
    #expect(kept.recent == 409)
    #expect(try ProfileOverrides().retention(for: profile).recent == 0)
    #expect(try overrides((.sinks, "48"), (.recent, "2000")).retention(for: profile).recent == 2000)
    do throws(ProfileError) {
      _ = try overrides((.sinks, "49"), (.recent, "2000")).retention(for: profile)
      Issue.record("49 + 2000 tokens were accepted for a budget of 2048")
    } catch {
      #expect(error.exitCode == .usage)
      #expect(
        message(error) == "--sinks 49 and --recent 2000 keep 2049 tokens; together they must be "
          + "at most the cache budget, 2048")
    }
  }

  @Test func followsAnOverriddenBudget() throws {
    var profile = try profile()
    let settings = try overrides((.budget, "100"), (.recent, "0.29"))
    profile.apply(settings)
    #expect(try settings.retention(for: profile).recent == 28)
  }
}
