import Foundation

/// LaTeX of short answers in one form: the steps of MATH's own comparison (hendrycks/math,
/// math_equivalence.py), and besides: all text commands, dollar signs, thin spaces and a full stop
/// at the end are removed.
enum MathText {
  static func normalized(_ text: String) -> String {
    var text = text
    for (part, replacement) in replacements {
      text = text.replacingOccurrences(of: part, with: replacement)
    }
    text = withoutUnits(text)
    for command in ["\\text", "\\textbf", "\\mbox", "\\mathrm", "\\mathbf"] {
      text = unwrapped(text, command)
    }
    text = text.replacingOccurrences(of: " .", with: " 0.")
      .replacingOccurrences(of: "{.", with: "{0.").trimmingCharacters(in: .whitespaces)
    if text.hasPrefix(".") { text = "0" + text }
    if text.hasSuffix(".") { text.removeLast() }
    let sides = text.split(separator: "=", omittingEmptySubsequences: false)
    if sides.count == 2, sides[0].count <= 2 { text = String(sides[1]) }
    text = braced(text, "\\sqrt", arguments: 1)
    text.removeAll(where: \.isWhitespace)
    return slashFraction(braced(text, "\\frac", arguments: 2))
  }

  /// In this order.
  private static let replacements = [
    ("\r\n", ""), ("\n", ""), ("\\!", ""), ("\\,", ""), ("\\;", ""), ("\\ ", " "), ("~", " "),
    ("\\\\", "\\"), ("tfrac", "frac"), ("dfrac", "frac"), ("\\left", ""), ("\\right", ""),
    ("^{\\circ}", ""), ("^\\circ", ""), ("\\$", ""), ("$", ""), ("\\%", ""), ("%", ""),
  ]

  /// MATH writes `\text{ ` only before units, which stand at the end.
  private static func withoutUnits(_ text: String) -> String {
    guard let unit = text.range(of: "\\text{ ") else { return text }
    let value = String(text[..<unit.lowerBound])
    return value.allSatisfy(\.isWhitespace) ? text : value
  }

  /// `\text{x}` becomes `x`.
  private static func unwrapped(_ text: String, _ command: String) -> String {
    var text = text
    while let start = text.range(of: command + "{") {
      guard let end = text[start.upperBound...].firstIndex(of: "}") else { break }
      text.remove(at: end)
      text.removeSubrange(start)
    }
    return text
  }

  /// Puts braces around a command's arguments that have none: `\frac12` becomes `\frac{1}{2}`.
  private static func braced(_ text: String, _ command: String, arguments: Int) -> String {
    var parts = text.components(separatedBy: command)
    for index in parts.indices.dropFirst() {
      var rest = parts[index][...]
      var done = ""
      for _ in 0..<arguments {
        if rest.first == "{" {
          guard let end = closingBrace(rest) else { return text }
          done += rest[...end]
          rest = rest[rest.index(after: end)...]
        } else if let argument = rest.first, argument.isLetter || argument.isNumber {
          done += "{\(argument)}"
          rest = rest.dropFirst()
        } else {
          break
        }
      }
      parts[index] = done + rest
    }
    return parts.joined(separator: command)
  }

  private static func closingBrace(_ text: Substring) -> Substring.Index? {
    var depth = 0
    return text.indices.first { index in
      if text[index] == "{" { depth += 1 }
      if text[index] == "}" { depth -= 1 }
      return depth == 0
    }
  }

  /// `3/4`, whole numbers alone, becomes `\frac{3}{4}`.
  private static func slashFraction(_ text: String) -> String {
    let sides = text.split(separator: "/", omittingEmptySubsequences: false)
    guard sides.count == 2, let above = Int(sides[0]), let below = Int(sides[1]) else {
      return text
    }
    return "\\frac{\(above)}{\(below)}"
  }

  /// What a normalized text is worth, where it is a decimal number, a fraction of such, or a whole
  /// number and a fraction.
  static func number(_ text: String) -> Double? {
    let isNegative = text.hasPrefix("-")
    let size = isNegative ? text.dropFirst() : text[...]
    guard let value = decimal(size) ?? fraction(size) else { return nil }
    return isNegative ? -value : value
  }

  private static func fraction(_ text: Substring) -> Double? {
    guard let command = text.range(of: "\\frac{"), text.hasSuffix("}") else { return nil }
    let whole = text[..<command.lowerBound]
    let sides = text[command.upperBound...].dropLast().components(separatedBy: "}{")
    guard sides.count == 2, let above = signed(sides[0]), let below = signed(sides[1]), below != 0,
      let value = whole.isEmpty ? 0 : decimal(whole)
    else { return nil }
    return value + above / below
  }

  private static func signed(_ text: String) -> Double? {
    text.hasPrefix("-") ? decimal(text.dropFirst()).map { -$0 } : decimal(text[...])
  }

  private static func decimal(_ text: Substring) -> Double? {
    let characters = Array(text)
    guard !characters.contains("/"), !characters.isEmpty,
      numberEnd(characters, from: 0) == characters.count
    else { return nil }
    return Double(text.filter { $0 != "," })
  }

  /// Where a number without a sign that begins at `start` ends; `start` itself where none begins.
  static func numberEnd(_ text: [Character], from start: Int) -> Int {
    func digits(_ from: Int) -> Int {
      text[from...].prefix { $0.isASCII && $0.isNumber }.count
    }
    guard start < text.count else { return start }
    var end = start + digits(start)
    if (1...3).contains(end - start) {
      while end < text.count, text[end] == ",", digits(end + 1) == 3 { end += 4 }
    }
    let isWhole = end > start
    if end < text.count, text[end] == ".", digits(end + 1) > 0 {
      return end + 1 + digits(end + 1)
    }
    if isWhole, end < text.count, text[end] == "/", digits(end + 1) > 0 {
      return end + 1 + digits(end + 1)
    }
    return end
  }

  /// A list's parts: between the commas outside of all brackets.
  static func parts(_ text: String) -> [String] {
    var parts = [""]
    var depth = 0
    for character in text {
      if "([{".contains(character) { depth += 1 }
      if ")]}".contains(character) { depth -= 1 }
      if character == ",", depth == 0 {
        parts.append("")
      } else {
        parts[parts.count - 1].append(character)
      }
    }
    return parts
  }
}
