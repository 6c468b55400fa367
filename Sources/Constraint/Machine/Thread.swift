/// One way in which the text so far can be read: what is being read innermost, and the frame of what
/// it lies in. A frame is a thread as it was when something inside it began.
struct Thread {
  enum Kind: UInt8 {
    /// The whole text has been read.
    case end
    /// A value has been read; its parent goes on. It is never seen between two bytes.
    case closed
    /// Before a value. `place`: its node.
    case value
    /// In a string. `place`: its record, or 0.
    case string
    /// In a number. `place`: its record, or 0.
    case number
    /// In `null`, `true` or `false`. `place`: which one; `offset`: bytes of it.
    case word
    /// In an object, and `place` is its record: after its brace, in a name, after a name, after a
    /// property, after a comma.
    case objectStart, objectName, objectColon, objectNext, objectComma
    /// In a list, and `place` is its record: after its bracket, after an element.
    case arrayStart, arrayNext
    /// In a grammar. `place`: the element that is read next.
    case grammar
    /// In a text without quotation marks: see `RawText`.
    case raw
  }

  var kind: Kind
  /// Of a string or name: see `StringStep`; of a number: its part.
  var part: UInt8 = 0
  /// Bytes of white space in a row; bytes that a character still needs; digits of an escape; the sign.
  var pending: UInt8 = 0
  /// Frames below.
  var depth: UInt8 = 0
  /// 0: none.
  var parent: UInt32 = 0
  var place: UInt32 = 0
  /// The branch by which the value is read; 0 outside values.
  var branch: UInt32 = 0
  /// Of texts: those that begin with what was read; of a number: how its digits compare with bounds.
  var first: UInt32 = 0
  var last: UInt32 = 0
  /// Characters, elements, properties, digits.
  var count: UInt32 = 0
  /// Of a string: the automaton's state; of a name: its hash; after a name: the node of the value.
  var state: UInt32 = 0
  /// Bytes of the text or word that were read.
  var offset: UInt32 = 0
  /// Of an escape or a character of a grammar: the value of what was read.
  var scalar: UInt32 = 0
  /// The named properties that were read.
  var seen: InlineArray<4, UInt32> = InlineArray(repeating: 0)
  /// The newest record of `UsedNames` in the open objects; 0: there is none.
  var names: UInt32 = 0
  /// While frames are collected: where a frame goes.
  var moved: UInt32 = 0

  init(_ kind: Kind, place: Int = 0, parent: Int = 0, depth: UInt8 = 0) {
    self.kind = kind
    self.place = UInt32(truncatingIfNeeded: place)
    self.parent = UInt32(truncatingIfNeeded: parent)
    self.depth = depth
  }

  func hasSeen(_ index: Int) -> Bool { seen[index >> 5] & 1 << UInt32(index & 31) != 0 }

  mutating func see(_ index: Int) { seen[index >> 5] |= 1 << UInt32(index & 31) }
}
