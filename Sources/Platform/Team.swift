import CPlatform
import Synchronization

/// A fixed team of threads that run one task together: member 0 is the calling thread, the others
/// wait in between. Inside a task the members meet at `barrier()` and share out work with
/// `nextShare()`. Hand-over spins briefly, if that helped before, and then sleeps in the kernel. A
/// task may be run by the first members alone.
///
/// The threads and their stacks exist before the arena is sealed; later calls only use futexes.
@safe public struct Team: ~Copyable {
  public static let memberCountMax = 64
  /// Enough for the deepest call chain and for glibc's own data; the glibc minimum on aarch64 is
  /// 128 KiB.
  public static let stackByteCount = 256 * 1024

  /// A function of a context, and of the team and index that make the `Member` that runs it.
  public typealias Task =
    @convention(c) (
      _ context: UnsafeMutableRawPointer, _ team: UnsafeMutableRawPointer, _ index: Int
    ) -> Void

  private let state: UnsafeMutablePointer<TeamState>
  public let memberCount: Int
  private let caller: BoundCaller

  /// Starts `memberCount - 1` threads; all of them are waiting for tasks when this returns.
  /// - Parameters:
  ///   - storage: memory that outlives the process's work.
  ///   - stacks: `memberCount - 1` stacks of `stackByteCount` bytes each.
  ///   - cores: one core for each member to be bound to, or empty. The calling thread is bound until
  ///     the team ends.
  @export(interface)
  public init(
    storage: UnsafeMutablePointer<TeamState>, lines: UnsafeMutablePointer<TeamLine>,
    memberCount: Int, stacks: UnsafeMutableRawPointer, cores: Span<Int32>
  ) throws(SystemFailure) {
    precondition(memberCount >= 1 && memberCount <= Self.memberCountMax)
    for index in 0..<TeamState.lineCount(memberCount: memberCount) {
      unsafe (lines + index).initialize(to: TeamLine())
    }
    unsafe storage.initialize(to: TeamState(lines: lines, memberCount: UInt32(memberCount)))
    let isPinned = cores.count == memberCount
    for index in 1..<max(memberCount, 1) {
      unsafe storage.pointee.starts[index] = unsafe WorkerStart(
        state: storage, epoch: lines, index: Int32(index), core: isPinned ? cores[index] : -1)
      let failed = unsafe Self.startWorker(
        storage, index, stacks + (index - 1) * Self.stackByteCount)
      if failed != 0 {
        unsafe Self.end(storage, workerCount: index - 1)
        throw SystemFailure("start a thread", code: failed)
      }
    }
    caller = BoundCaller(core: isPinned ? cores[0] : nil)
    // Not before: a value that is whole would be ended where the loop throws.
    unsafe self.state = unsafe storage
    self.memberCount = memberCount
    // Every thread has made its first system calls when this is done.
    unsafe run(storage) { _, _, _ in }
  }

  /// Ends the threads and waits for them; the memory of the team can go after that.
  deinit {
    unsafe Self.end(state, workerCount: memberCount - 1)
    caller.restore()
  }

  private static func end(_ state: UnsafeMutablePointer<TeamState>, workerCount: Int) {
    if workerCount == 0 { return }
    unsafe state.pointee.task = nil
    unsafe state.pointee.begin(memberCount: Int(state.pointee.memberCount))
    for index in 1...workerCount {
      _ = unsafe edge_thread_join(state.pointee.starts[index].thread)
    }
  }

  private static func startWorker(
    _ state: UnsafeMutablePointer<TeamState>, _ index: Int, _ stack: UnsafeMutableRawPointer
  ) -> Int32 {
    var thread = pthread_t()
    let failed = unsafe withUnsafeMutablePointer(to: &state.pointee.starts[index]) {
      unsafe edge_thread_start(&thread, workerMain, $0, stack, stackByteCount)
    }
    unsafe state.pointee.starts[index].thread = thread
    return failed
  }

  /// Runs `task` on every member and returns when all have finished.
  public func run(_ context: UnsafeMutableRawPointer, _ task: Task) {
    unsafe run(context, members: memberCount, task)
  }

  /// Runs `task` on the first members and returns when they have finished. The others sleep on.
  /// - Parameter count: 1 to `memberCount`.
  @export(interface)
  public func run(_ context: UnsafeMutableRawPointer, members count: Int, _ task: Task) {
    precondition(count >= 1 && count <= memberCount)
    unsafe state.pointee.task = task
    unsafe state.pointee.context = unsafe context
    unsafe state.pointee.begin(memberCount: count)
    unsafe task(context, state, 0)
    unsafe Member(team: state, index: 0).barrier()
  }

  /// Members of the latest task.
  public var latestMemberCount: Int { Int(unsafe state.pointee.activeCount) }
}

/// The thread that a team was started by, and the cores that it could run on before it was bound to
/// one.
private struct BoundCaller {
  private var thread: Int32 = 0
  /// nil: it was not bound.
  private var cores: CoreMask?

  init(core: Int32?) {
    guard let core else { return }
    let mask = CoreMask.ofCaller()
    if edge_pin_to_core(core) >= 0 { cores = mask }
    thread = edge_thread_id()
  }

  /// After a lockdown the call is not allowed, and no other team comes.
  func restore() {
    if !LockdownFilter.isInstalled { cores?.bind(thread) }
  }
}

/// One thread's part in a running task.
@safe public struct Member {
  private let state: UnsafeMutablePointer<TeamState>
  public let index: Int

  /// From the arguments of a task.
  public init(team: UnsafeMutableRawPointer, index: Int) {
    unsafe state = team.assumingMemoryBound(to: TeamState.self)
    self.index = index
  }

  /// Of the task's members.
  public var count: Int { Int(unsafe state.pointee.activeCount) }

  /// The next share of the work that lies between two barriers: 0, 1, 2, … over all members.
  public func nextShare() -> Int {
    Int(unsafe state.pointee.next.pointee.value.wrappingAdd(1, ordering: .relaxed).oldValue)
  }

  /// As above; nil from `count` on.
  public func nextShare(below count: Int) -> Int? {
    let share = nextShare()
    return share < count ? share : nil
  }

  /// The next `step` of `count` pieces of work, or what is left of them; nil from `count` on.
  public func nextShares(_ step: Int, of count: Int) -> Range<Int>? {
    let start = nextShare() * step
    return start < count ? start..<min(start + step, count) : nil
  }

  /// Begins a run of shares of this member's own, for use between the next barrier and the one after.
  /// Every member calls it before that barrier, where no runs are in use.
  public func beginRun(at share: Int) {
    unsafe (state.pointee.runs + index).pointee.value.store(
      UInt32(truncatingIfNeeded: share), ordering: .relaxed)
  }

  /// A share of this member's own run, in order, or of another's when the run is used up. A member
  /// thus finds in its caches what it used for the share before.
  /// - Parameter end: the share behind a member's run.
  /// - Returns: nil when none is left.
  @export(interface)
  public func nextRunShare(_ end: (Int) -> Int) -> Int? {
    for distance in 0..<count {
      let owner = (index + distance) % count
      let share = unsafe (state.pointee.runs + owner).pointee.value.wrappingAdd(
        1, ordering: .relaxed
      ).oldValue
      if Int(share) < end(owner) { return Int(share) }
    }
    return nil
  }

  /// This member's part of `count` shares where nobody takes another's.
  public func ownRun(of count: Int) -> Range<Int> { run(index, of: count) }

  /// The same of any member.
  @export(interface)
  public func run(_ member: Int, of count: Int) -> Range<Int> {
    member * count / self.count..<(member + 1) * count / self.count
  }

  /// Waits for all members; what any of them wrote before is visible to all after. Shares start
  /// again at 0.
  @export(interface)
  public func barrier() {
    let (next, arrived, round) = unsafe (
      state.pointee.next, state.pointee.arrived, state.pointee.round
    )
    let memberCount = unsafe state.pointee.activeCount
    if memberCount == 1 {
      unsafe next.pointee.value.store(0, ordering: .relaxed)
      return
    }
    let current = unsafe round.pointee.value.load(ordering: .acquiring)
    let arrival = unsafe arrived.pointee.value.wrappingAdd(1, ordering: .acquiringAndReleasing)
    if arrival.newValue == memberCount {
      unsafe arrived.pointee.value.store(0, ordering: .relaxed)
      unsafe next.pointee.value.store(0, ordering: .relaxed)
      unsafe TeamLine.advance(round)
    } else {
      unsafe TeamLine.wait(
        round, whileEqualTo: current, &(state.pointee.runs + index).pointee.patience)
    }
  }
}

/// A counter that threads may wait on, alone on its cache line.
public struct TeamLine: ~Copyable {
  let value = Atomic<UInt32>(0)
  private let sleeperCount = Atomic<UInt32>(0)
  /// That of the member whose run this line counts; other lines do not use it.
  fileprivate var patience = Patience()
  private let padding = InlineArray<12, UInt32>(repeating: 0)

  static func advance(_ line: UnsafeMutablePointer<TeamLine>) {
    unsafe line.pointee.value.wrappingAdd(1, ordering: .sequentiallyConsistent)
    unsafe wake(line)
  }

  static func set(_ line: UnsafeMutablePointer<TeamLine>, to value: UInt32) {
    unsafe line.pointee.value.store(value, ordering: .sequentiallyConsistent)
    unsafe wake(line)
  }

  private static func wake(_ line: UnsafeMutablePointer<TeamLine>) {
    if unsafe line.pointee.sleeperCount.load(ordering: .sequentiallyConsistent) > 0 {
      unsafe edge_futex_wake(line, Int32.max)
    }
  }

  /// - Returns: the other value.
  @discardableResult
  static func wait(
    _ line: UnsafeMutablePointer<TeamLine>, whileEqualTo old: UInt32, _ patience: inout Patience
  ) -> UInt32 {
    for _ in 0..<patience.turnCount {
      let value = unsafe line.pointee.value.load(ordering: .acquiring)
      if value != old {
        patience.wasRewarded()
        return value
      }
      edge_pause()
    }
    patience.wasInVain()
    unsafe line.pointee.sleeperCount.wrappingAdd(1, ordering: .sequentiallyConsistent)
    var value = old
    while value == old {
      value = unsafe line.pointee.value.load(ordering: .sequentiallyConsistent)
      if value == old { unsafe edge_futex_wait(line, old) }
    }
    unsafe line.pointee.sleeperCount.wrappingSubtract(1, ordering: .relaxed)
    return value
  }
}

/// How often a member asks again before it sleeps. Where it was in vain, it asks half as often the next
/// time, and in the end not at all: one that keeps asking on a core where another member or another
/// program has work, or while the one it waits for has no core, keeps the system from moving them.
struct Patience {
  /// Some tens of microseconds: longer than the steps of a block, too short to be noticed.
  static let turnCountMax: UInt32 = 2000
  /// Waits without asking, until the full count is tried again.
  static let trialInterval: UInt32 = 16
  private(set) var turnCount = turnCountMax
  private var waitCount: UInt32 = 0

  mutating func wasRewarded() { turnCount = Self.turnCountMax }

  mutating func wasInVain() {
    if turnCount > 0 {
      turnCount = turnCount > Self.turnCountMax / 16 ? turnCount / 2 : 0
      return
    }
    waitCount += 1
    if waitCount == Self.trialInterval { (turnCount, waitCount) = (Self.turnCountMax, 0) }
  }
}

/// What the members of a team share. It lives in the arena.
@safe public struct TeamState {
  public static func lineCount(memberCount: Int) -> Int { 4 + memberCount }
  /// The number of the task, times 256, plus its members: one word, so that a worker that comes late
  /// cannot take the members of one task for those of another. Workers sleep on it between tasks.
  let epoch: UnsafeMutablePointer<TeamLine>
  /// Counts the barriers passed.
  let round: UnsafeMutablePointer<TeamLine>
  let arrived: UnsafeMutablePointer<TeamLine>
  let next: UnsafeMutablePointer<TeamLine>
  /// One a member: the next share of its run.
  let runs: UnsafeMutablePointer<TeamLine>
  let memberCount: UInt32
  /// Members of the latest task.
  private(set) var activeCount: UInt32
  private var taskNumber: UInt32 = 0
  var task: Team.Task? = nil
  var context: UnsafeMutableRawPointer? = nil
  var starts: InlineArray<64, WorkerStart>

  init(lines: UnsafeMutablePointer<TeamLine>, memberCount: UInt32) {
    unsafe epoch = unsafe lines
    unsafe round = unsafe lines + 1
    unsafe arrived = unsafe lines + 2
    unsafe next = unsafe lines + 3
    unsafe runs = unsafe lines + 4
    self.memberCount = memberCount
    activeCount = memberCount
    unsafe starts = InlineArray(repeating: WorkerStart(state: nil, epoch: nil, index: 0, core: -1))
  }

  /// Hands the task to the first members.
  mutating func begin(memberCount: Int) {
    activeCount = UInt32(truncatingIfNeeded: memberCount)
    if memberCount == 1 { return }
    taskNumber &+= 1
    unsafe TeamLine.set(epoch, to: taskNumber << 8 | activeCount)
  }
}

/// The argument of a worker thread.
@safe struct WorkerStart {
  let state: UnsafeMutablePointer<TeamState>?
  /// That of the state, which may still be written to when the thread begins.
  let epoch: UnsafeMutablePointer<TeamLine>?
  let index: Int32
  let core: Int32
  /// Set when the thread may already run; not for the thread itself.
  var thread = pthread_t()
}

private func workerMain(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  let start = unsafe argument!.assumingMemoryBound(to: WorkerStart.self)
  guard let state = unsafe start.pointee.state, let line = unsafe start.pointee.epoch else {
    return nil
  }
  let (index, core) = unsafe (Int(start.pointee.index), start.pointee.core)
  if core >= 0 { _ = edge_pin_to_core(core) }
  var (epoch, patience) = (UInt32(0), Patience())
  while true {
    epoch = unsafe TeamLine.wait(line, whileEqualTo: epoch, &patience)
    if index >= Int(epoch & 0xFF) { continue }
    guard let task = unsafe state.pointee.task, let context = unsafe state.pointee.context else {
      return nil
    }
    unsafe task(context, state, index)
    unsafe Member(team: state, index: index).barrier()
  }
}
