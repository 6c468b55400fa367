import CInstructions

#if !arch(x86_64)
  /// Loads 64 bytes and moves on behind them, in one instruction.
  @inline(__always)
  @unsafe func loadFour(_ place: inout UnsafeRawPointer) -> edge_i8x16x4 {
    let loaded = unsafe edge_load_i8x16x4(place)
    unsafe place = edge_advance(place, 64)
    return loaded
  }
#endif
