import CPlatform
import Platform

/// Memory for what is read before there is an arena and is gone when the program works: a mapping of
/// its own, zero at first, which is given back with its owner.
@safe public struct ScratchMemory: ~Copyable {
  private let base: UnsafeMutableRawPointer
  public let byteCount: Int

  @export(interface)
  public init(byteCount: Int) throws(SystemFailure) {
    guard let mapped = unsafe edge_map(byteCount) else {
      throw SystemFailure("map memory", code: ENOMEM)
    }
    unsafe base = unsafe mapped
    self.byteCount = byteCount
  }

  deinit { _ = unsafe edge_unmap(base, byteCount) }

  /// Valid as long as the owner lives.
  public var bytes: UnsafeMutableRawBufferPointer {
    unsafe UnsafeMutableRawBufferPointer(start: base, count: byteCount)
  }

  /// The first bytes.
  public var span: Span<UInt8> {
    @_lifetime(borrow self)
    get {
      let span = unsafe Span<UInt8>(
        _unsafeStart: base.assumingMemoryBound(to: UInt8.self), count: byteCount)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }
}
