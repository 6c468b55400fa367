/// What several schemas ask of a number.
enum NumberMaker {
  private struct Range {
    var least: Decimal?
    var excludesLeast = false
    var most: Decimal?
    var excludesMost = false

    mutating func raise(_ bound: Decimal, excludes: Bool) {
      let order = least.map { Decimal.compare(bound, $0) } ?? 1
      if order < 0 || order == 0 && !excludes { return }
      least = bound
      excludesLeast = excludes
    }

    mutating func lower(_ bound: Decimal, excludes: Bool) {
      let order = most.map { Decimal.compare(bound, $0) } ?? -1
      if order > 0 || order == 0 && !excludes { return }
      most = bound
      excludesMost = excludes
    }

    var isEmpty: Bool {
      guard let least, let most else { return false }
      let order = Decimal.compare(least, most)
      return order > 0 || order == 0 && (excludesLeast || excludesMost)
    }
  }

  /// - Returns: nil if no number is valid; 0 if all are.
  static func make(
    _ set: ReferenceSet, _ words: inout Words
  ) throws(ConstraintError) -> Int? {
    var range = Range()
    var isInteger = false
    for index in 0..<set.count {
      let item = set[index] & SchemaReference.itemMask
      if set[index] & SchemaReference.constFlag != 0 {
        guard let value = words.decimal(item) else { throw ConstraintError(.longNumber, item) }
        range.raise(value, excludes: false)
        range.lower(value, excludes: false)
      } else if set[index] <= SchemaReference.itemMask {
        read(item, &range, words)
        let type = words.member(item, "type")
        if type != 0 {
          isInteger = try SchemaCompiler.typeMask(type, words).isInteger || isInteger
        }
      }
    }
    if range.isEmpty { return nil }
    if range.least == nil && range.most == nil && !isInteger { return 0 }
    return try record(range, isInteger: isInteger, &words)
  }

  private static func read(_ schema: Int, _ range: inout Range, _ words: Words) {
    var member = words.firstChild(schema)
    while member != 0 {
      switch Keyword(words.name(member), words) {
      case .minimum: if let value = words.decimal(member) { range.raise(value, excludes: false) }
      case .exclusiveMinimum:
        if let value = words.decimal(member) { range.raise(value, excludes: true) }
      case .maximum: if let value = words.decimal(member) { range.lower(value, excludes: false) }
      case .exclusiveMaximum:
        if let value = words.decimal(member) { range.lower(value, excludes: true) }
      default: break
      }
      member = words.next(member)
    }
  }

  /// A sign's magnitudes.
  private struct Side {
    var isAllowed = true
    var least: Decimal?
    var excludesLeast = false
    var most: Decimal?
    var excludesMost = false

    /// - Parameters:
    ///   - low: of the magnitudes; one below 0 says nothing.
    ///   - high: of the magnitudes; one below 0 leaves none.
    init(_ low: Decimal?, _ excludesLow: Bool, _ high: Decimal?, _ excludesHigh: Bool) {
      if let low, !low.isNegative, !low.isZero || excludesLow {
        least = low
        excludesLeast = excludesLow
      }
      if let high {
        isAllowed = !high.isNegative && !(high.isZero && excludesHigh)
        most = high
        excludesMost = excludesHigh
      }
    }

    mutating func makeWhole() {
      if let low = least {
        least = low.wholeMagnitude(isUp: true, excludes: excludesLeast)
        excludesLeast = false
      }
      if isAllowed, let high = most {
        most = high.wholeMagnitude(isUp: false, excludes: excludesMost)
        excludesMost = false
        isAllowed = most != nil
      }
      if let least, let most, Decimal.isLess(most, least) { isAllowed = false }
    }
  }

  private static func record(
    _ range: Range, isInteger: Bool, _ words: inout Words
  ) throws(ConstraintError) -> Int? {
    var positive = Side(range.least, range.excludesLeast, range.most, range.excludesMost)
    var negative = Side(
      range.most?.negated, range.excludesMost, range.least?.negated, range.excludesLeast)
    if isInteger {
      positive.makeWhole()
      negative.makeWhole()
    }
    if !positive.isAllowed && !negative.isAllowed { return nil }
    let record = try words.take(NumberRecord.count)
    words[record + NumberRecord.isInteger] = isInteger ? 1 : 0
    words[record + NumberRecord.allowsPositive] = positive.isAllowed ? 1 : 0
    words[record + NumberRecord.allowsNegative] = negative.isAllowed ? 1 : 0
    words[record + NumberRecord.leastPositive] = try bound(
      positive.least, positive.excludesLeast, &words)
    words[record + NumberRecord.mostPositive] = try bound(
      positive.most, positive.excludesMost, &words)
    words[record + NumberRecord.leastNegative] = try bound(
      negative.least, negative.excludesLeast, &words)
    words[record + NumberRecord.mostNegative] = try bound(
      negative.most, negative.excludesMost, &words)
    return record
  }

  private static func bound(
    _ value: Decimal?, _ isExclusive: Bool, _ words: inout Words
  ) throws(ConstraintError) -> Int {
    guard let value, !value.isNegative else { return 0 }
    // The place of the point behind the significand's first digit.
    let digitCount = value.digitCount
    let point = value.isZero ? 1 : digitCount + value.exponent
    let zeroCount = point >= 1 ? 0 : 1 - point
    let count = value.isZero ? 0 : zeroCount + digitCount
    let record = try words.take(BoundRecord.digits + count)
    words[record + BoundRecord.wholeCount] = max(point, 1)
    words[record + BoundRecord.digitCount] = count
    words[record + BoundRecord.isExclusive] = isExclusive ? 1 : 0
    var rest = value.significand
    for index in stride(from: count - 1, through: zeroCount, by: -1) {
      words[record + BoundRecord.digits + index] = Int(rest % 10)
      rest /= 10
    }
    return record
  }
}
