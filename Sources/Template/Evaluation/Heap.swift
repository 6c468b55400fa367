/// The memory of values that are made while a template runs. Texts grow from its start, cells from its
/// end; both are given back together, as far as nothing that stays lies there.
struct Heap {
  /// What was in use at some moment.
  struct Mark {
    var bytes: Int
    var cells: Int
  }

  static let cellByteCount = 16
  private(set) var end: Mark
  /// What a namespace holds lies below: it stays.
  private var kept: Mark
  private let start: Mark

  /// - Parameter range: of offsets; its end is a multiple of a cell's size.
  init(_ range: Range<Int>) {
    start = Mark(bytes: range.lowerBound, cells: range.upperBound)
    end = start
    kept = start
  }

  var freeByteCount: Int { end.cells - end.bytes }
  var mark: Mark { end }

  /// Whether the memory that begins here is the heap's.
  func holds(_ offset: Int) -> Bool { offset >= start.bytes && offset < start.cells }

  mutating func release(to mark: Mark) {
    end.bytes = max(mark.bytes, kept.bytes)
    end.cells = min(mark.cells, kept.cells)
  }

  /// All that is in use now stays to the end of the run.
  mutating func keep() { kept = end }

  /// Nil if there is no room.
  mutating func takeBytes(_ count: Int) -> Int? {
    if count > freeByteCount { return nil }
    let offset = end.bytes
    end.bytes += count
    return offset
  }

  /// Gives back bytes at the end of those in use.
  mutating func cutBytes(to offset: Int) { end.bytes = offset }

  mutating func takeCells(_ count: Int) -> Int? {
    if count > freeByteCount / Self.cellByteCount { return nil }
    end.cells -= count * Self.cellByteCount
    return end.cells
  }
}
