import Text

/// The moment that a template is told when it asks for the time: in the calendar of the caller's zone.
public struct TemplateTime: Sendable {
  public var year: Int
  /// From 1.
  public var month: Int
  public var day: Int
  public var hour: Int
  public var minute: Int
  public var second: Int

  @export(interface)
  public init(year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int) {
    self.year = year
    self.month = month
    self.day = day
    self.hour = hour
    self.minute = minute
    self.second = second
  }

  /// - Parameter seconds: since 1 January 1970 00:00 in the zone. The calendar is that of H. Hinnant's
  ///   "chrono-compatible low-level date algorithms" (civil_from_days).
  @export(interface)
  public init(secondsSince1970 seconds: Int) {
    let days = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
    let rest = seconds - days * 86_400
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60)
  }

  /// The day of the year, from 1.
  var dayOfYear: Int {
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let before = (275 * month) / 9 - (month > 2 ? (isLeap ? 1 : 2) : 0) - 30
    return before + day
  }

  /// The week of ISO 8601 and the year that it belongs to.
  var isoWeek: (year: Int, week: Int) {
    let day = weekday == 0 ? 7 : weekday
    let week = (dayOfYear - day + 10) / 7
    if week == 0 { return (year - 1, Self.isoWeekCount(of: year - 1)) }
    return week > Self.isoWeekCount(of: year) ? (year + 1, 1) : (year, week)
  }

  /// A year has 53 weeks if its last day is a Thursday, or if the last day of the year before is a
  /// Wednesday.
  private static func isoWeekCount(of year: Int) -> Int {
    let last = TemplateTime(year: year, month: 12, day: 31, hour: 0, minute: 0, second: 0)
    let before = TemplateTime(year: year - 1, month: 12, day: 31, hour: 0, minute: 0, second: 0)
    return last.weekday == 4 || before.weekday == 3 ? 53 : 52
  }

  /// From 0, Sunday (Sakamoto's method).
  var weekday: Int {
    let shifts: InlineArray<12, Int> = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4]
    let shiftedYear = month < 3 ? year - 1 : year
    return
      (shiftedYear + shiftedYear / 4 - shiftedYear / 100 + shiftedYear / 400
      + shifts[month - 1] + day) % 7
  }
}

// `strftime` in the C locale.
extension Interpreter {
  mutating func time(_ format: Value) throws(TemplateError) -> Value {
    let bytes = try flat(format)
    let start = beginText()
    var offset = bytes.lowerBound
    while offset < bytes.upperBound {
      let byte = memory.byte(offset)
      if byte != UInt8(ascii: "%") || offset + 1 == bytes.upperBound {
        write(byte: byte)
        offset += 1
        continue
      }
      offset += 1
      let isUnpadded = memory.byte(offset) == UInt8(ascii: "-") && offset + 1 < bytes.upperBound
      if isUnpadded { offset += 1 }
      if Self.isTimeModifier(memory.byte(offset)) {
        throw unsupported("the time's field", offset - 1..<offset + 1)
      }
      write(timeField: memory.byte(offset), isUnpadded: isUnpadded)
      offset += 1
    }
    return try endText(start)
  }

  /// Flags, widths and alternative forms of the C library beside `-`, and the seconds since 1970.
  private static func isTimeModifier(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "_"), UInt8(ascii: "^"), UInt8(ascii: "#"), UInt8(ascii: "+"),
      UInt8(ascii: "E"), UInt8(ascii: "O"), UInt8(ascii: "s"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: false
    }
  }

  private mutating func write(timeField letter: UInt8, isUnpadded: Bool) {
    let hour12 = (now.hour + 11) % 12 + 1
    switch letter {
    case UInt8(ascii: "Y"): write(now.year)
    case UInt8(ascii: "y"): write(number: now.year % 100, 2, isUnpadded)
    case UInt8(ascii: "m"): write(number: now.month, 2, isUnpadded)
    case UInt8(ascii: "d"): write(number: now.day, 2, isUnpadded)
    case UInt8(ascii: "e"): writeSpaced(now.day, isUnpadded)
    case UInt8(ascii: "H"): write(number: now.hour, 2, isUnpadded)
    case UInt8(ascii: "I"): write(number: hour12, 2, isUnpadded)
    case UInt8(ascii: "M"): write(number: now.minute, 2, isUnpadded)
    case UInt8(ascii: "S"): write(number: now.second, 2, isUnpadded)
    case UInt8(ascii: "f"): write("000000")
    case UInt8(ascii: "j"): write(number: now.dayOfYear, 3, isUnpadded)
    case UInt8(ascii: "p"): write(now.hour < 12 ? "AM" : "PM")
    case UInt8(ascii: "u"): write(now.weekday == 0 ? 7 : now.weekday)
    case UInt8(ascii: "w"): write(now.weekday)
    case UInt8(ascii: "%"): write("%")
    case UInt8(ascii: "n"): write("\n")
    case UInt8(ascii: "t"): write("\t")
    case UInt8(ascii: "k"): writeSpaced(now.hour, isUnpadded)
    case UInt8(ascii: "l"): writeSpaced(hour12, isUnpadded)
    case UInt8(ascii: "C"): write(number: now.year / 100, 2, isUnpadded)
    case UInt8(ascii: "P"): write(now.hour < 12 ? "am" : "pm")
    case UInt8(ascii: "U"): write(number: (now.dayOfYear + 6 - now.weekday) / 7, 2, isUnpadded)
    case UInt8(ascii: "W"):
      write(number: (now.dayOfYear + 6 - (now.weekday + 6) % 7) / 7, 2, isUnpadded)
    case UInt8(ascii: "V"): write(number: now.isoWeek.week, 2, isUnpadded)
    case UInt8(ascii: "G"): write(now.isoWeek.year)
    case UInt8(ascii: "g"): write(number: now.isoWeek.year % 100, 2, isUnpadded)
    default: writeNamed(letter)
    }
  }

  private mutating func writeSpaced(_ value: Int, _ isUnpadded: Bool) {
    if value < 10 && !isUnpadded { write(" ") }
    write(value)
  }

  private mutating func write(number value: Int, _ digitCount: Int, _ isUnpadded: Bool) {
    write(UInt64(value), digitCount: isUnpadded ? 1 : digitCount)
  }

  private mutating func writeNamed(_ letter: UInt8) {
    switch letter {
    case UInt8(ascii: "B"): write(monthName, byteCount: nil)
    case UInt8(ascii: "b"), UInt8(ascii: "h"): write(monthName, byteCount: 3)
    case UInt8(ascii: "A"): write(dayName, byteCount: nil)
    case UInt8(ascii: "a"): write(dayName, byteCount: 3)
    case UInt8(ascii: "F"): write(fields: "Ymd", separator: UInt8(ascii: "-"))
    case UInt8(ascii: "T"), UInt8(ascii: "X"):
      write(fields: "HMS", separator: UInt8(ascii: ":"))
    case UInt8(ascii: "R"): write(fields: "HM", separator: UInt8(ascii: ":"))
    case UInt8(ascii: "D"), UInt8(ascii: "x"): write(fields: "mdy", separator: UInt8(ascii: "/"))
    case UInt8(ascii: "c"):
      write(fields: "abeTY", separator: UInt8(ascii: " "))
    case UInt8(ascii: "Z"), UInt8(ascii: "z"): break
    default:
      write("%")
      write(byte: letter)
    }
  }

  private mutating func write(fields: StaticString, separator: UInt8) {
    for index in 0..<fields.utf8CodeUnitCount {
      if index > 0 { write(byte: separator) }
      write(timeField: unsafe fields.utf8Start[index], isUnpadded: false)
    }
  }

  private mutating func write(_ name: StaticString, byteCount: Int?) {
    for index in 0..<(byteCount ?? name.utf8CodeUnitCount) {
      write(byte: unsafe name.utf8Start[index])
    }
  }

  private var monthName: StaticString {
    switch now.month {
    case 1: "January"
    case 2: "February"
    case 3: "March"
    case 4: "April"
    case 5: "May"
    case 6: "June"
    case 7: "July"
    case 8: "August"
    case 9: "September"
    case 10: "October"
    case 11: "November"
    default: "December"
    }
  }

  private var dayName: StaticString {
    switch now.weekday {
    case 0: "Sunday"
    case 1: "Monday"
    case 2: "Tuesday"
    case 3: "Wednesday"
    case 4: "Thursday"
    case 5: "Friday"
    default: "Saturday"
    }
  }
}
