import Inference
import Platform

/// The beginning of a text, up to the end of its system message: its tokens, and a copy of the cache
/// after them. The beginning of each text is collected here before it is read, to be compared.
@safe struct KeptText {
  private let tokens: UnsafeMutablePointer<Int32>
  private let pending: UnsafeMutablePointer<Int32>
  private let memory: UnsafeMutableRawBufferPointer
  let capacity: Int
  private var state: KeptState?
  private var tokenCount = 0
  /// Tokens that have been collected.
  private(set) var pendingCount = 0

  init(_ layout: ServeLayout) {
    unsafe tokens = unsafe layout.keptTokens
    unsafe pending = unsafe layout.pendingTokens
    unsafe memory = unsafe layout.keptMemory
    capacity = layout.keptTokenCapacity
  }

  mutating func begin() { pendingCount = 0 }

  /// - Returns: false where there is no room.
  mutating func append(_ token: Int32) -> Bool {
    if pendingCount == capacity { return false }
    unsafe pending[pendingCount] = token
    pendingCount += 1
    return true
  }

  /// A token that has been collected.
  subscript(index: Int) -> Int32 {
    precondition(index < pendingCount)
    return unsafe pending[index]
  }

  /// Puts the engine behind the collected tokens where it has been there before.
  func takeUp(_ engine: inout Engine) -> Bool {
    guard let state, tokenCount == pendingCount else { return false }
    for index in 0..<tokenCount where unsafe tokens[index] != pending[index] { return false }
    unsafe engine.takeUp(state, from: memory)
    return true
  }

  /// Keeps the engine's place behind the collected tokens, in place of the one before.
  mutating func keep(_ engine: borrowing Engine) {
    state = unsafe engine.keep(in: memory)
    for index in 0..<pendingCount { unsafe tokens[index] = pending[index] }
    tokenCount = pendingCount
  }
}
