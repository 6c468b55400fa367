import Memory

/// Finds special tokens by their literal text: a trie whose edges are hashed.
@safe struct SpecialTokens {
  /// Child of the root for each first byte; node 0 is the root, so 0 means none.
  private let roots: UnsafeMutablePointer<Int32>
  /// The token that ends at each node, + 1, and `controlFlag`; 0 where none does.
  private let tokens: UnsafeMutablePointer<Int32>
  private var edges: PairIndex
  private let nodeCountMax: Int
  private(set) var nodeCount = 1
  private(set) var longestByteCount = 0
  /// Whether there are tokens that stand for their text wherever it is.
  private(set) var hasUserDefined = false

  private static let controlFlag: Int32 = 1 << 30

  init(carver: inout Carver, byteCountMax: Int) {
    nodeCountMax = byteCountMax + 1
    unsafe roots = unsafe carver.take(.tokenizer, Int32.self, count: 256)
    unsafe tokens = unsafe carver.take(.tokenizer, Int32.self, count: nodeCountMax)
    edges = PairIndex(carver: &carver, entryCountMax: nodeCountMax)
  }

  /// False where the table has no slot for it within the bound. Of equal texts the first counts.
  mutating func add(_ text: Span<UInt8>, token: Int32, isControl: Bool) -> Bool {
    var node: Int32 = 0
    for index in 0..<text.count {
      var next = child(of: node, text[index])
      if next == 0 {
        guard nodeCount < nodeCountMax else { return false }
        next = Int32(nodeCount)
        nodeCount += 1
        if node == 0 {
          unsafe roots[Int(text[index])] = next
        } else if !edges.set(node, Int32(text[index]), to: Int(next)) {
          return false
        }
      }
      node = next
    }
    if unsafe tokens[Int(node)] == 0 {
      unsafe tokens[Int(node)] = (token + 1) | (isControl ? Self.controlFlag : 0)
    }
    if !isControl { hasUserDefined = true }
    longestByteCount = max(longestByteCount, text.count)
    return true
  }

  /// Takes the trie as it lies in memory; false where it names nodes or tokens that there are not.
  mutating func adopt(
    tokenCount: Int, nodeCount: Int, longestByteCount: Int, hasUserDefined: Bool
  ) -> Bool {
    self.nodeCount = nodeCount
    self.longestByteCount = longestByteCount
    self.hasUserDefined = hasUserDefined
    for byte in 0..<256 {
      let node = unsafe roots[byte]
      if node < 0 || Int(node) >= nodeCountMax { return false }
    }
    for node in 0..<nodeCountMax {
      let entry = unsafe tokens[node]
      let token = Int(entry & ~Self.controlFlag)
      if entry < 0 || token > tokenCount || (entry != 0 && token == 0) { return false }
    }
    return nodeCount >= 1 && nodeCount <= nodeCountMax && edges.isSound
  }

  @inline(__always)
  private func child(of node: Int32, _ byte: UInt8) -> Int32 {
    if node == 0 { return unsafe roots[Int(byte)] }
    return Int32(truncatingIfNeeded: max(edges.find(node, Int32(byte)), 0))
  }

  /// The longest special token that `text` has at `start`, which lies in it; of control tokens only
  /// where they are asked for.
  /// - Complexity: O(bytes of the longest special token)
  func match(
    _ text: TextSlice, at start: Int, includesControl: Bool
  ) -> (token: Int32, byteCount: Int)? {
    var node: Int32 = 0
    var index = start
    var found: (token: Int32, byteCount: Int)? = nil
    while index < text.count {
      node = child(of: node, text[index])
      if node == 0 { break }
      index += 1
      let entry = unsafe tokens[Int(node)]
      if entry != 0 && (includesControl || entry & Self.controlFlag == 0) {
        found = ((entry & ~Self.controlFlag) - 1, index - start)
      }
    }
    return found
  }

  /// The first place in `range` at which the byte begins some special token, or its end.
  @inline(__always)
  func firstCandidate(_ text: TextSlice, in range: Range<Int>) -> Int {
    var index = range.lowerBound
    while index < range.upperBound {
      if unsafe roots[Int(text[index])] != 0 { break }
      index &+= 1
    }
    return index
  }
}
