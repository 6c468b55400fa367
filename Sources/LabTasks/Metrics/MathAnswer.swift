import Foundation

/// Whether a worked-out answer to a problem of MATH is right.
public enum MathAnswer {
  public static func exact(_ answer: String, _ right: String) -> Bool {
    boxed(answer).map { ScalarText.trimmed($0) == ScalarText.trimmed(right) } ?? false
  }

  /// The last boxed text, else the last number, is equivalent to `right`.
  public static func flexible(_ answer: String, _ right: String) -> Bool {
    guard let found = boxed(answer) ?? lastNumber(answer) else { return false }
    return isEquivalent(found, right)
  }

  /// Equal when normalized; or equal as numbers; or lists of as many equivalent parts, in any order.
  static func isEquivalent(_ first: String, _ second: String) -> Bool {
    let (a, b) = (MathText.normalized(first), MathText.normalized(second))
    if a == b { return true }
    if let x = MathText.number(a), let y = MathText.number(b) {
      // Decimals are rounded by nobody: what is left is the error of floating point.
      return abs(x - y) <= 1e-9 * max(abs(x), abs(y))
    }
    var (left, right) = (MathText.parts(a), MathText.parts(b))
    guard left.count > 1, left.count == right.count else { return false }
    while let part = left.popLast() {
      guard let place = right.firstIndex(where: { isEquivalent($0, part) }) else { return false }
      right.remove(at: place)
    }
    return true
  }

  /// What stands in the last `\boxed{…}` or `\fbox{…}`, or behind `\boxed ` up to a `$`; nil for
  /// none, or one that is not closed.
  public static func boxed(_ text: String) -> String? {
    let marks = ["\\boxed", "\\fbox"].compactMap { text.range(of: $0, options: .backwards) }
    guard let mark = marks.max(by: { $0.lowerBound < $1.lowerBound }) else { return nil }
    let rest = text[mark.upperBound...]
    if rest.first == " " {
      return String(rest.dropFirst().prefix { $0 != "$" && $0 != "\n" })
    }
    guard rest.first == "{" else { return nil }
    var depth = 0
    for index in rest.indices {
      if rest[index] == "{" { depth += 1 }
      if rest[index] == "}" { depth -= 1 }
      if depth == 0 { return String(rest[rest.index(after: rest.startIndex)..<index]) }
    }
    return nil
  }

  /// The last number, or fraction of whole numbers: digits, with commas by thousands or without,
  /// a decimal point, and a sign where nothing to subtract from comes before it.
  static func lastNumber(_ text: String) -> String? {
    let characters = Array(text)
    var place = 0
    var last: String?
    while place < characters.count {
      let end = MathText.numberEnd(characters, from: place)
      guard end > place else {
        place += 1
        continue
      }
      var number = String(characters[place..<end])
      if place > 0, characters[place - 1] == "-" {
        let before = place > 1 ? characters[place - 2] : " "
        if !before.isLetter, !before.isNumber, !")]}".contains(before) { number = "-" + number }
      }
      last = number
      place = end
    }
    return last
  }
}
