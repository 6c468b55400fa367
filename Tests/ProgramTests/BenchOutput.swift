import Foundation
import TestSupport
import Testing

/// A report.
struct JSON {
  let object: [String: Any]

  init(path: String) throws {
    object =
      try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: path)))
      as! [String: Any]
  }

  func object(_ key: String) -> [String: Any] { object[key] as! [String: Any] }
  func objects(_ key: String) -> [[String: Any]] { object[key] as! [[String: Any]] }
}

/// Median and extremes in microseconds.
struct Spread {
  let median: Double
  let minimum: Double
  let maximum: Double

  init(_ object: Any?) {
    let fields = object as! [String: Any]
    func number(_ key: String) -> Double { (fields[key] as! NSNumber).doubleValue }
    (median, minimum, maximum) = (number("medianUs"), number("minUs"), number("maxUs"))
  }

  func check(sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(minimum > 0, sourceLocation: sourceLocation)
    #expect(minimum <= median && median <= maximum, sourceLocation: sourceLocation)
  }
}

/// A table of names and numbers.
struct BenchTableText {
  let text: String

  init(_ text: String) { self.text = text }

  /// The numbers of each row of that name.
  func numbers(_ name: String) -> [[Double]] {
    text.split(separator: "\n").compactMap { line in
      let trimmed = line.drop { $0 == " " }
      guard trimmed.hasPrefix(name + " ") else { return nil }
      return trimmed.dropFirst(name.count).split(separator: " ").compactMap { Double($0) }
    }
  }
}
