/// Methods of values, as Python names them. The names stand in the order of their numbers.
enum Method: UInt8 {
  case none
  // Of mappings.
  case items, keys, values, get, copy
  // Of texts.
  case strip, lstrip, rstrip, split, rsplit, splitlines, startswith, endswith, replace
  case upper, lower, title, capitalize, swapcase, casefold
  case find, rfind, index, rindex, count, join, format
  case isdigit, isalpha, isalnum, isspace, isupper, islower, isnumeric, isdecimal
  case removeprefix, removesuffix, partition, rpartition, zfill, ljust, rjust, center
  case istitle, isascii, isidentifier, isprintable, expandtabs
  // Of loops and cyclers.
  case cycle, changed, next, reset
  // Those of Python's mutable types, which the sandbox keeps from templates.
  case append, extend, insert, pop, remove, reverse, sort, clear, update, setdefault, popitem

  private static var names: StaticString {
    """
    items keys values get copy strip lstrip rstrip split rsplit splitlines startswith endswith \
    replace upper lower title capitalize swapcase casefold find rfind index rindex count join \
    format isdigit isalpha isalnum isspace isupper islower isnumeric isdecimal removeprefix \
    removesuffix partition rpartition zfill ljust rjust center istitle isascii isidentifier \
    isprintable expandtabs cycle changed next reset append extend insert \
    pop remove reverse sort clear update setdefault popitem
    """
  }

  static func named(_ source: SourceText, _ range: Range<Int>) -> Method {
    Method(rawValue: NameList(names).number(of: source, range))!
  }

  static func named(_ memory: TemplateMemory, _ range: Range<Int>) -> Method {
    Method(rawValue: NameList(names).number(of: memory, range))!
  }

  var isOfMapping: Bool { rawValue >= Method.items.rawValue && rawValue <= Method.copy.rawValue }
  var isOfText: Bool { rawValue >= Method.strip.rawValue && rawValue <= Method.expandtabs.rawValue }
  var isOfLoop: Bool { self == .cycle || self == .changed }
  var isOfCycler: Bool { self == .next || self == .reset }
  func isOfList(_ kind: Value.Kind) -> Bool {
    self == .count || self == .index || self == .copy && kind == .list
  }
  /// Whether Python's dict or list has it and changes by it.
  var changesMapping: Bool {
    switch self {
    case .clear, .pop, .popitem, .setdefault, .update: true
    default: false
    }
  }
}

/// Names with one space between.
struct NameList {
  private let names: StaticString

  init(_ names: StaticString) { self.names = names }

  /// The number of a name from 1, or 0.
  func number(of source: SourceText, _ range: Range<Int>) -> UInt8 {
    var (place, number) = (0, UInt8(1))
    let count = names.utf8CodeUnitCount
    while place < count {
      var index = 0
      while index < range.count && place + index < count,
        unsafe names.utf8Start[place + index] == source[range.lowerBound + index]
      {
        index += 1
      }
      if index == range.count && isEnd(place + index) { return number }
      place = next(place)
      number += 1
    }
    return 0
  }

  func number(of memory: TemplateMemory, _ range: Range<Int>) -> UInt8 {
    var (place, number) = (0, UInt8(1))
    let count = names.utf8CodeUnitCount
    while place < count {
      var index = 0
      while index < range.count && place + index < count,
        unsafe names.utf8Start[place + index] == memory.byte(range.lowerBound + index)
      {
        index += 1
      }
      if index == range.count && isEnd(place + index) { return number }
      place = next(place)
      number += 1
    }
    return 0
  }

  private func isEnd(_ place: Int) -> Bool {
    if place == names.utf8CodeUnitCount { return true }
    return unsafe names.utf8Start[place] == UInt8(ascii: " ")
  }

  private func next(_ place: Int) -> Int {
    var index = place
    while !isEnd(index) { index += 1 }
    return index + 1
  }
}
