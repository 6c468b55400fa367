// The ends of values.
extension Machine {
  /// A value has been read; `closeValues` goes on with what it lies in.
  mutating func close(_ value: Thread, _ first: Int) {
    var closed = Thread(.closed, parent: Int(value.parent), depth: value.depth)
    closed.branch = value.branch
    add(closed, first)
  }

  /// Ends the numbers of a set that can end before a byte with which they cannot go on, or, without a
  /// byte, all that can end.
  /// - Returns: what follows them.
  mutating func endNumbers(_ level: Level, _ byte: UInt8?) -> Level {
    let first = threads.count
    for index in level.start..<level.start + level.count where threads[index].kind == .number {
      var thread = threads[index]
      if !NumberState.accepts(thread, words) { continue }
      if let byte, NumberState.step(&thread, byte, words) { continue }
      close(threads[index], first)
    }
    closeValues(first)
    return Level(start: first, count: threads.count - first)
  }

  /// Goes on with the frames of the values that have ended, and drops those that are valid by more than
  /// one alternative of a `oneOf`.
  mutating func closeValues(_ first: Int) {
    let last = threads.count
    var closedCount = 0
    for index in first..<last where threads[index].kind == .closed { closedCount += 1 }
    if closedCount == 0 { return }
    if closedCount > 1 { dropAmbiguous(first, last) }
    for index in first..<last where threads[index].kind == .closed && threads[index].moved == 0 {
      resume(Int(threads[index].parent), first)
    }
    var kept = first
    for index in first..<threads.count where threads[index].kind != .closed {
      threads[kept] = threads[index]
      kept += 1
    }
    threads.shrink(to: kept)
  }

  private mutating func resume(_ parent: Int, _ first: Int) {
    if parent == 0 {
      add(Thread(.end), first)
      return
    }
    let frame = frames[parent]
    if frame.kind == .grammar {
      arrive(Int(frame.place), parent: Int(frame.parent), depth: frame.depth, first, 0)
    } else {
      add(frame, first)
    }
  }
}
