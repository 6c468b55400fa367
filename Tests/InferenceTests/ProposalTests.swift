import Foundation
import Profile
import TestSupport
import Testing

@testable import Inference
@testable import KVCache

/// Tokens that are proposed, accepted and dropped leave what one token after the other leaves.
@Suite struct ProposalTests {
  private static let policies = (0..<Policy.count).map { Policy(rawValue: $0)! }
    .filter { $0 != .h2o }

  private static func tokens(_ count: Int, seed: UInt64) -> [Int32] {
    var random = SeededGenerator(seed: seed)
    return (0..<count).map { _ in Int32.random(in: 0..<40, using: &random) }
  }

  private func stage(
    _ policy: Policy, proposals: Int, threads: Int = 2, renumbers: Bool = false,
    headBudgets: Bool = false, model: String? = nil, keepsCodes: Bool = false
  ) throws -> SequenceStage {
    let plain = settings(
      policy, block: 8, budget: policy == .full ? 192 : 16, recent: 2, threads: threads)
    var chosen = RunSettings(
      blockSize: 8, cacheBudget: plain.cacheBudget, policy: policy, retained: plain.retained,
      threadCount: threads, logitRowCount: 8, l2ByteCount: 1 << 18, renumbers: renumbers)
    if proposals > 0 { chosen.takeProposals(proposals) }
    chosen.keepsCodes = keepsCodes
    var stage = try SequenceStage.make(chosen, model)
    if headBudgets {
      let shape = stage.engine.shape
      let heads = (0..<shape.layerCount).flatMap { layer in
        (0..<shape.layer(layer).keptHeadCount).map { (layer, $0) }
      }
      for ((layer, kvHead), budget) in zip(heads, [16, 7, 11, 4]) {
        stage.engine.limit(layer: layer, kvHead: kvHead, budget: budget)
      }
    }
    return stage
  }

  /// Reads a text of random tokens, some of them behind proposals that are partly wrong.
  private func compare(
    _ plain: inout SequenceStage, _ proposing: inout SequenceStage, seed: UInt64, count: Int = 150
  ) throws {
    var random = SeededGenerator(seed: seed)
    let text = Self.tokens(count, seed: seed &+ 1000)
    var place = 0
    while place < text.count - 8 {
      let room = proposing.engine.proposalRoom
      let proposed = room == 0 ? 0 : Int.random(in: 0...room, using: &random)
      if proposed == 0 {
        let size = Int.random(in: 1...3, using: &random)
        let block = Array(text[place..<place + size])
        #expect(try proposing.read(block) == plain.read(block), "\(place)")
        place += size
        continue
      }
      let right = Int.random(in: 0...proposed, using: &random)
      var block = Array(text[place...place + proposed])
      for index in right + 1..<max(proposed + 1, right + 1) {
        block[index] = (block[index] + 1) % 40
      }
      proposing.setBlock(block)
      _ = try proposing.engine.propose(proposed)
      for row in 0...right {
        if row > 0 { proposing.engine.accept() }
        #expect(proposing.engine.lastRow == row && proposing.engine.openCount == proposed - row)
        let expected = try plain.read([text[place + row]])
        #expect(proposing.logits(row: row) == expected, "token \(place + row)")
        #expect(proposing.engine.tokenCount == plain.engine.tokenCount)
        #expect(proposing.engine.roomCount == plain.engine.roomCount)
      }
      proposing.engine.drop()
      #expect(proposing.contents == plain.contents, "token \(place + right)")
      let (fixed, expected) = (
        proposing.engine.sequence.fixedCount, plain.engine.sequence.fixedCount
      )
      #expect(fixed == expected)
      place += right + 1
    }
  }

  @Test(arguments: policies, [1, 3])
  func acceptedTokensAreAsOneByOne(policy: Policy, threads: Int) throws {
    var plain = try stage(policy, proposals: 0, threads: threads)
    var proposing = try stage(policy, proposals: 7, threads: threads)
    for seed in UInt64(1)...3 {
      try compare(&plain, &proposing, seed: seed)
      plain.engine.reset()
      proposing.engine.reset()
    }
  }

  @Test(arguments: policies.filter { $0 != .full })
  func headsWithBudgetsOfTheirOwn(policy: Policy) throws {
    var plain = try stage(policy, proposals: 0, headBudgets: true)
    var proposing = try stage(policy, proposals: 5, headBudgets: true)
    try compare(&plain, &proposing, seed: 7)
  }

  /// Layers that see a window of the text, or remember its latest tokens alone.
  @Test(
    .enabled(if: !ProposalTests.otherModels.isEmpty, "needs Toolchain/make-models"),
    arguments: ProposalTests.otherModels, policies)
  func windowsAndStates(name: String, policy: Policy) throws {
    let path = Files.smallModels.appendingPathComponent(name + ".gguf").path
    for threads in [1, 2] {
      var plain = try stage(policy, proposals: 0, threads: threads, model: path)
      var proposing = try stage(policy, proposals: 7, threads: threads, model: path)
      #expect(proposing.engine.proposalRoom == 7)
      for seed in UInt64(1)...2 {
        try compare(&plain, &proposing, seed: seed)
        plain.engine.reset()
        proposing.engine.reset()
      }
      for token in Self.tokens(30, seed: 2) {
        proposing.setBlock([token, 5, 6, 7, 8])
        _ = try proposing.engine.propose(4)
        proposing.engine.withdraw()
        #expect(plain.contents == proposing.contents)
        #expect(try plain.read([token]) == proposing.read([token]))
      }
    }
  }

  private static let otherModels = [
    "gemma3", "phi3-window", "lfm2", "lfm2-72", "qwen35", "qwen35-Q4_0",
  ].filter(Files.smallModelNames.contains)

  /// Layers that attend to another one's keys, of heads with a window and without.
  @Test(
    .enabled(if: !ProposalTests.sharingModels.isEmpty, "needs Toolchain/make-models"),
    arguments: ProposalTests.sharingModels, policies)
  func sharedKeys(name: String, policy: Policy) throws {
    let path = Files.smallModels.appendingPathComponent(name + ".gguf").path
    for (threads, keepsCodes) in [(1, false), (2, false), (2, true)] {
      var plain = try stage(
        policy, proposals: 0, threads: threads, headBudgets: !keepsCodes && policy != .full,
        model: path, keepsCodes: keepsCodes)
      var proposing = try stage(
        policy, proposals: 7, threads: threads, headBudgets: !keepsCodes && policy != .full,
        model: path, keepsCodes: keepsCodes)
      #expect(proposing.engine.shape.sharedKeyLayerCount > 0)
      for seed in UInt64(1)...3 {
        try compare(&plain, &proposing, seed: seed)
        plain.engine.reset()
        proposing.engine.reset()
      }
      try withdraw(&plain, &proposing)
    }
  }

  /// A window that the kept token is outside of: positions tell what a token sees.
  @Test(
    .enabled(if: !ProposalTests.sharingModels.isEmpty, "needs Toolchain/make-models"),
    arguments: [Policy.full, .keydiff, .keydiffStream])
  func sharedWindowsOfOneToken(policy: Policy) throws {
    let name = try #require(Self.sharingModels.first) + ".gguf"
    var file = try Data(contentsOf: Files.smallModels.appendingPathComponent(name))
    // The name, its value's type, and the value's lowest byte.
    let mark = Data("gemma4.attention.sliding_window".utf8) + [4, 0, 0, 0]
    let value = try #require(file.range(of: mark)).upperBound
    file[value] = 1
    let folder = try Folder()
    let path = try folder.write(name, file)
    var plain = try stage(policy, proposals: 0, model: path)
    var proposing = try stage(policy, proposals: 7, model: path)
    #expect(proposing.engine.shape.layer(0).span == .window(1))
    try compare(&plain, &proposing, seed: 4)
    withExtendedLifetime(folder) {}
  }

  /// What is proposed comes to nothing, again and again.
  private func withdraw(_ plain: inout SequenceStage, _ proposing: inout SequenceStage) throws {
    for token in Self.tokens(40, seed: 2) {
      let room = proposing.engine.proposalRoom
      if room > 0 {
        proposing.setBlock([token] + Self.tokens(room, seed: 5))
        _ = try proposing.engine.propose(room)
        proposing.engine.withdraw()
      }
      #expect(plain.contents == proposing.contents)
      #expect(try plain.read([token]) == proposing.read([token]))
    }
  }

  private static let sharingModels = ["gemma4", "gemma4-Q4_0"]
    .filter(Files.smallModelNames.contains)

  /// A policy that takes the weights of the last of several layers must know them before the next token.
  @Test(
    .enabled(if: !ProposalTests.sharingModels.isEmpty, "needs Toolchain/make-models"),
    arguments: ProposalTests.sharingModels)
  func roomBeforeSharedWeights(name: String) throws {
    let path = Files.smallModels.appendingPathComponent(name + ".gguf").path
    for policy in policiesOfWeights {
      var stage = try stage(policy, proposals: 7, model: path)
      var rooms: [Int] = []
      for token in Self.tokens(20, seed: 3) {
        rooms.append(stage.engine.proposalRoom)
        _ = try stage.read([token])
      }
      #expect(rooms == (0..<20).map { min(7, max(0, 15 - $0)) })
    }
    for policy in Self.policies where !policiesOfWeights.contains(policy) {
      var stage = try stage(policy, proposals: 7, model: path)
      for token in Self.tokens(40, seed: 3) {
        #expect(stage.engine.proposalRoom == 7)
        _ = try stage.read([token])
      }
    }
  }

  private let policiesOfWeights = [Policy.tova, .snapkv]

  /// Positions are renumbered where they are without proposals.
  @Test(arguments: [Policy.keydiff, .sink, .keydiffStream])
  func compactPositions(policy: Policy) throws {
    var plain = try stage(policy, proposals: 0, renumbers: true)
    var proposing = try stage(policy, proposals: 7, renumbers: true)
    let length = plain.engine.shape.contextLength
    try compare(&plain, &proposing, seed: 9, count: length + 100)
    #expect(plain.engine.position < plain.engine.tokenCount)
  }

  /// Whatever follows drops the open tokens: a block, a shorter text, another text.
  @Test(arguments: [Policy.keydiff, .full, .tova])
  func whatFollowsDropsOpenTokens(policy: Policy) throws {
    var plain = try stage(policy, proposals: 0)
    var proposing = try stage(policy, proposals: 7)
    let text = Self.tokens(30, seed: 1)
    for token in text.prefix(14) {
      #expect(try plain.read([token]) == proposing.read([token]))
    }
    proposing.setBlock([text[14], 1, 2, 3])
    _ = try proposing.engine.propose(3)
    _ = try plain.read([text[14]])
    #expect(try plain.read(Array(text[15..<20])) == proposing.read(Array(text[15..<20])))
    #expect(plain.contents == proposing.contents)
    proposing.setBlock([text[20], 1, 2, 3])
    _ = try proposing.engine.propose(3)
    proposing.engine.truncate(to: proposing.engine.tokenCount)
    _ = try plain.read([text[20]])
    #expect(plain.contents == proposing.contents)
    proposing.setBlock([text[21], 1, 2])
    _ = try proposing.engine.propose(2)
    proposing.engine.reset()
    plain.engine.reset()
    #expect(try plain.read(Array(text.prefix(8))) == proposing.read(Array(text.prefix(8))))
    #expect(plain.contents == proposing.contents)
  }

  /// A block that came to nothing leaves nothing.
  @Test(arguments: policies) func withdrawnBlocks(policy: Policy) throws {
    var plain = try stage(policy, proposals: 0)
    var proposing = try stage(policy, proposals: 7)
    for token in Self.tokens(40, seed: 2) {
      proposing.setBlock([token, 5, 6, 7, 8])
      _ = try proposing.engine.propose(4)
      proposing.engine.withdraw()
      #expect(plain.contents == proposing.contents)
      #expect(try plain.read([token]) == proposing.read([token]))
    }
  }

  /// No more is proposed than there is room for.
  @Test func room() throws {
    var full = try stage(.full, proposals: 7)
    #expect(full.engine.proposalRoom == 7)
    for token in Self.tokens(196, seed: 3) { _ = try full.read([token]) }
    #expect(full.engine.proposalRoom == 3)
    for token in Self.tokens(3, seed: 4) { _ = try full.read([token]) }
    #expect(full.engine.proposalRoom == 0 && full.engine.roomCount == 1)
    #expect(try stage(.h2o, proposals: 7).engine.proposalRoom == 0)
    #expect(try stage(.keydiff, proposals: 0).engine.proposalRoom == 0)
    #expect(try stage(.keydiff, proposals: 20).engine.proposalRoom == 7)
  }
}
