import Platform
import Profile
import Testing

@testable import Measurement

/// Lists and numbers of the measuring commands, and the lines of their errors.
@Suite struct RequestTests {
  private func numbers(_ text: String?, maximum: Int = 100) throws -> [Int] {
    let list = try NumberList("--kv", text.map(copy), maximum: maximum, example: "512,1024")
    return (0..<list.count).map { list[$0] }
  }

  /// A zero-terminated copy, which a test's end frees.
  private func copy(_ text: String) -> UnsafePointer<CChar> {
    let bytes = Array(text.utf8CString)
    let memory = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
    memory.initialize(from: bytes, count: bytes.count)
    return UnsafePointer(memory)
  }

  @Test func listsOfNumbers() throws {
    #expect(try numbers("5") == [5])
    #expect(try numbers("5,100,1") == [5, 100, 1])
    #expect(try numbers(nil, maximum: 2000) == [512, 1024])
    let sixteen = (1...16).map(String.init).joined(separator: ",")
    #expect(try numbers(sixteen) == Array(1...16))
    let list = try NumberList("--kv", copy("5,100,1"), maximum: 100, example: "1")
    #expect(list.least == 1 && list.greatest == 100)
  }

  @Test(arguments: [
    "", ",", "5,", ",5", "5,,6", "0", "101", "-1", "5 6", "5x", "99999999999999999999",
    "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17",
  ])
  func whatIsNoList(text: String) throws {
    let error = #expect(throws: BenchRequestError.self) { try numbers(text) }
    #expect(error?.exitCode == .usage)
    #expect(
      line(try #require(error))
        == "--kv: '\(text)' is no list of at most 16 numbers from 1 to 100, "
        + "such as 512,1024")
  }

  private func policies(_ text: String, _ purpose: PolicyList.Purpose) throws -> [String] {
    let list = try PolicyList(copy(text), for: purpose)
    return (0..<list.count).map { "\(list[$0].name)" }
  }

  /// `full` has no cost of its own, and KeyDiff stands there in both forms; a run has one form.
  @Test func listsOfPolicies() throws {
    let measured = try policies("all", .cost)
    #expect(!measured.contains("full"))
    #expect(measured.contains("keydiff") && measured.contains("keydiff-alone"))
    #expect(measured.count == Policy.count)
    let running = try policies("all", .running)
    #expect(running == (0..<Policy.count).map { "\(Policy(rawValue: $0)!.name)" })
    #expect(try policies("sink,full", .running) == ["sink", "full"])
  }

  @Test func whatIsNoPolicy() throws {
    for (text, purpose) in [
      ("full", PolicyList.Purpose.cost), ("keydiff-alone", .running), ("sink,", .running),
      ("", .cost),
    ] {
      let error = #expect(throws: BenchRequestError.self) { try policies(text, purpose) }
      let line = line(try #require(error))
      #expect(
        line.hasPrefix("--policies: '\(text)' is no list of at most 16 policies; there are all"))
      #expect(line.contains(", full") == (purpose == .running))
      #expect(line.contains(", keydiff-alone") == (purpose == .cost))
    }
  }

  @Test func boundsOfRuns() throws {
    let one = NumberList(1)
    let request = try BenchRequest(prompts: one, generate: 65_536, repeat: 100)
    #expect(request.generateCount == 65_536 && request.repeatCount == 100)
    for (generate, runs, text) in [
      (0, 3, "--generate is 0; it must be from 1 to 65536"),
      (65_537, 3, "--generate is 65537; it must be from 1 to 65536"),
      (1, 0, "--repeat is 0; it must be from 1 to 100"),
      (1, 101, "--repeat is 101; it must be from 1 to 100"),
    ] {
      let error = #expect(throws: BenchRequestError.self) {
        try BenchRequest(prompts: one, generate: generate, repeat: runs)
      }
      #expect(line(try #require(error)) == text)
    }
  }

  @Test func aBlockLeavesSlots() throws {
    let error = #expect(throws: BenchRequestError.self) {
      try PolicyCostRequest(
        counts: NumberList(128), policies: PolicyList(.tova), repeat: 1, blockSize: 128)
    }
    #expect(
      line(try #require(error))
        == "--kv: of 128 slots a block of 128 leaves none to keep; give more, or a smaller --block")
  }

  @Test func theMostCases() throws {
    let policies = try PolicyList(copy("all"), for: .running)
    let sixteen = NumberList(InlineArray<16, Int>(repeating: 5))
    let request = try FirstTokenRequest(
      prompts: sixteen, policies: PolicyList(.full), blocks: sixteen, repeat: 1)
    #expect(request.caseCount == 256)
    let error = #expect(throws: BenchRequestError.self) {
      try FirstTokenRequest(prompts: sixteen, policies: policies, blocks: sixteen, repeat: 1)
    }
    #expect(
      line(try #require(error)) == "bench ttft: prompts, policies and blocks make "
        + "\(256 * policies.count) cases; at most 256 are measured at a time")
  }

  /// The largest caches go first, and the last one stays.
  @Test func withoutTheLargestCache() throws {
    let request = try PolicyCostRequest(
      counts: NumberList([512, 2048, 1024]), policies: PolicyList(.tova), repeat: 2, blockSize: 128)
    let smaller = try #require(request.withoutLargestCache())
    #expect(smaller.counts.count == 2 && smaller.counts.greatest == 1024)
    #expect(smaller.withoutLargestCache()?.withoutLargestCache() == nil)
  }

  /// Fractions grow from run to run, and the last event says that all is done.
  @Test func fractionsOfTheWork() throws {
    let request = try BenchRequest(prompts: NumberList([100, 300]), generate: 10, repeat: 2)
    var work = BenchWork(request)
    var fractions: [Double] = []
    for prompt in 0..<2 {
      for run in 0..<2 {
        work.start(prompt: prompt, run: run)
        guard
          case .prompt(let number, 4, 50, let count, let fraction) = work.event(prefilled: 50),
          case .answer(number, 4, 10, 10, let end) = work.event(generated: 10)
        else {
          Issue.record("other events")
          return
        }
        #expect(number == 2 * prompt + run + 1 && count == request.prompts[prompt])
        fractions += [fraction, end]
      }
    }
    #expect(fractions == fractions.sorted() && fractions.last == 1)
    #expect(fractions[0] == 50.0 / 1120)
  }
}
