import Memory
import Model
import Platform

/// What would fit below the cap when the plan does not.
public struct FitAdvice: Sendable {
  private let capByteCount: Int
  /// The plan's size for a budget and a block, everything else as asked for.
  private let shape: ModelShape
  private let settings: RunSettings
  private let otherByteCount: Int
  private let plan: MemoryPlan
  /// Whether the cache may be made smaller.
  private let isCacheFree: Bool

  /// - Parameters:
  ///   - plan: of the model and settings, larger than the cap.
  ///   - isCacheFree: false where the slots follow from the prompt.
  public init(
    _ plan: MemoryPlan, shape: ModelShape, settings: RunSettings, capByteCount: Int,
    isCacheFree: Bool = true
  ) {
    self.isCacheFree = isCacheFree
    self.plan = plan
    self.shape = shape
    self.settings = settings
    self.capByteCount = capByteCount
    let own = Self.engineByteCount(shape, settings)
    otherByteCount = PlanTable.processByteCount(plan) - own
  }

  private static func engineByteCount(_ shape: ModelShape, _ settings: RunSettings) -> Int {
    var carver = Carver.measuring
    _ = EngineLayout(carver: &carver, shape: shape, settings: settings)
    return carver.measured().totalByteCount
  }

  private func fits(budget: Int, block: Int) -> Bool {
    let changed = settings.with(blockSize: block, cacheBudget: budget)
    return Self.engineByteCount(shape, changed) + otherByteCount <= capByteCount
  }

  /// The largest value from 1 to `limit` that fits, or nil; sizes grow with the value.
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
  public func write(to out: inout TextOutput) {
    let over = Self.writeExcess(of: plan, capByteCount: capByteCount, to: &out)
    out.write("; what would fit: ")
    if isCacheFree { writeSizes(to: &out) }
    let weights =
      plan.byteCount(of: .weights) + plan.byteCount(of: .embeddings)
      + plan.byteCount(of: .outputHead)
    if weights > over {
      out.write("a model whose int8 weights take ")
      Self.writeMiB(weights - over, to: &out)
      out.write(" MiB in place of ")
      Self.writeMiB(weights, to: &out)
      out.write(", or ")
    }
    Self.writeCap(for: plan, to: &out)
  }

  /// - Returns: bytes over the cap.
  @discardableResult
  public static func writeExcess(
    of plan: MemoryPlan, capByteCount: Int, to out: inout TextOutput
  ) -> Int {
    writeExcess(
      processByteCount: PlanTable.processByteCount(plan), capByteCount: capByteCount, to: &out)
  }

  /// - Returns: bytes over the cap.
  @discardableResult
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

  public static func writeCap(for plan: MemoryPlan, to out: inout TextOutput) {
    out.write("a cap of ")
    out.write((PlanTable.processByteCount(plan) + 1_048_575) / 1_048_576)
    out.write(" MiB")
  }

  private func writeSizes(to out: inout TextOutput) {
    if let budget = Self.largest(
      settings.cacheBudget, { fits(budget: $0, block: settings.blockSize) })
    {
      out.write("--budget ")
      out.write(budget)
      out.write(", ")
    }
    if let block = Self.largest(
      settings.blockSize, { fits(budget: settings.cacheBudget, block: $0) })
    {
      out.write("--block ")
      out.write(block)
      out.write(", ")
    }
  }

  private static func writeMiB(_ bytes: Int, to out: inout TextOutput) {
    out.write(Double(bytes) / 1_048_576, decimals: 1)
  }
}
