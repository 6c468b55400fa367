// Values that more than one alternative of a `oneOf` has read.
extension Machine {
  /// Marks the ended values that were also read by another alternative of a `oneOf` which they have in
  /// them. A branch has the lists of `oneOf` from the outermost: an inner one is looked at first, for a
  /// value that it drops is not valid by the outer one's alternative.
  func dropAmbiguous(_ first: Int, _ last: Int) {
    var depth = 0
    for index in first..<last { depth = max(depth, choiceCount(index)) }
    while depth > 0 {
      depth -= 1
      for index in first..<last where isAmbiguous(index, depth, first, last) {
        setMark(index, Self.isFound)
      }
      for index in first..<last where threads[index].moved == Self.isFound {
        setMark(index, Self.isDropped)
      }
    }
  }

  private static var isFound: UInt32 { 1 }
  static var isDropped: UInt32 { 2 }

  private func setMark(_ index: Int, _ mark: UInt32) {
    var thread = threads[index]
    thread.moved = mark
    threads[index] = thread
  }

  /// Lists of `oneOf` in the branch of an ended value.
  private func choiceCount(_ index: Int) -> Int {
    let thread = threads[index]
    if thread.kind != .closed || thread.branch == 0 { return 0 }
    return words[Int(thread.branch) + BranchRecord.choiceCount]
  }

  private func isAmbiguous(_ index: Int, _ depth: Int, _ first: Int, _ last: Int) -> Bool {
    let closed = threads[index]
    if choiceCount(index) <= depth || closed.moved != 0 { return false }
    let place = Int(closed.branch) + BranchRecord.choices + 2 * depth
    for other in first..<last
    where choiceCount(other) > 0 && threads[other].parent == closed.parent
      && threads[other].moved != Self.isDropped
    {
      let choice = choice(of: words[place], Int(threads[other].branch))
      if choice >= 0 && choice != words[place + 1] { return true }
    }
    return false
  }

  /// Which alternative of a list a branch has chosen; -1 if it has not that list.
  private func choice(of list: Int, _ branch: Int) -> Int {
    if branch == 0 { return -1 }
    for index in 0..<words[branch + BranchRecord.choiceCount]
    where words[branch + BranchRecord.choices + 2 * index] == list {
      return words[branch + BranchRecord.choices + 2 * index + 1]
    }
    return -1
  }
}
