import Foundation

/// An option of a command: `name` is followed by a value where `value` says what it is.
struct LabOption: Sendable {
  let name: String
  let value: String?
  let help: String

  init(_ name: String, _ value: String, _ help: String) {
    self.name = name
    self.value = value
    self.help = help
  }

  /// Without a value.
  init(_ name: String, _ help: String) {
    self.name = name
    value = nil
    self.help = help
  }
}

/// The words after a command's name.
struct LabArguments {
  private let values: [String: String]
  /// Words that belong to no option, in order.
  let operands: [String]

  /// Every option once at most, and none that the command does not have.
  init(_ words: [String], options: [LabOption]) throws(LabFailure) {
    var values: [String: String] = [:]
    var operands: [String] = []
    var rest = words[...]
    while let word = rest.popFirst() {
      if !word.hasPrefix("-") || word == "-" {
        operands.append(word)
        continue
      }
      guard let option = options.first(where: { $0.name == word }) else {
        throw .usage("\(word) is not an option here; --help lists them")
      }
      if values[word] != nil { throw .usage("\(word) is given twice") }
      if option.value == nil {
        values[word] = ""
      } else {
        guard let value = rest.popFirst() else { throw .usage("\(word) needs a value") }
        values[word] = value
      }
    }
    self.values = values
    self.operands = operands
  }

  func has(_ name: String) -> Bool { values[name] != nil }

  func text(_ name: String) -> String? { values[name] }

  /// The parts of a value between commas.
  func list(_ name: String) throws(LabFailure) -> [String]? {
    guard let value = values[name] else { return nil }
    let parts = value.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    if parts.contains("") { throw .usage("\(name) '\(value)': a part between commas is empty") }
    return parts
  }

  /// A whole number of `range`; nil where the option is not given.
  func count(_ name: String, in range: ClosedRange<Int>) throws(LabFailure) -> Int? {
    guard let value = values[name] else { return nil }
    return try Self.count(value, name, in: range)
  }

  func counts(_ name: String, in range: ClosedRange<Int>) throws(LabFailure) -> [Int]? {
    guard let parts = try list(name) else { return nil }
    var counts: [Int] = []
    for part in parts { counts.append(try Self.count(part, name, in: range)) }
    return counts
  }

  func number(_ name: String, in range: ClosedRange<Double>) throws(LabFailure) -> Double? {
    guard let value = values[name] else { return nil }
    guard let number = Double(value), range.contains(number) else {
      throw .usage(
        "\(name) '\(value)': expected a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  static func count(
    _ value: String, _ name: String, in range: ClosedRange<Int>
  ) throws(LabFailure) -> Int {
    guard let count = Int(value), range.contains(count) else {
      throw .usage(
        "\(name) '\(value)': expected a whole number from \(range.lowerBound)"
          + " to \(range.upperBound)")
    }
    return count
  }

  /// For commands that take no operands.
  func requireNoOperands() throws(LabFailure) {
    if let word = operands.first { throw .usage("'\(word)' is not expected here") }
  }
}
