import Inference
import Platform

/// The beginning of a text, up to the end of its system message: its tokens, and a copy of the cache
/// after them. The beginning of each text is collected here before it is read, to be compared.
@safe struct KeptText {
  private let tokens: UnsafeMutablePointer<Int32>
  private let collected: UnsafeMutablePointer<Int32>
  private let memory: UnsafeMutableRawBufferPointer
  let capacity: Int
  private var state: KeptState?
  private var tokenCount = 0
  /// Tokens that have been collected.
  private(set) var collectedCount = 0

  init(_ layout: ServiceLayout) {
    unsafe tokens = unsafe layout.keptTokens
    unsafe collected = unsafe layout.collectedTokens
    unsafe memory = unsafe layout.keptMemory
    capacity = layout.keptTokenCapacity
  }

  mutating func begin() { collectedCount = 0 }

  /// - Returns: false if there is no room.
  mutating func append(_ token: Int32) -> Bool {
    if collectedCount == capacity { return false }
    unsafe collected[collectedCount] = token
    collectedCount += 1
    return true
  }

  /// A token that has been collected.
  subscript(index: Int) -> Int32 {
    precondition(index < collectedCount)
    return unsafe collected[index]
  }

  /// Whether the collected tokens are those that are kept.
  var isKept: Bool {
    if state == nil || tokenCount != collectedCount { return false }
    for index in 0..<tokenCount where unsafe tokens[index] != collected[index] { return false }
    return true
  }

  /// Puts the engine behind the tokens that are kept.
  func takeUp(_ engine: inout Engine) {
    guard let state else { preconditionFailure("nothing is kept") }
    unsafe engine.takeUp(state, from: memory)
  }

  /// Keeps the engine's place behind the collected tokens, in place of the one before.
  mutating func keep(_ engine: borrowing Engine) {
    state = unsafe engine.keep(in: memory)
    for index in 0..<collectedCount { unsafe tokens[index] = collected[index] }
    tokenCount = collectedCount
  }
}
