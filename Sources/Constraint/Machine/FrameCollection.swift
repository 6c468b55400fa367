// Frames and names that no thread has any more.
extension Machine {
  /// Keeps the frames and names that the threads have, in their order.
  mutating func collectFrames() {
    for index in 0..<threads.count { markFrames(Int(threads[index].parent)) }
    var kept = 1
    for index in 1..<frames.count where frames[index].moved != 0 {
      var frame = frames[index]
      // A frame's parent lies before it, and has been moved.
      frame.parent = frame.parent == 0 ? 0 : frames[Int(frame.parent)].moved
      // Where a frame went is said by its old place, whatever lies there now.
      frame.moved = frames[kept].moved
      let place = kept
      frames[place] = frame
      setMoved(index, place)
      kept += 1
    }
    for index in 0..<threads.count where threads[index].parent != 0 {
      threads[index].parent = frames[Int(threads[index].parent)].moved
    }
    frames.shrink(to: kept)
    for index in 1..<kept { setMoved(index, 0) }
    collectNames()
  }

  private mutating func collectNames() {
    for index in 0..<threads.count { names.mark(threads[index], words) }
    for index in 1..<frames.count { names.mark(frames[index], words) }
    names.collect(words)
    for index in 0..<threads.count { threads[index].names = names.moved(threads[index], words) }
    for index in 1..<frames.count { frames[index].names = names.moved(frames[index], words) }
    names.unmark(words)
  }

  private func setMoved(_ index: Int, _ place: Int) {
    var frame = frames[index]
    frame.moved = UInt32(place)
    frames[index] = frame
  }

  private func markFrames(_ start: Int) {
    var index = start
    while index != 0 && frames[index].moved == 0 {
      setMoved(index, Int(UInt32.max))
      index = Int(frames[index].parent)
    }
  }
}
