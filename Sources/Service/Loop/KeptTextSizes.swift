import Inference
import Model

/// What kept texts take in memory and in a file.
public struct KeptTextSizes: Sendable {
  /// Tokens of a text that is kept; longer ones are not compared with prompts.
  private static let tokenCountMax = 65_536
  private static let slotCountMax = 4096
  /// Parts of a slot begin at multiples of this.
  static let pageByteCount = 4096

  /// Texts in memory beside the engine's.
  let count: Int
  let tokenCapacity: Int
  /// The copy of a cache.
  let stateByteCount: Int
  /// Of one text in the file: a page that says what it is, its tokens, and its saved cache.
  public let slotByteCount: Int
  /// Texts that the file has room for.
  public let slotCount: Int
  /// Of the file, up to which it has slots.
  public let fileByteCount: Int

  @export(interface)
  public init(_ settings: ServiceSettings, _ shape: ModelShape, _ run: RunSettings) {
    count = settings.keptCount
    tokenCapacity = max(run.slotCount, min(shape.contextLength, Self.tokenCountMax))
    stateByteCount = EngineLayout.keptByteCount(shape, run, tokenCount: .max)
    let saved = EngineLayout.savedByteCount(shape, keptByteCount: stateByteCount)
    slotByteCount =
      Self.cacheOffset(tokenCapacity) + Self.pageByteCount * (saved / Self.pageByteCount + 1)
    slotCount = min(settings.keptFileByteCount / slotByteCount, Self.slotCountMax)
    fileByteCount = settings.keptFileByteCount
  }

  /// Where a slot's saved cache begins.
  var cacheOffset: Int { Self.cacheOffset(tokenCapacity) }

  private static func cacheOffset(_ tokenCapacity: Int) -> Int {
    pageByteCount * (2 + tokenCapacity * MemoryLayout<Int32>.stride / pageByteCount)
  }
}
