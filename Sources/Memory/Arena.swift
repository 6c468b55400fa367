import CPlatform
import Platform

/// Hands out the parts of each region. The same layout code runs twice: once on `Carver.measuring`,
/// which only counts, and once on the carver of a mapped arena; so a plan cannot differ from what
/// is taken.
@safe public struct Carver: ~Copyable {
  private let base: UnsafeMutableRawPointer?
  private let plan: MemoryPlan?
  private var used = Region.PerRegion<Int>(repeating: 0)
  private var isSealed = false
  private var expertByteCountMax: Int?

  /// Counts what is taken. The pointers it gives must not be followed.
  public static var measuring: Carver { unsafe Carver(base: nil, plan: nil) }

  init(base: UnsafeMutableRawPointer?, plan: MemoryPlan?) {
    unsafe self.base = unsafe base
    self.plan = plan
  }

  public var isMeasuring: Bool { unsafe base == nil }

  /// The next `count` elements of a region, aligned to `Arena.alignment`, zero at first.
  /// Taking from a sealed arena, or more than was planned, traps.
  public mutating func take<Element: BitwiseCopyable>(
    _ region: Region, _ type: Element.Type, count: Int
  ) -> UnsafeMutablePointer<Element> {
    let raw = unsafe takeBytes(region, count: count * MemoryLayout<Element>.stride)
    return unsafe raw.bindMemory(to: type, capacity: count)
  }

  /// As `take`, for types that are not bitwise copyable; the memory is not initialized.
  public mutating func takeUninitialized<Element: ~Copyable>(
    _ region: Region, _ type: Element.Type, count: Int
  ) -> UnsafeMutablePointer<Element> {
    let raw = unsafe takeBytes(region, count: count * MemoryLayout<Element>.stride)
    return unsafe raw.bindMemory(to: type, capacity: count)
  }

  @export(interface)
  public mutating func takeBytes(_ region: Region, count: Int) -> UnsafeMutableRawPointer {
    precondition(!isSealed, "the arena is sealed")
    precondition(count >= 0)
    let index = region.rawValue
    let start = used[index]
    used[index] = Arena.roundUp(start + count, to: Arena.alignment)
    guard let base = unsafe base, let plan else {
      return unsafe UnsafeMutableRawPointer(bitPattern: Arena.alignment)!
    }
    precondition(used[index] <= plan.byteCount(of: region), "more than was planned")
    return unsafe base + plan.offset(of: region) + start
  }

  /// The plan for what was taken so far.
  public func measured() -> MemoryPlan {
    MemoryPlan(byteCounts: used, expertByteCountMax: expertByteCountMax)
  }

  /// The experts are pages of a file, of which so many bytes may be in memory at a time.
  public mutating func keepExpertsInFile(residentByteCount: Int) {
    expertByteCountMax = residentByteCount
  }

  /// From here on nothing can be taken. Every planned byte must have been taken.
  @export(interface)
  public mutating func seal() {
    if let plan {
      for index in 0..<Region.count {
        precondition(used[index] == plan.byteCount(of: Region(rawValue: index)!))
      }
    }
    isSealed = true
  }
}

/// The one mapping of the process: all memory that the runtime uses for a model. It stays until the
/// process ends, or until it is unmapped for another one to take its place.
@safe public struct Arena: ~Copyable {
  /// A cache line, and the width of the widest vector.
  public static let alignment = 64
  public static let pageByteCount = 4096
  /// Whole pages on boards that have pages of 4 or 16 KiB.
  public static let imageAlignment = 16_384

  private let base: UnsafeMutableRawPointer
  public let plan: MemoryPlan

  /// - Parameter usesHugePages: whether the system is asked for huge pages, or for none; where it does
  ///   not follow, the pages are as the system has them.
  @export(interface)
  public init(plan: MemoryPlan, usesHugePages: Bool = true) throws(SystemFailure) {
    let isInFile = plan.byteCountInFile > 0
    guard
      let mapped = unsafe isInFile
        ? edge_map_unreserved(plan.totalByteCount) : edge_map(plan.totalByteCount)
    else {
      throw SystemFailure("map the arena", code: ENOMEM)
    }
    _ =
      usesHugePages
      ? unsafe edge_advise_huge(mapped, plan.totalByteCount)
      : unsafe edge_advise_small(mapped, plan.totalByteCount)
    unsafe base = unsafe mapped
    self.plan = plan
  }

  public var baseAddress: UnsafeMutableRawPointer { unsafe base }

  /// The regions from the weights to the norms, which do not change once they are loaded, up to where
  /// the keys begin: a multiple of `imageAlignment`.
  public var modelImage: UnsafeMutableRawBufferPointer {
    let start = plan.offset(of: .weights)
    return unsafe UnsafeMutableRawBufferPointer(
      start: base + start, count: plan.offset(of: .keys) - start)
  }

  public func bytes(of region: Region) -> UnsafeMutableRawBufferPointer {
    unsafe UnsafeMutableRawBufferPointer(
      start: base + plan.offset(of: region), count: plan.byteCount(of: region))
  }

  /// Keeps all its pages in memory, mapped weights too, but for experts that come and go. The limit is
  /// `RLIMIT_MEMLOCK`.
  public func lock() throws(SystemFailure) {
    if plan.byteCountInFile == 0 {
      return try lock(0..<plan.totalByteCount)
    }
    // Their pages come and go with those around them.
    let margin = 2 * FilePages.windowByteCount
    let experts = plan.offset(of: .experts)
    let end = experts + plan.byteCount(of: .experts)
    try lock(0..<max(0, experts - margin))
    try lock(end + margin..<max(end + margin, plan.totalByteCount))
  }

  private func lock(_ range: Range<Int>) throws(SystemFailure) {
    let result = unsafe edge_lock_memory(base + range.lowerBound, range.count)
    if result < 0 { throw SystemFailure("lock the memory", code: -result) }
  }

  /// Gives the memory back. Nothing may use it any more.
  public consuming func unmap() { _ = unsafe edge_unmap(base, plan.totalByteCount) }

  public func carver() -> Carver { unsafe Carver(base: base, plan: plan) }

  static func roundUp(_ value: Int, to alignment: Int) -> Int {
    (value + alignment - 1) & ~(alignment - 1)
  }
}
