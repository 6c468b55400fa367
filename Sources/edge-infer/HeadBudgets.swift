import Inference
import Model
import Platform
import Profile

/// The shares of the run's head budgets: they stay as long as the program runs.
private nonisolated(unsafe) var shares = HeadShares()

/// The file of head budgets that a run takes: that of the command line, else the profile's.
struct HeadBudgets {
  let path: ModelPath
  let kept: KeptHeadShares

  /// - Returns: nil if heads have equal budgets.
  @inline(never)
  static func find(_ arguments: Arguments, _ settings: Settings) throws(CommandFailure)
    -> HeadBudgets?
  {
    let profile = settings.profile
    if unsafe arguments.headBudgets != nil && profile.policy == .full {
      throw CommandFailure(
        .usage, "--head-budgets needs a policy that evicts: full keeps every token")
    }
    if profile.policy == .full { return nil }
    if let name = unsafe arguments.headBudgets { return try HeadBudgets(unsafe ModelPath(name)) }
    if profile.headBudgets.count == 0 { return nil }
    return try HeadBudgets(unsafe profile.headBudgets.withCString { unsafe ModelPath($0) })
  }

  private init(_ path: ModelPath) throws(CommandFailure) {
    self.path = path
    var bytes = InlineArray<65_537, UInt8>(repeating: 0)
    let count: Int
    do throws(SystemFailure) {
      count = unsafe try path.withPointer { (name) throws(SystemFailure) in
        let file = unsafe try InputFile(path: name)
        return unsafe try withUnsafeMutableBytes(of: &bytes) {
          (target) throws(SystemFailure) -> Int in
          unsafe try file.read(into: target, at: 0)
        }
      }
    } catch {
      throw CommandFailure(.system(error), path)
    }
    do throws(HeadSharesError) {
      unsafe try shares.read(json: bytes.span.extracting(0..<count))
    } catch {
      throw CommandFailure(.headShares(error), path)
    }
    kept = unsafe withUnsafePointer(to: &shares) { unsafe KeptHeadShares($0) }
  }

  /// The model must have the layers and heads that the file is for, and the least budget room for what is
  /// never evicted.
  func check(_ shape: ModelShape, _ settings: RunSettings) throws(CommandFailure) {
    do throws(HeadSharesError) {
      try shape.check(kept)
      try settings.checkRetained()
    } catch {
      throw CommandFailure(.headShares(error), path)
    }
  }

  /// The model that was loaded must be the file's.
  func check(_ engine: borrowing Engine) throws(CommandFailure) {
    do throws(HeadSharesError) {
      try engine.checkHeadShares()
    } catch {
      throw CommandFailure(.headShares(error), path)
    }
  }
}
