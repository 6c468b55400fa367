import Memory
import Model
import Platform

/// What would fit below the cap when the plan does not. An error carries it, so it holds the sizes
/// that it tells of and not what they were computed from.
public struct FitAdvice: Sendable {
  private let capByteCount: Int
  private let processByteCount: Int
  private let keepsCodes: Bool
  /// What weights in the file's own bits would take less.
  private let savedByteCount: Int
  private let weightByteCount: Int
  /// The largest budget and the largest block that fit, everything else as asked for.
  private let budget: Int?
  private let block: Int?

  /// - Parameters:
  ///   - plan: of the model and settings, larger than the cap.
  ///   - isCacheFree: whether the cache may be made smaller; false if its slots follow from the
  ///     prompt.
  @export(interface)
  public init(
    _ plan: MemoryPlan, shape: ModelShape, settings: RunSettings, capByteCount: Int,
    isCacheFree: Bool = true
  ) {
    self.capByteCount = capByteCount
    processByteCount = PlanTable.processByteCount(plan)
    weightByteCount =
      plan.byteCount(of: .weights) + plan.residentByteCount(of: .experts)
      + plan.byteCount(of: .embeddings) + plan.byteCount(of: .outputHead)
    keepsCodes = settings.keepsCodes || shape.keepsCodes
    savedByteCount = keepsCodes ? 0 : FormatTally.savedByteCount(shape)
    let otherByteCount = processByteCount - Self.engineByteCount(shape, settings)
    func fits(budget: Int, block: Int) -> Bool {
      let changed = settings.with(blockSize: block, cacheBudget: budget)
      return Self.engineByteCount(shape, changed) + otherByteCount <= capByteCount
    }
    budget =
      isCacheFree
      ? Self.largest(settings.cacheBudget) { fits(budget: $0, block: settings.blockSize) } : nil
    block =
      isCacheFree
      ? Self.largest(settings.blockSize) { fits(budget: settings.cacheBudget, block: $0) } : nil
  }

  private static func engineByteCount(_ shape: ModelShape, _ settings: RunSettings) -> Int {
    var carver = Carver.measuring
    _ = EngineLayout(carver: &carver, shape: shape, settings: settings)
    return carver.measured().residentByteCount
  }

  /// The largest value from 1 to `limit` that fits, or nil; sizes grow with the value.
  @export(interface)
  public static func largest(_ limit: Int, _ fits: (Int) -> Bool) -> Int? {
    if !fits(1) { return nil }
    var (low, high) = (1, limit)
    while low < high {
      let middle = (low + high + 1) / 2
      if fits(middle) { low = middle } else { high = middle - 1 }
    }
    return low
  }

  /// Goes on a line: by how much the plan is over, and what would fit.
  @export(interface)
  public func write(to out: inout TextOutput) {
    let over = Self.writeExcess(
      processByteCount: processByteCount, capByteCount: capByteCount, to: &out)
    out.write("; what would fit: ")
    if let budget { Self.write("--budget ", budget, to: &out) }
    if let block { Self.write("--block ", block, to: &out) }
    if savedByteCount > 0 {
      out.write("--weights file, with which ")
      Self.writeMiB(processByteCount - savedByteCount, to: &out)
      out.write(" MiB are needed, ")
    }
    if weightByteCount > over {
      out.write(keepsCodes ? "a model whose weights take " : "a model whose int8 weights take ")
      Self.writeMiB(weightByteCount - over, to: &out)
      out.write(" MiB in place of ")
      Self.writeMiB(weightByteCount, to: &out)
      out.write(", or ")
    }
    Self.writeCap(processByteCount: processByteCount, to: &out)
  }

  /// - Returns: bytes over the cap.
  @discardableResult
  @export(interface)
  public static func writeExcess(
    processByteCount: Int, capByteCount: Int, to out: inout TextOutput
  ) -> Int {
    let over = processByteCount - capByteCount
    writeMiB(processByteCount, to: &out)
    out.write(" MiB are needed, ")
    writeMiB(over, to: &out)
    out.write(" MiB over the cap of ")
    writeMiB(capByteCount, to: &out)
    out.write(" MiB")
    return over
  }

  @export(interface)
  public static func writeCap(processByteCount: Int, to out: inout TextOutput) {
    out.write("a cap of ")
    out.write((processByteCount + 1_048_575) / 1_048_576)
    out.write(" MiB")
  }

  private static func write(_ option: StaticString, _ value: Int, to out: inout TextOutput) {
    out.write(option)
    out.write(value)
    out.write(", ")
  }

  private static func writeMiB(_ bytes: Int, to out: inout TextOutput) {
    out.write(Double(bytes) / 1_048_576, decimals: 1)
  }
}
