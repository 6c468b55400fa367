import Dispatch
import Synchronization

/// Shares work out to threads. What a share computes must not depend on who takes it.
struct Workers {
  let count: Int

  /// Calls `body` with each index below `shareCount` once, on up to `count` threads at a time, and
  /// waits.
  /// - Parameter body: gets a number below `count` that no other thread has at the same time, and
  ///   the index.
  func forEach(_ shareCount: Int, _ body: (_ worker: Int, _ index: Int) -> Void) {
    let next = Atomic(0)
    withoutActuallyEscaping(body) { body in
      let shared = SharedBody(call: body)
      DispatchQueue.concurrentPerform(iterations: min(count, shareCount)) { worker in
        while true {
          let index = next.add(1, ordering: .relaxed).oldValue
          if index >= shareCount { return }
          shared.call(worker, index)
        }
      }
    }
  }

  /// As above; throws one of the errors after all threads have ended.
  func forEachThrowing(_ shareCount: Int, _ body: (_ worker: Int, _ index: Int) throws -> Void)
    throws
  {
    let failure = Mutex<(any Error)?>(nil)
    forEach(shareCount) { worker, index in
      if failure.withLock({ $0 != nil }) { return }
      do {
        try body(worker, index)
      } catch {
        failure.withLock { $0 = error }
      }
    }
    if let error = failure.withLock({ $0 }) { throw error }
  }
}

/// What all threads call; see `Workers.forEach`.
private struct SharedBody: @unchecked Sendable {
  let call: (Int, Int) -> Void
}
