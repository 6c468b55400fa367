/// Filters of Jinja 3.1, and `tojson` as transformers defines it. The names stand in the order of their
/// numbers.
enum Filter: UInt8 {
  case unknown
  case abs, attr, batch, capitalize, center, count, d, `default`, dictsort, e, escape, first, float
  case forceescape, format, groupby, indent, int, items, join, last, length, list, lower, map, max
  case min, pprint, reject, rejectattr, replace, reverse, round, safe, select, selectattr, slice
  case sort, string, striptags, sum, title, tojson, trim, truncate, unique, upper, urlencode
  case wordcount

  static func named(_ source: SourceText, _ range: Range<Int>) -> Filter {
    Filter(rawValue: NameList(names).number(of: source, range))!
  }

  static func named(_ memory: TemplateMemory, _ range: Range<Int>) -> Filter {
    Filter(rawValue: NameList(names).number(of: memory, range))!
  }

  private static var names: StaticString {
    """
    abs attr batch capitalize center count d default dictsort e escape first float forceescape \
    format groupby indent int items join last length list lower map max min pprint reject \
    rejectattr replace reverse round safe select selectattr slice sort string striptags sum title \
    tojson trim truncate unique upper urlencode wordcount
    """
  }
}

/// Tests of Jinja 3.1, some of which have several names.
enum Test: UInt8 {
  case unknown
  case boolean, callable, defined, divisibleby, eq, equalto, escaped, even, `false`, filter, float
  case ge, greaterthan, gt, `in`, integer, iterable, le, lessthan, lower, lt, mapping, ne, none
  case number, odd, sameas, sequence, string, test, `true`, undefined, upper

  static func named(_ source: SourceText, _ range: Range<Int>) -> Test {
    Test(rawValue: NameList(names).number(of: source, range))!
  }

  static func named(_ memory: TemplateMemory, _ range: Range<Int>) -> Test {
    if let symbol = symbol(memory, range) { return symbol }
    return Test(rawValue: NameList(names).number(of: memory, range))!
  }

  private static var names: StaticString {
    """
    boolean callable defined divisibleby eq equalto escaped even false filter float ge \
    greaterthan gt in integer iterable le lessthan lower lt mapping ne none number odd sameas \
    sequence string test true undefined upper
    """
  }

  /// `select` and its kind may name a test by the operator.
  private static func symbol(_ memory: TemplateMemory, _ range: Range<Int>) -> Test? {
    if range.isEmpty || range.count > 2 { return nil }
    let isEqual =
      range.count == 2 && memory.byte(range.lowerBound + 1) == UInt8(ascii: "=")
    if range.count == 2 && !isEqual { return nil }
    switch memory.byte(range.lowerBound) {
    case UInt8(ascii: "="): return isEqual ? .eq : nil
    case UInt8(ascii: "!"): return isEqual ? .ne : nil
    case UInt8(ascii: "<"): return isEqual ? .le : .lt
    case UInt8(ascii: ">"): return isEqual ? .ge : .gt
    default: return nil
    }
  }
}

/// Functions that a template may call without any being given to it.
enum Function: UInt8 {
  case none
  case range, namespace, dict, lipsum, cycler, joiner
  case raiseException
  case strftimeNow

  static func named(_ memory: TemplateMemory, _ range: Range<Int>) -> Function {
    Function(rawValue: NameList(names).number(of: memory, range))!
  }

  private static var names: StaticString {
    "range namespace dict lipsum cycler joiner raise_exception strftime_now"
  }
}
