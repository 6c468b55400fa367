// The kinds of bytes that lead from a state back to it.
extension Automaton {
  /// All characters of these kinds that stand for themselves in a JSON string.
  func loops(of state: Int, readFrom words: Words) -> ByteKinds {
    var loops = ByteKinds.whole.rawValue
    for byte in UInt8(0x20)..<0x80
    where byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
      && next(state, byte, words) != state
    {
      loops &= ~ByteKinds(byte).rawValue
    }
    for lead in UInt8(0xc2)..<0xf5 {
      let kind = ByteKinds(lead).rawValue
      if loops & kind != 0 && !isLoop(lead, of: state, words) { loops &= ~kind }
    }
    return ByteKinds(rawValue: loops)
  }

  /// Whether all characters that begin with a byte lead back to a state, each byte of them in one way.
  private func isLoop(_ lead: UInt8, of state: Int, _ words: Words) -> Bool {
    var low: UInt8 = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80
    var high: UInt8 = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf
    var place = next(state, lead, words)
    for _ in 0..<(lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3) {
      if place == Self.dead { return false }
      let after = next(place, low, words)
      for byte in low...high where next(place, byte, words) != after { return false }
      (place, low, high) = (after, 0x80, 0xbf)
    }
    return place == state
  }
}
