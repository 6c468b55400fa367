import Platform
import Testing
import Text

@testable import CommandLine

struct ParsingTests {
  private let run = ["--profile", "p.json"]

  private func string(_ text: UnsafePointer<CChar>?) -> String? { text.map { String(cString: $0) } }

  @Test func values() throws {
    let arguments = try #require(
      parse(
        run + [
          "--prompt", "a text", "--max-tokens", "7", "--stop", "x", "--stop", "y", "--seed", "9",
          "--top-p", "0.5", "--block", "64", "--recent", "0.2", "--quiet",
        ]
      ).arguments)
    #expect(arguments.command == .run && string(arguments.prompt) == "a text")
    #expect(arguments.maxTokens == 7 && arguments.isQuiet && !arguments.isRaw)
    #expect(arguments.stopCount == 2 && string(arguments.stop(1)) == "y")
    #expect(arguments.sampling.seed == 9 && arguments.sampling.isSeedGiven)
    #expect(arguments.sampling.topP == 0.5 && arguments.sampling.topK == 40)
    #expect(arguments.overrides.blockSize == 64 && arguments.overrides.recent == .fraction(0.2))
    let serve = try #require(parse(["serve"] + run + ["--queue", "3"]).arguments)
    #expect(serve.service.queueCount == 3 && serve.service.connectionCount == 64)
  }

  @Test func commands() {
    #expect(parse(["bench", "scoring"] + run).arguments?.command == .benchScoring)
    #expect(parse(["bench"] + run + ["ttft"]).arguments?.command == .benchFirstToken)
    #expect(parse(["bench", "speed"] + run).arguments?.command == .bench)
    #expect(string(parse(["inspect", "m.gguf"]).arguments?.model) == "m.gguf")
    #expect(parse(["plan", "--of", "serve"] + run).arguments?.plannedCommand == .serve)
    #expect(parse(["chat", "--help"]).arguments?.wantsHelp == true)
  }

  @Test(arguments: [
    ["walk"], ["bench", "faster"], ["run", "again"], ["--nonsense"], ["--prompt"],
    ["--profile", "p", "--profile", "q"], ["--profile", "p", "--max-tokens", "1048577"],
    ["--profile", "p", "--max-tokens", "-1"], ["--profile", "p", "--top-p", "1.1"],
    ["--profile", "p", "--seed", "18446744073709551616"], ["--profile", "p", "--stop", ""],
    ["--profile", "p", "--positions", "dense"], ["--profile", "p", "--policy", "best"],
    ["--profile", "p", "--prompt", "x", "--tokens", "y"],
    ["plan", "--profile", "p", "--of", "bench"],
    ["plan", "--profile", "p", "--connections", "3"], ["score", "--profile", "p"], ["pack"],
    ["profile-run", "--profile", "p", "-o", ""], ["probe", "--tune-seconds", "9"],
    ["serve", "--profile", "p", "--alias", ""], ["serve", "--profile", "p", "--system", "x"],
    ["chat", "--profile", "p", "--raw"], ["--profile", "p", "--max-temperature", "29"],
    ["score", "--profile", "p", "--prompt", "x", "--logits", "a", "--json", "a"], [],
  ])
  func mistakes(_ line: [String]) {
    #expect(parse(line).error?.exitCode == .usage, "\(line)")
  }
}
