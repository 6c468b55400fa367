import Platform

/// Whole numbers with commas between them, from the command line.
public struct NumberList: Sendable {
  public static let countMax = 16
  private var values = InlineArray<16, Int>(repeating: 0)
  public private(set) var count = 0

  public init() {}

  public init(_ value: Int) {
    values[0] = value
    count = 1
  }

  init<let valueCount: Int>(_ values: InlineArray<valueCount, Int>) {
    for index in 0..<valueCount { append(values[index]) }
  }

  mutating func append(_ value: Int) {
    precondition(count < Self.countMax)
    values[count] = value
    count += 1
  }

  /// - Parameters:
  ///   - option: that gave the text.
  ///   - example: what the list is if there is no `text`.
  @export(interface)
  public init(
    _ option: StaticString, _ text: UnsafePointer<CChar>?, maximum: Int, example: StaticString
  ) throws(BenchRequestError) {
    let text = unsafe text ?? cString(example)
    if unsafe !read(text, maximum: maximum) {
      throw .list(
        option: option, unsafe Excerpt(cString: text), maximum: maximum, example: example)
    }
  }

  /// In the order of the command line.
  public subscript(index: Int) -> Int { values[index] }

  public var greatest: Int {
    var greatest = 0
    for index in 0..<count { greatest = max(greatest, values[index]) }
    return greatest
  }

  public var least: Int {
    var least = Int.max
    for index in 0..<count { least = min(least, values[index]) }
    return least
  }

  /// - Returns: whether all of the text is such a list.
  private mutating func read(_ text: UnsafePointer<CChar>, maximum: Int) -> Bool {
    var value = 0
    var digitCount = 0
    var index = 0
    while true {
      let byte = unsafe UInt8(bitPattern: text[index])
      if byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") {
        value = min(value * 10 + Int(byte - UInt8(ascii: "0")), maximum + 1)
        digitCount += 1
      } else {
        let isEnd = byte == 0
        if digitCount == 0 || value < 1 || value > maximum || count == Self.countMax {
          return false
        }
        if !isEnd && byte != UInt8(ascii: ",") { return false }
        values[count] = value
        count += 1
        if isEnd { return true }
        (value, digitCount) = (0, 0)
      }
      index += 1
    }
  }
}
