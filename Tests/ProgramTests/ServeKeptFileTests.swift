import Foundation
import TestSupport
import Testing

/// `--kept-file` of a service.
@Suite(
  .serialized,
  .enabled(if: Files.canRun, "needs .build/release/edge-infer and the default model"))
struct ServeKeptFileTests {
  private let folder: Folder
  private var path: String { folder.path("kept") }

  init() throws { folder = try Folder() }

  private static func text(_ name: String) -> [String: Any] {
    let prompt = name + String(repeating: " went on and on.", count: 12)
    return ["prompt": prompt, "max_tokens": 8]
  }

  private func options(_ path: String, mib: Int = 64) -> [String] {
    ["--raw", "--kept", "1", "--kept-file", path, "--kept-file-mib", "\(mib)"]
  }

  /// Starts a service, asks for texts, and ends it with SIGTERM.
  /// - Returns: their answers, and the counts of tokens that were kept.
  private func answers(
    _ names: [String], _ options: [String], wrapper: [String] = []
  ) throws -> (texts: [String?], cached: [Int?], hits: Int?, failures: Int?) {
    let service = try RunningService(options, wrapper: wrapper)
    let answers = try names.map { try service.post("/v1/completions", Self.text($0)) }
    let hits = try service.metric("edge_infer_kept_file_hits_total")
    let failures = try service.metric("edge_infer_kept_file_failures_total")
    if wrapper.isEmpty {
      service.program.end(SIGTERM)
    } else {
      let child = try run(["/usr/bin/pgrep", "-P", "\(service.program.identifier)"])
      kill(try #require(pid_t(child.output.split(separator: "\n").first ?? "")), SIGTERM)
    }
    #expect(service.program.finish() == 0, "\(service.program.error)")
    return (answers.map(\.content), answers.map { $0.usage("cached_tokens") }, hits, failures)
  }

  @Test func aNewStartGoesOn() throws {
    let names = ["Tom", "Anna", "The old dog", "Once a bird"]
    let alone = try answers(names, ["--raw", "--kept", "0"])
    let first = try answers(names, options(path))
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    #expect(attributes[.size] as? Int == 64 << 20)
    let second = try answers(names, options(path))
    #expect(first.texts == alone.texts && second.texts == alone.texts)
    #expect(second.cached.allSatisfy { ($0 ?? 0) > 40 }, "\(second.cached)")
    #expect(first.hits == 0 && (second.hits ?? 0) >= 3 && second.failures == 0)
    #expect(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int == 64 << 20)
  }

  @Test(.enabled(if: Files.tool("strace") != nil, "needs strace"))
  func systemCalls() throws {
    let trace = folder.path("trace")
    let strace = [Files.tool("strace")!, "-f", "-o", trace]
    let names = ["Tom", "Anna", "The dog", "Tom"]
    let traced = try answers(names, options(path), wrapper: strace)
    #expect(traced.hits == 1)
    let lines = try String(contentsOfFile: trace, encoding: .utf8).split(separator: "\n")
    let start = try #require(lines.firstIndex { $0.contains("seccomp(") })
    let calls = Set(
      lines[(start + 1)...].compactMap { line -> Substring? in
        let call = line.drop { $0.isNumber }.drop { $0 == " " }.prefix { $0 != "(" }
        return call.allSatisfy { $0.isLowercase || $0 == "_" || $0.isNumber } ? call : nil
      })
    let allowed: Set<Substring> = [
      "accept4", "close", "exit", "exit_group", "futex", "ppoll", "pread64", "pwrite64", "read",
      "write", "rt_sigprocmask", "rt_sigreturn", "shutdown", "clock_gettime", "restart_syscall",
    ]
    #expect(calls.contains("pwrite64") && calls.contains("pread64"))
    #expect(calls.isSubset(of: allowed), "\(calls.subtracting(allowed))")
  }

  /// A disk that fails costs texts, and no answer.
  @Test(.enabled(if: Files.tool("strace") != nil, "needs strace"))
  func aDiskThatFails() throws {
    let names = ["Tom", "Anna", "The dog", "Tom"]
    let alone = try answers(names, ["--raw", "--kept", "0"])
    let fault = [
      Files.tool("strace")!, "-f", "-o", "/dev/null", "-e", "inject=pwrite64:error=EIO:when=2+",
    ]
    // A filter would see the fault as a call that is not allowed.
    let failing = try answers(names, options(path) + ["--no-lockdown"], wrapper: fault)
    #expect(failing.texts == alone.texts)
    #expect(failing.hits == 0 && (failing.failures ?? 0) > 0)
  }

  private func refusal(_ path: String, mib: Int) throws -> (code: Int32, line: String) {
    let outcome = try run(
      [
        Files.program!, "serve", "--profile", Files.hostProfile, "--listen", "127.0.0.1:0",
        "--model", RunningService.anyModel!, "--quiet",
      ] + options(path, mib: mib))
    #expect(outcome.errorLines.count == 1, "\(outcome.error)")
    return (outcome.code, outcome.error)
  }

  @Test func whatIsRefused() throws {
    let link = folder.path("link")
    #expect(symlink("/dev/zero", link) == 0)
    let foreign = try folder.write("foreign", Data("precious".utf8))
    let cases: [(path: String, mib: Int, code: Int32, text: String)] = [
      (folder.path(""), 64, 74, "it is a directory"),
      (link, 64, 74, "it is not a regular file"),
      (folder.path("none/kept"), 64, 66, "no such file"),
      (foreign, 64, 65, "is no file of kept texts"),
      (path, 1_048_576, 74, "cannot take the space"),
      ("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", 64, 74, "cannot open"),
    ]
    for (path, mib, code, text) in cases {
      let refused = try refusal(path, mib: mib)
      #expect(refused.code == code && refused.line.contains(text), "\(refused)")
    }
    #expect(try String(contentsOfFile: foreign, encoding: .utf8) == "precious")
    let model = Files.model!
    let small = try run(
      [Files.program!, "serve", "--profile", Files.hostProfile, "--model", model, "--quiet"]
        + options(path, mib: 1))
    #expect(small.code == 64 && small.error.contains("--kept-file-mib: a text takes up to"))
    #expect(small.errorLines.count == 1, "\(small.error)")
    let service = try RunningService(options(path))
    let second = try refusal(path, mib: 64)
    #expect(second.code == 74 && second.line.contains("another process uses it"))
    withExtendedLifetime(service) {}
  }

  @Test func thePlanNamesIt() throws {
    let command = [
      Files.program!, "plan", "--of", "serve", "--profile", Files.hostProfile, "--model",
      Files.model!, "--budget", "256", "--block", "32",
    ]
    let outcome = try run(command + options(path, mib: 512))
    let line = try #require(outcome.output.split(separator: "\n").first { $0.contains("file of") })
    let numbers = line.split(separator: " ").compactMap { Int($0) }
    #expect(numbers.count == 3 && numbers[0] == 512 << 20, "\(line)")
    #expect(numbers[1] == numbers[0] / numbers[2], "\(line)")
    let report = try run(command + options(path, mib: 512) + ["--json"])
    let object = try JSONSerialization.jsonObject(with: Data(report.output.utf8))
    let planned = (object as? [String: Any])?["keptFile"] as? [String: Int]
    #expect(planned == ["bytes": numbers[0], "textBytes": numbers[2], "texts": numbers[1]])
    #expect(!FileManager.default.fileExists(atPath: path))
    let small = try run(command + options(path, mib: 1))
    #expect(small.code == 64, "\(small.error)")
  }
}
