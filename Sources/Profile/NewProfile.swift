import Text

extension DeviceProfile {
  /// A profile that was not read from a file: one thread, bound to no core, and no instructions
  /// beyond the vector registers. Each value must be one that its field allows.
  @export(interface)
  public init(
    board: FixedText<97>, ramCapMiB: Int, vectorWidth: VectorWidth, l2CacheKiB: Int,
    model: FixedText<1024>, blockSize: Int, cacheBudget: Int, policy: Policy
  ) {
    self.init()
    precondition(
      ProfileField.board.allows(board.count) && ProfileField.ramCapMiB.allows(ramCapMiB)
        && ProfileField.l2CacheKiB.allows(l2CacheKiB) && ProfileField.model.allows(model.count)
        && ProfileField.blockSize.allows(blockSize)
        && ProfileField.cacheBudget.allows(cacheBudget))
    switch vectorWidth {
    case .neon(let bits): precondition(ProfileField.neonWidthBits.allows(bits))
    case .avx(let bits): precondition(ProfileField.avxWidthBits.allows(bits))
    }
    self.board = board
    self.ramCapMiB = ramCapMiB
    self.vectorWidth = vectorWidth
    self.l2CacheKiB = l2CacheKiB
    self.model = model
    self.blockSize = blockSize
    self.cacheBudget = cacheBudget
    self.policy = policy
  }

  @export(interface)
  public mutating func setInstructions(fp16: Bool, dotProduct: Bool, i8mm: Bool) {
    self.fp16 = fp16
    self.dotProduct = dotProduct
    self.i8mm = i8mm
  }

  /// One more thread, on a core that no other is bound to; the first takes the place of the thread
  /// that is bound to none.
  @export(interface)
  public mutating func bindThread(toCore core: Int) {
    precondition(
      ProfileField.cores.allows(core) && coreCount < ProfileLimits.threadCountMax)
    append(core: core)
    threads = coreCount
  }

  /// So many threads, bound to no core.
  @export(interface)
  public mutating func unbindThreads(_ threadCount: Int) {
    precondition(ProfileField.threads.allows(threadCount))
    unbind()
    threads = threadCount
  }

  /// So many of the threads generate tokens.
  @export(interface)
  public mutating func setDecodeThreads(_ count: Int) {
    precondition(count >= 0 && count <= threads)
    decodeThreads = count == threads ? 0 : count
  }

  /// Other sizes than those that it was made with.
  @export(interface)
  public mutating func setSizes(blockSize: Int, l2CacheKiB: Int) {
    precondition(
      ProfileField.blockSize.allows(blockSize) && ProfileField.l2CacheKiB.allows(l2CacheKiB))
    self.blockSize = blockSize
    self.l2CacheKiB = l2CacheKiB
  }
}
