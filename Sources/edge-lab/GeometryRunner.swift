import Foundation
import KVCache
import LabModel
import LabResults
import Platform
import Profile

/// Measures the geometry of a text with the float32 model, and what policies leave of it.
struct GeometryRunner {
  static let task = "geometry"
  /// What result lines of the text itself have in place of a policy.
  static let textPolicy = "float32"
  /// Names of what is measured of each policy.
  static let keptNames = ["retained mass", "retained mass past", "log det"]

  private let evaluation: Evaluation
  private let text: TextModel
  private let tokens: [Int32]
  private let item: [String: ItemValue]
  private let observed: ObservedText

  init(_ evaluation: Evaluation, _ text: TextModel, _ scored: ScoredText) {
    self.evaluation = evaluation
    self.text = text
    tokens = scored.tokens
    item = scored.item.filter { $0.key != "skip" }
    observed = ObservedText(path: text.path, tokens: tokens, threads: evaluation.threads)
  }

  /// A line of the text for each block, whose last one tells which queries count, and one for each
  /// key.
  func run(_ keys: [RunKey]) throws -> [ResultLine] {
    var jobs: [Job] = []
    for block in evaluation.grid.blocks {
      jobs.append(textJob(block: block))
      jobs += try keys.filter { $0.block == block }.map(policyJob)
    }
    return try Runner(evaluation, text).run(jobs)
  }

  private func textJob(block: Int) -> Job {
    let key = RunKey(model: text.name, policy: Self.textPolicy, budget: 0, block: block)
    let cell = ResultLine.Cell(task: Self.task, run: key, item: item)
    return Job(cell: cell, tokenCount: tokens.count) { worker in
      let start = Instant.now()
      let observer = try observed.observer(block: block, worker)
      var values = LayerValues()
      for measure in observer.measures() { values.add(measure.kind.rawValue, measure.values) }
      return line(cell, values, since: start)
    }
  }

  private func policyJob(_ key: RunKey) throws(LabFailure) -> Job {
    let isFull = key.enginePolicy == .full
    let budget = key.cacheBudget(promptTokens: tokens.count) ?? tokens.count
    let retained = isFull ? Retained(sinkCount: 0, recentCount: 0) : try key.retained(of: budget)
    let cell = ResultLine.Cell(task: Self.task, run: key, item: item)
    return Job(cell: cell, tokenCount: tokens.count) { worker in
      let start = Instant.now()
      let observer = try observed.observer(block: key.block, worker)
      let subject = try worker.subject(
        SubjectSettings(
          policy: key.enginePolicy, blockSize: key.block, cacheBudget: budget, heads: key.heads))
      subject.begin(cacheBudget: budget, retained: retained)
      return line(cell, try measure(subject, observer), since: start)
    }
  }

  private func measure(
    _ subject: Subject, _ observer: GeometryObserver
  ) throws(LabFailure) -> LayerValues {
    try subject.read(tokens[..<observer.lastBlockStart])
    let masses = forEachHead { layer, kvHead in
      observer.retainedMass(
        layer: layer, kvHead: kvHead, kept: subject.keptPositions(layer: layer, kvHead: kvHead))
    }
    try subject.read(tokens[observer.lastBlockStart...])
    let volumes = forEachHead { layer, kvHead in
      observer.logDeterminant(
        layer: layer, kvHead: kvHead, kept: subject.keptPositions(layer: layer, kvHead: kvHead))
    }
    var values = LayerValues()
    values.add(Self.keptNames[0], masses.map { $0.map(\.share) })
    values.add(Self.keptNames[1], masses.map { $0.map(\.pastShare) })
    values.add(Self.keptNames[2], volumes)
    return values
  }

  /// `[layers][KV heads]`
  private func forEachHead<Value>(_ value: (_ layer: Int, _ kvHead: Int) -> Value) -> [[Value]] {
    (0..<text.shape.layerCount).map { layer in
      (0..<text.shape.layer(layer).keptHeadCount).map { value(layer, $0) }
    }
  }

  private func line(
    _ cell: ResultLine.Cell, _ values: LayerValues, since start: Instant
  ) -> ResultLine {
    ResultLine(
      task: cell.task, run: cell.run, item: cell.item, scores: values.scores,
      errors: values.errors, series: values.series, tokens: tokens.count,
      seconds: Double(Instant.now().nanoseconds(since: start)) / 1e9)
  }
}

/// Means over heads: of each layer, and of all.
private struct LayerValues {
  private(set) var scores: [String: Double] = [:]
  private(set) var errors: [String: Double] = [:]
  private(set) var series: [String: [Double]] = [:]

  /// - Parameter values: `[layers][heads]`; left out where one is no number or a layer has none.
  mutating func add(_ name: String, _ values: [[Double]]) {
    let all = values.flatMap(\.self)
    if all.isEmpty || values.contains(where: \.isEmpty) { return }
    if !all.allSatisfy(\.isFinite) { return }
    let estimate = Estimate(all, resamples: 1)
    scores[name] = estimate.mean
    if estimate.error.isFinite { errors[name] = estimate.error }
    series[name] = values.map { $0.reduce(0, +) / Double($0.count) }
  }
}

/// The text after its way through the float32 model, which it goes once for each block at most, when
/// a cell first asks. Threads may share it.
private final class ObservedText: @unchecked Sendable {
  private let path: String
  private let tokens: [Int32]
  private let threads: Int
  private let lock = NSLock()
  private var observers: [Int: GeometryObserver] = [:]

  init(path: String, tokens: [Int32], threads: Int) {
    self.path = path
    self.tokens = tokens
    self.threads = threads
  }

  /// The others wait for the thread that came first.
  func observer(block: Int, _ worker: Worker) throws -> GeometryObserver {
    try lock.withLock {
      if let observer = observers[block] { return observer }
      // Of a block that is done.
      observers = [:]
      let model = try FloatModel(path: path, threads: threads)
      let observer = GeometryObserver(model.shape, tokenCount: tokens.count, blockSize: block)
      let text = model.start(capacity: tokens.count, blockSize: block)
      var rest = tokens[...]
      while !rest.isEmpty {
        text.forward(rest.prefix(block), observer: observer)
        worker.countTokens(min(block, rest.count))
        rest = rest.dropFirst(block)
      }
      observers[block] = observer
      return observer
    }
  }
}
