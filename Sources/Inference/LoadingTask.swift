/// What is loaded beside the weights, by one of the threads that load them.
@safe public struct LoadingTask {
  private let context: UnsafeMutableRawPointer
  private let body: @convention(c) (UnsafeMutableRawPointer) -> Void

  /// - Parameters:
  ///   - context: is given to `body` and outlives the loading.
  ///   - body: is run once, on any of the threads.
  public init(
    _ context: UnsafeMutableRawPointer, _ body: @convention(c) (UnsafeMutableRawPointer) -> Void
  ) {
    unsafe self.context = context
    unsafe self.body = body
  }

  func run() { unsafe body(context) }
}
