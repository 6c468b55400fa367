import Inference
import KVCache
import Memory
import Model
import Platform
import Profile

/// A model, or the shape of one, and the memory plan for measuring it.
public struct BenchPlan: ~Copyable {
  public private(set) var settings: MeasurementSettings
  public let model: BenchModel
  public private(set) var runSettings: RunSettings
  public private(set) var request: BenchRequest
  public private(set) var memory: MemoryPlan

  @export(interface)
  public init(
    _ settings: MeasurementSettings, _ model: consuming BenchModel, _ request: BenchRequest
  ) {
    let run = Self.fit(Self.run(settings, model), request)
    self.settings = settings
    self.request = request
    runSettings = run
    memory = Self.memory(model.shape, run, request)
    self.model = model
  }

  /// For a profile's blocks and tokens at a filled cache.
  @export(interface)
  public init(filledCache settings: MeasurementSettings, _ model: consuming BenchModel) {
    let request = BenchRequest(prompt: settings.profile.blockSize, repeatCount: 1)
    let run = Self.run(settings, model)
    self.settings = settings
    self.request = request
    runSettings = run
    memory = Self.memory(model.shape, run, request)
    self.model = model
  }

  /// Plans anew, for another profile's blocks and tokens at a filled cache.
  mutating func plan(filledCache settings: MeasurementSettings) {
    self.settings = settings
    request = BenchRequest(prompt: settings.profile.blockSize, repeatCount: 1)
    runSettings = Self.run(settings, model)
    memory = Self.memory(model.shape, runSettings, request)
  }

  /// Plans anew.
  @export(interface)
  mutating func plan(_ request: BenchRequest, policy: Policy, blockSize: Int) {
    self.request = request
    runSettings = Self.fit(
      Self.run(settings, model).with(policy: policy, blockSize: blockSize), request)
    memory = Self.memory(model.shape, runSettings, request)
  }

  private static func run(
    _ settings: MeasurementSettings, _ model: borrowing BenchModel
  ) -> RunSettings {
    settings.run(logitRowCount: 1).holdingExperts(unless: model.isPacked)
  }

  @export(interface)
  private static func memory(
    _ shape: ModelShape, _ settings: RunSettings, _ request: BenchRequest
  ) -> MemoryPlan {
    var carver = Carver.measuring
    _ = BenchLayout(carver: &carver, shape, settings, request)
    return carver.measured()
  }

  /// Under policy `full` with as many slots as the longest prompt and its answer need.
  private static func fit(_ settings: RunSettings, _ request: BenchRequest) -> RunSettings {
    var settings = settings
    if request.measuresPasses { settings.takeProposals(BenchPasses.proposalCountMax) }
    if settings.policy != .full { return settings }
    let slotCount =
      request.prompts.greatest + request.generateCount
      + (request.measuresPasses ? BenchPasses.slotCount : 0)
    return settings.with(
      blockSize: settings.blockSize, cacheBudget: max(1, slotCount - settings.blockSize))
  }

  public var capByteCount: Int { settings.profile.ramCapByteCount }
  public var isOverCap: Bool { PlanTable.processByteCount(memory) > capByteCount }

  @export(interface)
  public func checkCap() throws(MeasurementError) {
    if !isOverCap { return }
    throw .overCap(
      FitAdvice(
        memory, shape: model.shape, settings: runSettings, capByteCount: capByteCount,
        isCacheFree: runSettings.policy != .full))
  }
}
