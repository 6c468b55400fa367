import Text

/// Writes what a response has of its request: the members as they stand in the stored body, and what is
/// used where they are missing.
struct RequestRepetition {
  private let body: StoredBody
  private let blocks: BodyBlocks
  private let places: RepeatedPlaces
  private let temperature: Double
  private let topP: Double
  private var index = 0
  /// In the value that is being copied; nil between members.
  private var place: StoredPlace?
  private var json = JSONTokenizer()
  private var isBehindColon = false

  init(
    _ body: StoredBody, _ blocks: BodyBlocks, _ places: RepeatedPlaces, temperature: Double,
    topP: Double
  ) {
    self.body = body
    self.blocks = blocks
    self.places = places
    self.temperature = temperature
    self.topP = topP
  }

  /// All members are to be written once more.
  mutating func begin() { (index, place) = (0, nil) }

  /// Writes the next member, or a piece of it.
  /// - Returns: false if all have been written.
  mutating func write<Sink>(_ out: inout ResponseWriter<Sink>) -> Bool {
    if place != nil {
      copyPiece(&out)
      return true
    }
    guard let member = RepeatedMember(rawValue: index) else { return false }
    out.write(",")
    out.write(jsonString: member.field.name)
    out.write(":")
    if let byteCount = places.byteCount(member) {
      place = blocks.place(behind: byteCount, of: body)
      (json, isBehindColon) = (JSONTokenizer(), false)
    } else {
      writeMissing(member, &out)
      index += 1
    }
    return true
  }

  private func writeMissing<Sink>(
    _ member: RepeatedMember, _ out: inout ResponseWriter<Sink>
  ) {
    if let value = member.missingValue {
      out.write(value)
    } else {
      out.write(python: member == .temperature ? temperature : topP)
    }
  }

  private mutating func copyPiece<Sink>(_ out: inout ResponseWriter<Sink>) {
    guard var next = place else { return }
    let piece = unsafe blocks.piece(of: body, at: &next)
    place = next
    let goesOn = unsafe piece.count > 0 && copy(piece.span, &out)
    if !goesOn {
      place = nil
      index += 1
    }
  }

  /// - Returns: whether the value goes on behind the bytes.
  private mutating func copy<Sink>(
    _ bytes: Span<UInt8>, _ out: inout ResponseWriter<Sink>
  ) -> Bool {
    for index in 0..<bytes.count {
      if !isBehindColon {
        isBehindColon = bytes[index] == UInt8(ascii: ":")
        continue
      }
      if !takes(bytes.extracting(index..<index + 1)) { return false }
      // White space in the value may have line ends in it.
      out.write(byte: bytes[index] < 0x20 ? UInt8(ascii: " ") : bytes[index])
      if json.isEnded { return false }
    }
    return true
  }

  /// Whether a byte is of the value: a number ends with the byte behind it.
  private mutating func takes(_ byte: Span<UInt8>) -> Bool {
    var offset = 0
    do throws(JSONFault) {
      while offset == 0 && !json.isEnded { _ = try json.next(byte, at: &offset) }
    } catch {
      preconditionFailure("the body has been read before")
    }
    return offset > 0
  }
}
