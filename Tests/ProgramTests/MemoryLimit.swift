import Foundation
import TestSupport

/// Limits of memory that the system enforces on a program: its address space, and where this machine
/// lets a test make a control group, everything that the kernel charges to it, without swap.
final class MemoryLimit {
  /// What the kernel keeps for a process beside its own pages, which a group is charged for: page
  /// tables (8 bytes for each 4 KiB), stacks of its threads in the kernel, reads that are under way.
  static let kernelByteCount = 2 << 20
  private static let root = "/sys/fs/cgroup"
  private let byteCount: Int
  /// nil where no group could be made.
  private let group: String?

  /// - Parameter byteCount: of the plan: the arena and what the program itself may take.
  init(_ byteCount: Int) {
    self.byteCount = byteCount
    group = Self.makeGroup(byteCount + Self.kernelByteCount)
  }

  deinit {
    guard let group else { return }
    for _ in 0..<50 {
      if rmdir(group) == 0 { return }
      usleep(20_000)
    }
  }

  static let isAvailable = Files.tool("prlimit") != nil

  /// Whether a control group is part of it.
  var hasGroup: Bool { group != nil }

  /// The command under the limits.
  func command(_ command: [String]) -> [String] {
    let limited = [Files.tool("prlimit")!, "--as=\(byteCount)"] + command
    guard let group else { return limited }
    return ["/bin/bash", "-c", "echo $$ >'\(group)/cgroup.procs' && exec \"$0\" \"$@\""] + limited
  }

  private static func makeGroup(_ byteCount: Int) -> String? {
    let name = "edge-infer-\(UUID().uuidString)"
    // Version 2, then version 1: the file of the limit, and that of swap with what it is set to.
    let versions = [
      ("\(root)/\(name)", "memory.max", "memory.swap.max", 0),
      (
        "\(root)/memory/\(name)", "memory.limit_in_bytes", "memory.memsw.limit_in_bytes",
        byteCount
      ),
    ]
    for (path, limit, swap, swapByteCount) in versions {
      let parent = URL(fileURLWithPath: path).deletingLastPathComponent().path
      guard FileManager.default.fileExists(atPath: parent + "/cgroup.procs"),
        mkdir(path, 0o755) == 0
      else { continue }
      if set(path + "/" + limit, byteCount) {
        _ = set(path + "/" + swap, swapByteCount)
        return path
      }
      rmdir(path)
    }
    return nil
  }

  private static func set(_ file: String, _ value: Int) -> Bool {
    guard FileManager.default.fileExists(atPath: file),
      let handle = FileHandle(forWritingAtPath: file)
    else { return false }
    return (try? handle.write(contentsOf: Data("\(value)".utf8))) != nil
  }
}

/// Bytes of the process that a run with these options plans.
func plannedByteCount(_ options: [String]) throws -> Int {
  let plan = try run([Files.program!, "plan", "--json"] + options)
  let json = try JSONSerialization.jsonObject(with: Data(plan.output.utf8)) as! [String: Any]
  return json["totalBytes"] as! Int
}
