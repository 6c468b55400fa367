import Foundation
import TestSupport
import Testing

/// Memory does not depend on the prompt, and nothing asks for more once the arena is sealed.
@Suite(
  .serialized, .enabled(if: Files.canRun, "needs .build/release/edge-infer and the default model"))
struct BoundTests {
  private let folder: Folder

  init() throws { folder = try Folder() }

  /// Sentences of plain English, about `tokenCount` tokens: 11 tokens a sentence.
  static func text(tokenCount: Int) -> Data {
    let sentences = [
      "The river runs past the old mill and the town.",
      "Nobody had seen the letter before it was read.",
      "A small board can answer a long question slowly.",
      "Every block of the prompt leaves the same memory.",
    ]
    var text = ""
    for index in 0..<tokenCount / 11 { text += sentences[index % sentences.count] + "\n" }
    return Data(text.utf8)
  }

  @Test(.enabled(if: Files.tool("strace") != nil, "needs strace"))
  func noMemorySystemCallAfterSealing() throws {
    let prompt = try folder.write("prompt.txt", Self.text(tokenCount: 1_000))
    try checkTrace(of: [
      "--profile", Files.hostProfile, "--raw", "--prompt-file", prompt, "--budget", "256",
      "--max-tokens", "16", "--report", folder.path("report.json"),
    ])
  }

  @Test(.enabled(if: Files.tool("strace") != nil, "needs strace"))
  func noMemorySystemCallAfterSealingInBench() throws {
    try checkTrace(of: [
      "bench", "--profile", Files.hostProfile, "--shape", "smollm2-135m", "--prompt", "300,40",
      "--budget", "128", "--generate", "4", "--repeat", "2", "--json", folder.path("bench.json"),
    ])
  }

  /// Runs the program under strace and reads what it asked of the system after sealing.
  private func checkTrace(of arguments: [String]) throws {
    let trace = folder.path("trace")
    let outcome = try run(
      [Files.tool("strace")!, "-f", "-s", "160", "-o", trace, Files.program!] + arguments)
    #expect(outcome.code == 0, "\(outcome.error)")
    let lines = try String(contentsOfFile: trace, encoding: .utf8).split(separator: "\n")
    let seal = try #require(lines.firstIndex { $0.contains("memory sealed in") })
    // The trace does see such calls: they stand before the seal.
    #expect(lines[..<seal].contains { $0.contains(" mmap(") })
    #expect(lines[..<seal].contains { $0.contains(" clone") })
    #expect(lines[..<seal].contains { $0.contains(" prctl(PR_SET_NO_NEW_PRIVS, 1") })
    #expect(lines[..<seal].contains { $0.contains(" seccomp(") && $0.hasSuffix(" = 0") })
    let allowed: Set = [
      "write", "read", "futex", "close", "fsync", "renameat", "getrusage", "pread64", "exit",
      "exit_group", "rt_sigprocmask",
    ]
    for line in lines[lines.index(after: seal)...] {
      guard let name = Self.systemCall(line) else { continue }
      #expect(allowed.contains(name), "\(line)")
    }
  }

  /// The call's name in a line of strace: `PID name(…`, with more spaces after a short PID; nil for
  /// the end of an interrupted call.
  private static func systemCall(_ line: Substring) -> String? {
    let call = line.drop { $0 != " " }.drop { $0 == " " }
    guard let parenthesis = call.firstIndex(of: "("), !call.hasPrefix("<"), !call.hasPrefix("+")
    else { return nil }
    return String(call[..<parenthesis])
  }
}
