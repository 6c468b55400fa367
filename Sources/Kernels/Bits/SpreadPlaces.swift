/// Where the bits of spread codes lie (`PackedFormat.hasSpreadCodes`): half a unit has eight words of codes
/// for two outputs, and five or six registers, whose bytes hold a code and bits of another above it.
struct SpreadPlaces {
  /// Bits of a code in the bytes of a register.
  struct Piece {
    let register: Int
    /// The lowest bit's place in the byte, and in the code.
    let place: UInt32
    let first: UInt32
    let count: UInt32

    init(_ register: Int, place: UInt32, first: UInt32, count: UInt32) {
      self.register = register
      self.place = place
      self.first = first
      self.count = count
    }

    /// Bytes with the piece's bits.
    private var ones: UInt32 { ((1 &<< count) &- 1) &* 0x0101_0101 }
    /// Its bits in the register's bytes.
    var mask: UInt32 { ones &<< place }

    func taken(from codes: UInt32) -> UInt32 { (codes &>> first & ones) &<< place }

    func codes(_ word: UInt32) -> UInt32 { (word &>> place & ones) &<< first }
  }

  /// Of four codes of six bits the fourth lies above the other three, two bits each. Of eight of five bits the
  /// sixth lies above the first and the second, the seventh above the third and the fourth, and the eighth above
  /// the fifth, with a bit each above the second and the fourth.
  /// - Parameters:
  ///   - run: 0 to 3.
  ///   - isHigh: of the output half a group on.
  /// - Returns: pieces, those without bits last.
  static func pieces(codeBits: Int, run: Int, isHigh: Bool) -> InlineArray<3, Piece> {
    let code = 2 * run + (isHigh ? 1 : 0)
    let nothing = Piece(0, place: 0, first: 0, count: 0)
    if codeBits == 6 {
      let first = code / 4 * 3
      if code % 4 < 3 {
        return [Piece(first + code % 4, place: 0, first: 0, count: 6), nothing, nothing]
      }
      return [
        Piece(first, place: 6, first: 0, count: 2), Piece(first + 1, place: 6, first: 2, count: 2),
        Piece(first + 2, place: 6, first: 4, count: 2),
      ]
    }
    if code < 5 { return [Piece(code, place: 0, first: 0, count: 5), nothing, nothing] }
    if code < 7 {
      let first = (code - 5) * 2
      return [
        Piece(first, place: 5, first: 2, count: 3), Piece(first + 1, place: 6, first: 0, count: 2),
        nothing,
      ]
    }
    return [
      Piece(4, place: 5, first: 2, count: 3), Piece(1, place: 5, first: 1, count: 1),
      Piece(3, place: 5, first: 0, count: 1),
    ]
  }
}
