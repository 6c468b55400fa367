import Generation
import Inference
import Measurement
import Model
import Platform
import Profile

/// The shares of the run's head budgets: they stay as long as the program runs.
private nonisolated(unsafe) var shares = HeadShares()

/// The text that they were read from, and a byte more at least, by which a longer file is seen. Its elements
/// are few, because the compiler takes a time that grows with the square of their number.
private nonisolated(unsafe) var fileText = InlineArray<8_193, UInt64>(repeating: 0)
private nonisolated(unsafe) var fileByteCount = 0

/// The head budgets that a run takes: of the file that the command line names, else of the profile's, else
/// those that are packed with the model.
struct HeadBudgets {
  let path: ModelPath
  let kept: KeptHeadShares

  /// - Returns: nil if heads have equal budgets.
  @inline(never)
  static func find(
    _ arguments: Arguments, _ settings: Settings, modelPath: ModelPath
  ) throws(CommandFailure) -> HeadBudgets? {
    let profile = settings.profile
    let name = unsafe arguments.headBudgets
    if let name = unsafe name, unsafe isEqual(name, "none") { return nil }
    if unsafe name != nil && profile.policy == .full {
      throw CommandFailure(
        .usage, "--head-budgets needs a policy that evicts: full keeps every token")
    }
    if profile.policy == .full { return nil }
    if let name = unsafe name { return try HeadBudgets(unsafe ModelPath(name)) }
    if profile.headBudgets.count == 0 { return try HeadBudgets(packed: modelPath) }
    return try HeadBudgets(unsafe profile.headBudgets.withCString { unsafe ModelPath($0) })
  }

  /// For a measurement; made-up weights have no head budgets.
  static func find(
    _ arguments: Arguments, _ settings: Settings, for model: borrowing BenchModel
  ) throws(CommandFailure) -> HeadBudgets? {
    if model.published == nil {
      let path = ModelPath(arguments, settings)
      let found = try find(arguments, settings, modelPath: path)
      try found?.check(model.shape, settings.run(logitRowCount: 1))
      return found
    }
    if let name = unsafe arguments.headBudgets, unsafe !isEqual(name, "none") {
      throw CommandFailure(.usage, "--head-budgets is made for a model's file; --shape has none")
    }
    return nil
  }

  private init(_ path: ModelPath) throws(CommandFailure) {
    do throws(SystemFailure) {
      let count = unsafe try path.withPointer { (name) throws(SystemFailure) in
        let file = unsafe try InputFile(path: name)
        return unsafe try withUnsafeMutableBytes(of: &fileText) {
          (target) throws(SystemFailure) -> Int in
          unsafe try file.read(into: target, at: 0)
        }
      }
      unsafe fileByteCount = count
    } catch {
      throw CommandFailure(.system(error), path)
    }
    try self.init(textOf: path)
  }

  /// Nil if the model is not packed, or without head budgets; what else is wrong with it is found when it
  /// is opened.
  private init?(packed path: ModelPath) throws(CommandFailure) {
    do throws(ModelError) {
      let count = unsafe try path.withPointer { (name) throws(ModelError) in
        guard let file = unsafe try? InputFile(path: name) else { return 0 }
        return unsafe try withUnsafeMutableBytes(of: &fileText) {
          (target) throws(ModelError) -> Int in
          unsafe try PackedModel.readHeadBudgets(of: file, into: target)
        }
      }
      unsafe fileByteCount = count
    } catch {
      throw CommandFailure(.model(error), path)
    }
    if unsafe fileByteCount == 0 { return nil }
    try self.init(textOf: path)
  }

  private init(textOf path: ModelPath) throws(CommandFailure) {
    do throws(HeadSharesError) {
      unsafe try withUnsafeBytes(of: &fileText) { (bytes) throws(HeadSharesError) in
        let text = unsafe bytes.bindMemory(to: UInt8.self)
        unsafe try shares.read(json: text.span.extracting(0..<fileByteCount))
      }
    } catch {
      throw CommandFailure(.headShares(error), path)
    }
    self.path = path
    kept = unsafe withUnsafePointer(to: &shares) { unsafe KeptHeadShares($0) }
  }

  /// What `pack` writes of them: nothing without head budgets.
  static func text(of budgets: HeadBudgets?) -> UnsafeRawBufferPointer {
    if budgets == nil { return unsafe UnsafeRawBufferPointer(start: nil, count: 0) }
    return unsafe withUnsafePointer(to: &fileText) {
      unsafe UnsafeRawBufferPointer(start: $0, count: fileByteCount)
    }
  }

  /// The model must have the layers and heads that the file is for, and the least budget room for what is
  /// never evicted.
  func check(_ shape: ModelShape, _ settings: RunSettings) throws(CommandFailure) {
    do throws(HeadSharesError) {
      try shape.check(kept)
      var settings = settings
      settings.headShares = kept
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
