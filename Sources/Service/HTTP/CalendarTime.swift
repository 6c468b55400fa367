import Platform

/// A time of the Gregorian calendar, as HTTP writes it (RFC 9110, section 5.6.7), and as RFC 3339 does.
struct CalendarTime {
  private let year: Int
  /// From 0, January.
  private let month: Int
  /// From 1.
  private let day: Int
  /// From 0, Thursday.
  private let weekday: Int
  private let secondOfDay: Int

  /// The last second of the year 9999: the format has four digits.
  private static let unixSecondsMax = 253_402_300_799
  private static let secondsPerDay = 86_400

  /// - Parameter unixSeconds: since 1970; what the format cannot hold becomes the nearest
  ///   that it can.
  @export(interface)
  init(unixSeconds: Int) {
    let seconds = min(max(unixSeconds, 0), Self.unixSecondsMax)
    secondOfDay = seconds % Self.secondsPerDay
    var days = seconds / Self.secondsPerDay
    weekday = days % 7
    var year = 1970
    while days >= Self.dayCount(year: year) {
      days -= Self.dayCount(year: year)
      year += 1
    }
    var month = 0
    while days >= Self.dayCount(month: month, year: year) {
      days -= Self.dayCount(month: month, year: year)
      month += 1
    }
    (self.year, self.month, day) = (year, month, days + 1)
  }

  private static func isLeap(_ year: Int) -> Bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
  }

  private static func dayCount(year: Int) -> Int { isLeap(year) ? 366 : 365 }

  private static func dayCount(month: Int, year: Int) -> Int {
    switch month {
    case 1: isLeap(year) ? 29 : 28
    case 3, 5, 8, 10: 30
    default: 31
    }
  }

  func write<Sink: ByteSink & ~Copyable>(to out: inout Sink) {
    Self.write("ThuFriSatSunMonTueWed", weekday, to: &out)
    out.write(", ")
    out.write(UInt64(day), digitCount: 2)
    out.write(" ")
    Self.write("JanFebMarAprMayJunJulAugSepOctNovDec", month, to: &out)
    out.write(" ")
    out.write(UInt64(year), digitCount: 4)
    out.write(" ")
    writeClock(to: &out)
    out.write(" GMT")
  }

  /// As RFC 3339 has it: `2026-11-27T07:30:00Z`.
  func writeDate<Sink: ByteSink & ~Copyable>(to out: inout Sink) {
    out.write(UInt64(year), digitCount: 4)
    out.write("-")
    out.write(UInt64(month + 1), digitCount: 2)
    out.write("-")
    out.write(UInt64(day), digitCount: 2)
    out.write("T")
    writeClock(to: &out)
    out.write("Z")
  }

  private func writeClock<Sink: ByteSink & ~Copyable>(to out: inout Sink) {
    out.write(UInt64(secondOfDay / 3600), digitCount: 2)
    out.write(":")
    out.write(UInt64(secondOfDay / 60 % 60), digitCount: 2)
    out.write(":")
    out.write(UInt64(secondOfDay % 60), digitCount: 2)
  }

  /// One of the names, of three letters each.
  private static func write<Sink: ByteSink & ~Copyable>(
    _ names: StaticString, _ index: Int, to out: inout Sink
  ) {
    let start = unsafe names.utf8Start
    for letter in 0..<3 { unsafe out.write(byte: start[index * 3 + letter]) }
  }
}
