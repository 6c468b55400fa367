import Foundation

/// Readers of files and of text that libFuzzer drives, in one program: `$EDGE_INFER_FUZZ` names the
/// one. What a reader must refuse it throws; everything else that ends the program is a finding.
protocol FuzzTarget {
  /// Inputs to begin with.
  static var seeds: [[UInt8]] { get }
  init() throws
  mutating func run(_ input: UnsafeBufferPointer<UInt8>) throws
}

// libFuzzer calls from one thread.
nonisolated(unsafe) private let targets: [(name: String, type: any FuzzTarget.Type)] = [
  ("gguf", ModelTarget.self), ("packed", PackedTarget.self), ("profile", ProfileTarget.self),
  ("snapshot", SnapshotTarget.self),
  ("schema", SchemaTarget.self), ("grammar", GrammarTarget.self), ("calls", CallsTarget.self),
  ("tokenizer", TokenizerTarget.self), ("template", TemplateTarget.self),
]

nonisolated(unsafe) private var target: (any FuzzTarget)!

/// Makes the target, and writes its seeds to the folder that `$EDGE_INFER_SEEDS` names.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(
  _ argumentCount: UnsafeMutablePointer<Int32>, _ arguments: UnsafeMutableRawPointer
) -> Int32 {
  let environment = ProcessInfo.processInfo.environment
  guard let type = targets.first(where: { $0.name == environment["EDGE_INFER_FUZZ"] })?.type else {
    fatalError("EDGE_INFER_FUZZ must be one of \(targets.map(\.name))")
  }
  if let folder = environment["EDGE_INFER_SEEDS"] {
    for (index, seed) in type.seeds.enumerated() {
      try! Data(seed).write(to: URL(fileURLWithPath: "\(folder)/seed-\(index)"))
    }
  }
  target = try! type.init()
  return 0
}

@_cdecl("LLVMFuzzerTestOneInput")
public func test(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
  try? target.run(UnsafeBufferPointer(start: bytes, count: count))
  return 0
}

/// Ends the program where a promise is broken.
func require(_ isKept: Bool, _ promise: StaticString) {
  if !isKept { fatalError("\(promise)") }
}
