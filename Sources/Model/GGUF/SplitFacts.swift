import Platform

/// What a file says of the split model that it is a part of, in the keys that llama.cpp's gguf-split
/// writes to every part.
struct SplitFacts: Sendable, BitwiseCopyable {
  /// split.no, from 0.
  let index: Int
  /// split.count; 1 for a model that is not split.
  let count: Int
  /// split.tensors.count: the tensors of all parts. Nil if it is missing.
  let tensorCount: Int?

  init(_ metadata: borrowing Metadata) throws(ModelError) {
    let count = try metadata.integer(.splitCount) ?? 1
    let index = try metadata.integer(.splitNumber)
    let tensorCount = try metadata.integer(.splitTensorCount)
    if count < 0 || count > GGUF.partCountMax {
      throw .key(.splitCount, .integerRange(count, minimum: 0, maximum: GGUF.partCountMax))
    }
    // 0 is what merging the parts leaves behind; the other keys then mean nothing.
    if count <= 1 {
      (self.count, self.index, self.tensorCount) = (1, 0, nil)
      return
    }
    guard let index else { throw .key(.splitNumber, .missing) }
    if index < 0 || index >= count {
      throw .key(.splitNumber, .integerRange(index, minimum: 0, maximum: count - 1))
    }
    (self.count, self.index, self.tensorCount) = (count, index, tensorCount)
  }

  /// Checks that this is part `index` of the model whose first part says `first`.
  func check(index: Int, first: SplitFacts) throws(ModelError) {
    let others = Excerpt("in the first part")
    if count != first.count {
      throw .key(.splitCount, .unequal(count, other: others, otherValue: first.count))
    }
    if self.index != index {
      throw .key(
        .splitNumber,
        .unequal(self.index, other: Excerpt("its place among the parts"), otherValue: index))
    }
    if let tensorCount, let expected = first.tensorCount, tensorCount != expected {
      throw .key(.splitTensorCount, .unequal(tensorCount, other: others, otherValue: expected))
    }
  }

  /// Checks the count of tensors that all parts have together.
  func check(tensorCount found: Int) throws(ModelError) {
    if count == 1 { return }
    guard let tensorCount else { throw .key(.splitTensorCount, .missing) }
    if tensorCount != found {
      throw .key(
        .splitTensorCount,
        .unequal(
          tensorCount, other: Excerpt("the count of tensors in all parts"), otherValue: found))
    }
  }
}
