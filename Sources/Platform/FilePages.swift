import CPlatform

/// Pages of mapped files, in windows: the system maps the pages around one that is used, as far as an
/// aligned window of 64 KiB (fault_around_bytes).
public enum FilePages {
  public static let windowByteCount = 65_536

  /// Takes the pages of a file's mapping out of memory, with all of their windows; they come back when
  /// they are next used.
  /// - Parameters:
  ///   - bytes: a part of the mapping.
  ///   - mapping: all of it, of whole pages, from a file and not written.
  @export(interface)
  public static func drop(
    _ bytes: UnsafeRawBufferPointer, of mapping: UnsafeMutableRawBufferPointer
  ) {
    guard let base = bytes.baseAddress, let start = mapping.baseAddress else {
      return
    }
    let whole = UInt(bitPattern: start)..<(UInt(bitPattern: start) + UInt(mapping.count))
    let window = UInt(windowByteCount)
    let first = UInt(bitPattern: base) / window * window
    let end = (UInt(bitPattern: base) + UInt(bytes.count) + window - 1) / window * window
    let range = first.clamped(to: whole)..<end.clamped(to: whole)
    if range.isEmpty { return }
    _ = unsafe edge_drop_pages(
      start + Int(range.lowerBound - whole.lowerBound), range.count)
  }
}

extension UInt {
  fileprivate func clamped(to range: Range<UInt>) -> UInt {
    Swift.min(Swift.max(self, range.lowerBound), range.upperBound)
  }
}
