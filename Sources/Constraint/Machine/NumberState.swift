import Text

/// A number while it is read: which bytes can come next, so that it can still be as its record asks.
///
/// A number with bounds is written without an exponent: its digits are compared with those of the bounds
/// as they come. `first` and `last` of the thread say how the digits so far compare with as many of the
/// least and the most magnitude.
enum NumberState {
  enum Part {
    static let start: UInt8 = 0
    static let sign: UInt8 = 1
    static let zero: UInt8 = 2
    static let whole: UInt8 = 3
    static let point: UInt8 = 4
    static let fraction: UInt8 = 5
    static let exponentMark: UInt8 = 6
    static let exponentSign: UInt8 = 7
    static let exponent: UInt8 = 8
  }

  private static let isLess: UInt32 = 0
  private static let isEqual: UInt32 = 1
  private static let isGreater: UInt32 = 2
  /// Digits before the point and behind it; more are not written.
  static let wholeCountMax = 64
  static let fractionCountMax = 40
  /// Powers of ten, so that every reader's Double can hold the number.
  static let exponentMax: UInt32 = 200
  /// Digits of an exponent, with zeros before it.
  private static let exponentCountMax: UInt32 = 8

  /// - Returns: false if the byte cannot come next in the number.
  static func step(_ thread: inout Thread, _ byte: UInt8, _ words: Words) -> Bool {
    let record = Int(thread.place)
    if let digit = decimalDigit(byte) { return take(digit, &thread, record, words) }
    switch (thread.part, byte) {
    case (Part.start, UInt8(ascii: "-")):
      if record != 0 && words[record + NumberRecord.allowsNegative] == 0 { return false }
      thread.part = Part.sign
      thread.pending = 1
      return true
    case (Part.zero, UInt8(ascii: ".")), (Part.whole, UInt8(ascii: ".")):
      endWhole(&thread, record, words)
      thread.part = Part.point
      thread.offset = 0
      return isInteger(record, words)
        ? isInside(thread, record, words) : canGoOnInFraction(thread, record, words)
    case (Part.zero, UInt8(ascii: "e")), (Part.zero, UInt8(ascii: "E")),
      (Part.whole, UInt8(ascii: "e")), (Part.whole, UInt8(ascii: "E")):
      thread.part = Part.exponentMark
    case (Part.fraction, UInt8(ascii: "e")), (Part.fraction, UInt8(ascii: "E")):
      // The zeros of a whole number's fraction say nothing.
      thread.part = Part.exponentMark
    case (Part.exponentMark, UInt8(ascii: "+")): thread.part = Part.exponentSign
    case (Part.exponentMark, UInt8(ascii: "-")):
      if isInteger(record, words) { return false }
      thread.part = Part.exponentSign
    default: return false
    }
    // The digits of the exponent are counted by themselves.
    (thread.offset, thread.count) = (0, 0)
    return !hasBounds(thread, record, words)
  }

  /// Whether the number may end here.
  static func accepts(_ thread: Thread, _ words: Words) -> Bool {
    let record = Int(thread.place)
    switch thread.part {
    case Part.zero, Part.whole:
      var ended = thread
      endWhole(&ended, record, words)
      return isInside(ended, record, words)
    case Part.fraction: return isInside(thread, record, words)
    case Part.exponent: return true
    default: return false
    }
  }

  private static func isInteger(_ record: Int, _ words: Words) -> Bool {
    record != 0 && words[record + NumberRecord.isInteger] != 0
  }

  /// The bounds of a sign's magnitudes; 0 for none.
  private static func least(_ thread: Thread, _ record: Int, _ words: Words) -> Int {
    if record == 0 { return 0 }
    return words[
      record + (thread.pending != 0 ? NumberRecord.leastNegative : NumberRecord.leastPositive)]
  }

  private static func most(_ thread: Thread, _ record: Int, _ words: Words) -> Int {
    if record == 0 { return 0 }
    return words[
      record + (thread.pending != 0 ? NumberRecord.mostNegative : NumberRecord.mostPositive)]
  }

  private static func hasBounds(_ thread: Thread, _ record: Int, _ words: Words) -> Bool {
    least(thread, record, words) != 0 || most(thread, record, words) != 0
  }

  private static func take(
    _ digit: Int, _ thread: inout Thread, _ record: Int, _ words: Words
  ) -> Bool {
    switch thread.part {
    case Part.start, Part.sign:
      if thread.part == Part.start, record != 0,
        words[record + NumberRecord.allowsPositive] == 0
      {
        return false
      }
      thread.part = digit == 0 ? Part.zero : Part.whole
      (thread.first, thread.last) = (isEqual, isEqual)
      compare(digit, &thread, record, words)
      return canGoOnInWhole(thread, record, words)
    case Part.whole:
      if thread.count == wholeCountMax { return false }
      compare(digit, &thread, record, words)
      return canGoOnInWhole(thread, record, words)
    case Part.point, Part.fraction:
      if thread.offset == fractionCountMax || isInteger(record, words) && digit != 0 {
        return false
      }
      thread.part = Part.fraction
      thread.offset += 1
      if isInteger(record, words) { return true }
      compare(digit, &thread, record, words)
      return canGoOnInFraction(thread, record, words)
    case Part.exponentMark, Part.exponentSign, Part.exponent:
      thread.part = Part.exponent
      thread.offset = thread.offset * 10 + UInt32(digit)
      thread.count += 1
      return thread.offset <= exponentMax && thread.count <= exponentCountMax
    default: return false
    }
  }

  private static func digit(_ bound: Int, _ index: Int, _ words: Words) -> Int {
    index < words[bound + BoundRecord.digitCount] ? words[bound + BoundRecord.digits + index] : 0
  }

  private static func compare(
    _ digit: Int, _ thread: inout Thread, _ record: Int, _ words: Words
  ) {
    let index = Int(thread.count)
    let (least, most) = (least(thread, record, words), most(thread, record, words))
    if least != 0 && thread.first == isEqual {
      thread.first = compared(digit, self.digit(least, index, words))
    }
    if most != 0 && thread.last == isEqual {
      thread.last = compared(digit, self.digit(most, index, words))
    }
    thread.count += 1
  }

  private static func compared(_ digit: Int, _ other: Int) -> UInt32 {
    digit < other ? isLess : digit == other ? isEqual : isGreater
  }

  /// The digits before the point are all there: a shorter number is less, a longer one greater.
  private static func endWhole(_ thread: inout Thread, _ record: Int, _ words: Words) {
    let (least, most) = (least(thread, record, words), most(thread, record, words))
    let count = Int(thread.count)
    if least != 0 && count != words[least + BoundRecord.wholeCount] {
      thread.first = count < words[least + BoundRecord.wholeCount] ? isLess : isGreater
    }
    if most != 0 && count != words[most + BoundRecord.wholeCount] {
      thread.last = count < words[most + BoundRecord.wholeCount] ? isLess : isGreater
    }
  }

  /// Whether the number is inside its bounds as it stands, its digits before the point being whole.
  private static func isInside(_ thread: Thread, _ record: Int, _ words: Words) -> Bool {
    let (least, most) = (least(thread, record, words), most(thread, record, words))
    let count = Int(thread.count)
    if least != 0 {
      if thread.first == isLess { return false }
      if thread.first == isEqual {
        if words[least + BoundRecord.digitCount] > count { return false }
        if words[least + BoundRecord.isExclusive] != 0 { return false }
      }
    }
    if most == 0 || thread.last == isLess { return true }
    if thread.last == isGreater { return false }
    return words[most + BoundRecord.digitCount] > count
      || words[most + BoundRecord.isExclusive] == 0
  }

  /// Whether digits behind the point can make the number what it must be.
  private static func canGoOnInFraction(
    _ thread: Thread, _ record: Int, _ words: Words
  ) -> Bool {
    let (least, most) = (least(thread, record, words), most(thread, record, words))
    if least != 0 && thread.first == isLess { return false }
    return most == 0 || isBelow(most, thread, words)
  }

  /// Whether the digits so far, with zeros behind them, are below a bound, or may be equal to it.
  private static func isBelow(_ most: Int, _ thread: Thread, _ words: Words) -> Bool {
    if thread.last != isEqual { return thread.last == isLess }
    return words[most + BoundRecord.isExclusive] == 0
      || words[most + BoundRecord.digitCount] > Int(thread.count)
  }

  /// Whether there is a count of digits before the point with which the number can be what it must be.
  private static func canGoOnInWhole(_ thread: Thread, _ record: Int, _ words: Words) -> Bool {
    wholeCount(thread, record, words) != nil
  }

  /// The least such count.
  private static func wholeCount(_ thread: Thread, _ record: Int, _ words: Words) -> Int? {
    let (least, most) = (least(thread, record, words), most(thread, record, words))
    if least == 0 && most == 0 { return Int(thread.count) }
    let leastCount = least == 0 ? 0 : words[least + BoundRecord.wholeCount]
    let mostCount = most == 0 ? wholeCountMax : words[most + BoundRecord.wholeCount]
    let count = Int(thread.count)
    let isZero = thread.part == Part.zero
    var length = max(count, leastCount)
    if least != 0, length == leastCount, thread.first == isLess { length += 1 }
    if isZero && length > count { return nil }
    if length > mostCount { return nil }
    if length < mostCount || most == 0 { return length }
    return isBelow(most, thread, words) ? length : nil
  }

  /// Bytes that the number needs, at most, to be what it must be.
  static func distance(_ thread: Thread, _ words: Words) -> Int {
    if accepts(thread, words) { return 0 }
    let record = Int(thread.place)
    switch thread.part {
    case Part.start: return shortest(record, words)
    case Part.sign: return byteCount(least(thread, record, words), words)
    case Part.zero, Part.whole:
      guard let length = wholeCount(thread, record, words) else { return NodeRecord.none }
      let least = least(thread, record, words)
      let rest = least == 0 ? 0 : restCount(least, thread, length, words)
      return length - Int(thread.count) + rest
    case Part.point:
      let least = least(thread, record, words)
      return least == 0 ? 1 : max(1, fractionRest(least, thread, words))
    case Part.fraction:
      let least = least(thread, record, words)
      return least == 0 ? 0 : max(1, fractionRest(least, thread, words))
    default: return 1
    }
  }

  /// Bytes of a fraction that reaches the least magnitude.
  private static func restCount(
    _ least: Int, _ thread: Thread, _ length: Int, _ words: Words
  ) -> Int {
    let wholeCount = words[least + BoundRecord.wholeCount]
    if length != wholeCount || thread.first != isEqual { return 0 }
    let fraction = max(words[least + BoundRecord.digitCount] - wholeCount, 0)
    let further = words[least + BoundRecord.isExclusive] != 0 ? 1 : 0
    return fraction + further > 0 ? 1 + fraction + further : 0
  }

  private static func fractionRest(_ least: Int, _ thread: Thread, _ words: Words) -> Int {
    if thread.first != isEqual { return 0 }
    return max(words[least + BoundRecord.digitCount] - Int(thread.count), 0)
      + (words[least + BoundRecord.isExclusive] != 0 ? 1 : 0)
  }

  /// Bytes of a number that is as a record asks, or more.
  static func shortest(_ record: Int, _ words: Words) -> Int {
    if record == 0 { return 1 }
    var result = NodeRecord.none
    if words[record + NumberRecord.allowsPositive] != 0 {
      result = byteCount(words[record + NumberRecord.leastPositive], words)
    }
    if words[record + NumberRecord.allowsNegative] != 0 {
      result = min(result, 1 + byteCount(words[record + NumberRecord.leastNegative], words))
    }
    return result
  }

  private static func byteCount(_ least: Int, _ words: Words) -> Int {
    if least == 0 { return 1 }
    let wholeCount = words[least + BoundRecord.wholeCount]
    let fraction = max(words[least + BoundRecord.digitCount] - wholeCount, 0)
    let further = words[least + BoundRecord.isExclusive]
    return wholeCount + (fraction + further > 0 ? 1 + fraction + further : 0)
  }
}
