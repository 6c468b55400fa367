import Foundation

/// Numbers as text, the same in every locale; no line breaks before a unit.
enum Format {
  /// A place in a chart: two decimals at most.
  static func coordinate(_ value: Double) -> String {
    let rounded = (value * 100).rounded() / 100
    guard rounded.isFinite else { return "0" }
    return shortened(fixed(rounded, 2))
  }

  static func fixed(_ value: Double, _ decimals: Int) -> String {
    let text = String(format: "%.\(decimals)f", value)
    return Double(text) == 0 && text.hasPrefix("-") ? String(text.dropFirst()) : text
  }

  /// Without zeros at the end of the decimals.
  private static func shortened(_ text: String) -> String {
    guard text.contains(".") else { return text }
    var text = Substring(text)
    while text.hasSuffix("0") { text.removeLast() }
    return String(text.hasSuffix(".") ? text.dropLast() : text)
  }

  /// A figure of a table: `digits` significant digits, integers in full.
  static func number(_ value: Double, digits: Int = 4) -> String {
    guard value.isFinite else { return "–" }
    if value == value.rounded(), abs(value) < 1e15 { return count(value) }
    let magnitude = value == 0 ? 0 : Int(log10(abs(value)).rounded(.down))
    if magnitude < -5 || magnitude > 14 { return String(format: "%.\(digits - 1)e", value) }
    let decimals = max(0, digits - 1 - magnitude)
    return grouped(fixed(value, decimals))
  }

  /// An integer, in groups of three digits.
  static func count(_ value: Double) -> String {
    guard value.isFinite else { return "–" }
    return abs(value) < 1e15 ? grouped(fixed(value, 0)) : String(format: "%.3e", value)
  }

  private static func grouped(_ text: String) -> String {
    let start = text.firstIndex(where: \.isNumber) ?? text.startIndex
    let end = text.firstIndex(of: ".") ?? text.endIndex
    var result = String(text[..<start])
    for (index, digit) in text[start..<end].enumerated() {
      let left = text.distance(from: start, to: end) - index
      if index > 0 && left % 3 == 0 { result += "," }
      result.append(digit)
    }
    return result + text[end...]
  }

  static func milliseconds(_ microseconds: Double) -> String {
    microseconds.isFinite ? grouped(fixed(microseconds / 1_000, 2)) : "–"
  }

  /// With the unit that suits it.
  static func duration(_ microseconds: Double) -> String {
    switch abs(microseconds) {
    case _ where !microseconds.isFinite: "–"
    case ..<1_000: number(microseconds, digits: 3) + "\u{A0}µs"
    case ..<1_000_000: number(microseconds / 1_000, digits: 3) + "\u{A0}ms"
    default: number(microseconds / 1e6, digits: 4) + "\u{A0}s"
    }
  }

  static func bytes(_ count: Double) -> String {
    switch abs(count) {
    case _ where !count.isFinite: "–"
    case ..<1_024: self.count(count) + "\u{A0}B"
    case ..<1_048_576: grouped(fixed(count / 1_024, 1)) + "\u{A0}KiB"
    default: mebibytes(count) + "\u{A0}MiB"
    }
  }

  static func mebibytes(_ count: Double) -> String {
    count.isFinite ? grouped(fixed(count / 1_048_576, 2)) : "–"
  }

  static func percent(_ share: Double, decimals: Int = 1) -> String {
    share.isFinite ? fixed(share * 100, decimals) + "\u{A0}%" : "–"
  }

  /// `a, b and c`.
  static func list(_ parts: [String]) -> String {
    guard let last = parts.last, parts.count > 1 else { return parts.first ?? "" }
    return parts.dropLast().joined(separator: ", ") + " and " + last
  }
}

/// How wide a text is: browsers know, the writer of a chart must guess, rather too much.
enum TextWidth {
  /// Of DejaVu Sans, which is wider than the sans-serif fonts of most systems; in ems.
  static func ems(_ text: String) -> Double {
    text.unicodeScalars.reduce(0) { sum, scalar in
      switch scalar {
      case "i", "j", "l", "I", ".", ",", ":", ";", "'", "|", " ", "\u{A0}", "!": sum + 0.34
      case "f", "t", "r", "(", ")", "[", "]", "-", "/": sum + 0.42
      case "m", "w", "M", "W", "%", "@": sum + 0.96
      case "A"..."Z": sum + 0.72
      case _ where scalar.value >= 0x1100: sum + 1.05
      default: sum + 0.63
      }
    }
  }

  static func of(_ text: String, fontSize: Double = Chart.fontSize) -> Double {
    ems(text) * fontSize
  }

  /// Cut with an ellipsis where it would be wider than `width`.
  static func fitted(_ text: String, to width: Double, fontSize: Double = Chart.fontSize) -> String
  {
    guard of(text, fontSize: fontSize) > width else { return text }
    var cut = text
    while !cut.isEmpty && of(cut + "…", fontSize: fontSize) > width { cut.removeLast() }
    return cut + "…"
  }
}
