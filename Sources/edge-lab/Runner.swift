import Foundation
import LabResults
import Platform

/// One cell of a results file that is still to be measured.
struct Job: Sendable {
  let cell: ResultLine.Cell
  /// Tokens that pass through a model, which progress counts.
  let tokenCount: Int
  /// Makes the cell's line. Scores that are no numbers must be left out: JSON has none.
  let run: @Sendable (Worker) throws -> ResultLine
}

/// A thread that measures cells: it keeps its engines as long as the cells that follow want the same.
final class Worker {
  let text: TextModel
  private let threads: Int
  private let progress: ProgressLine
  private var subjects: [String: Subject] = [:]

  init(_ text: TextModel, threads: Int, _ progress: ProgressLine) {
    self.text = text
    self.threads = threads
    self.progress = progress
  }

  /// An engine for these settings.
  /// - Parameter role: of the cell's engines where it has several.
  func subject(_ settings: SubjectSettings, role: String = "") throws(LabFailure) -> Subject {
    if let subject = subjects[role], subject.settings == settings { return subject }
    // The old engine's memory is given back first.
    subjects[role] = nil
    let subject = try Subject(text, settings, threads: threads)
    subject.onTokens = { [progress] in progress.add(tokens: $0) }
    subjects[role] = subject
    return subject
  }

  /// For work that no subject does.
  func countTokens(_ count: Int) { progress.add(tokens: count) }
}

/// Measures cells on several threads, appends them to the results file and skips those that it has.
struct Runner {
  /// Of a worker's thread: engines have threads with stacks of their own.
  private static let stackByteCount = 16 << 20
  private let evaluation: Evaluation
  private let text: TextModel
  private let file: ResultFile?
  private let found: [ResultLine]

  init(_ evaluation: Evaluation, _ text: TextModel) throws(LabFailure) {
    self.evaluation = evaluation
    self.text = text
    guard let path = evaluation.resultPath else {
      (file, found) = (nil, [])
      return
    }
    do {
      file = try ResultFile(path: path)
      found = try ResultFile.read(path)
    } catch {
      let isFile = FileManager.default.isWritableFile(atPath: path)
      throw LabFailure(code: isFile ? 65 : 74, description: error.description)
    }
  }

  func has(_ cell: ResultLine.Cell) -> Bool { file?.has(cell) ?? false }

  /// Measures what the file does not have, in this order, and gives the lines of all jobs. Ctrl-C
  /// ends the work when the cells that are being measured are done.
  func run(_ jobs: [Job]) throws -> [ResultLine] {
    let wanted = Set(jobs.map(\.cell))
    let queue = JobQueue(jobs.filter { !has($0.cell) })
    let progress = ProgressLine(
      cellCount: queue.cellCount, tokenCount: queue.tokenCount,
      skipped: jobs.count - queue.cellCount,
      isQuiet: evaluation.isQuiet)
    Interrupt.clear()
    Interrupt.listen()
    let threads = (0..<min(evaluation.jobs, queue.cellCount)).map { _ in
      let done = DispatchSemaphore(value: 0)
      let thread = Thread { [self] in
        work(queue, progress)
        done.signal()
      }
      thread.stackSize = Self.stackByteCount
      thread.start()
      return done
    }
    for done in threads { done.wait() }
    progress.finish()
    if let failure = queue.failure { throw failure }
    if queue.finished.count < queue.cellCount {
      throw LabFailure.interrupted(
        "interrupted: \(queue.finished.count) of \(queue.cellCount) cells were measured"
          + (file == nil ? "" : "; the same command goes on with the others"))
    }
    return found.filter { wanted.contains($0.cell) } + queue.finished
  }

  private func work(_ queue: JobQueue, _ progress: ProgressLine) {
    let worker = Worker(text, threads: evaluation.threads, progress)
    while !Interrupt.isRaised, let job = queue.next() {
      do {
        let line = try job.run(worker)
        try file?.append(line)
        queue.finish(line)
        progress.endCell(tokenCount: job.tokenCount)
      } catch {
        queue.fail(error)
      }
    }
  }
}

/// The jobs that are left, for all workers.
private final class JobQueue: @unchecked Sendable {
  let cellCount: Int
  let tokenCount: Int
  private let lock = NSLock()
  private var rest: ArraySlice<Job>
  private(set) var finished: [ResultLine] = []
  private(set) var failure: (any Error)?

  init(_ jobs: [Job]) {
    rest = jobs[...]
    cellCount = jobs.count
    tokenCount = jobs.reduce(0) { $0 + $1.tokenCount }
  }

  func next() -> Job? { lock.withLock { rest.popFirst() } }

  func finish(_ line: ResultLine) { lock.withLock { finished.append(line) } }

  /// Nothing is begun any more.
  func fail(_ error: any Error) {
    lock.withLock {
      if failure == nil { failure = error }
      rest = []
    }
  }
}
