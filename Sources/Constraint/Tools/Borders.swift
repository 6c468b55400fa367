extension StaticString {
  /// Of its first bytes: the longest end of them, but not all of them, that the text begins with.
  func borderCount(of matchedCount: Int) -> Int {
    var count = matchedCount - 1
    while count > 0 {
      var index = 0
      while unsafe index < count && utf8Start[matchedCount - count + index] == utf8Start[index] {
        index += 1
      }
      if index == count { return count }
      count -= 1
    }
    return 0
  }
}
