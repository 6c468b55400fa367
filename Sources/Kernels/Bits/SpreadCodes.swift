import CInstructions

#if !arch(x86_64)
  /// The codes of half a unit that lie spread (`PackedFormat.hasSpreadCodes`), each times
  /// `2^(8 - bits)`: of each of four runs those of the low four outputs, and of the high four.
  struct SpreadCodes<Kind: PackedType> {
    private let codes: InlineArray<8, edge_codes>

    /// - Parameter place: of half a unit; moved to its end.
    @inline(__always)
    init(_ place: inout UnsafeRawPointer) {
      let early = unsafe SpreadRegisters(place)
      unsafe place = edge_advance(place, 48)
      if Kind.format.codeBits == 6 {
        let late = unsafe SpreadRegisters(place)
        unsafe place = edge_advance(place, 48)
        codes = [
          early.own(0, 2), early.own(1, 2), early.own(2, 2), early.aboveThree,
          late.own(0, 2), late.own(1, 2), late.own(2, 2), late.aboveThree,
        ]
        return
      }
      let late = unsafe edge_load_i8x16x2(place)
      unsafe place = edge_advance(place, 32)
      let (fourth, fifth) = unsafe (
        unsafeBitCast(late.first, to: edge_codes.self),
        unsafeBitCast(late.second, to: edge_codes.self)
      )
      codes = [
        early.own(0, 3), early.own(1, 3), early.own(2, 3), edge_lifted_codes(fourth, 3),
        edge_lifted_codes(fifth, 3), edge_codes_above_two(early[0], early[1]),
        edge_codes_above_two(early[2], fourth), edge_codes_above_rest(fifth, early[1], fourth),
      ]
    }

    @inline(__always)
    subscript(_ index: Int) -> edge_codes { unsafe codes[unchecked: index] }
  }

  /// Three registers.
  private struct SpreadRegisters {
    private let registers: InlineArray<3, edge_codes>

    @inline(__always)
    init(_ from: UnsafeRawPointer) {
      let loaded = unsafe edge_load_i8x16x3(from)
      registers = unsafe [
        unsafeBitCast(loaded.first, to: edge_codes.self),
        unsafeBitCast(loaded.second, to: edge_codes.self),
        unsafeBitCast(loaded.third, to: edge_codes.self),
      ]
    }

    @inline(__always)
    subscript(_ index: Int) -> edge_codes { unsafe registers[unchecked: index] }

    /// The codes below others' bits.
    @inline(__always)
    func own(_ index: Int, _ bits: Int) -> edge_codes { edge_lifted_codes(self[index], bits) }

    @inline(__always)
    var aboveThree: edge_codes { edge_codes_above_three(self[0], self[1], self[2]) }
  }
#endif
