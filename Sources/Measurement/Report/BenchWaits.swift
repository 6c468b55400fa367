import Inference
import Memory
import Platform

/// How long each thread waited for the others at the ends of a block's parts, as the mean of a prompt's runs.
/// What a thread waits for is its own share that ended early, and the barrier itself.
enum BenchWaits {
  static func writeTable(
    _ run: BenchRun, _ prompt: Int, _ machine: borrowing BenchMachine, _ out: inout TextOutput
  ) {
    write("prompt", run, prompt, .prefill, machine, &out)
    write("decode", run, prompt, .decode, machine, &out)
  }

  private static func write(
    _ name: StaticString, _ run: BenchRun, _ prompt: Int, _ phase: BenchPhase,
    _ machine: borrowing BenchMachine, _ out: inout TextOutput
  ) {
    for thread in 0..<machine.layout.threadCount {
      let times = mean(run, prompt, phase, thread, machine)
      if times.total == 0 { continue }
      out.write(spaces: 3)
      out.write(name, width: 8)
      out.write(run[prompt].promptLength, width: 9)
      out.write("   thread ")
      out.write(thread)
      out.write(" waits ")
      writeShare(times.waits.total, times, &out)
      out.write(": linear ")
      writeShare(times.waits.linear, times, &out)
      out.write(", attention ")
      writeShare(times.waits.attention, times, &out)
      out.write(", other ")
      writeShare(times.waits.other, times, &out)
      out.write("\n")
    }
  }

  private static func writeShare(_ part: Int64, _ times: BlockTimes, _ out: inout TextOutput) {
    out.write(100 * Double(part) / Double(times.total), decimals: 1)
    out.write(" %")
  }

  /// A member of a result.
  static func writeJSON(
    _ run: BenchRun, _ prompt: Int, _ machine: borrowing BenchMachine, _ out: inout TextOutput
  ) {
    out.write(" \"waits\": {\"prefill\": ")
    writeThreads(run, prompt, .prefill, machine, &out)
    out.write(", \"decode\": ")
    writeThreads(run, prompt, .decode, machine, &out)
    out.write("},\n")
  }

  private static func writeThreads(
    _ run: BenchRun, _ prompt: Int, _ phase: BenchPhase, _ machine: borrowing BenchMachine,
    _ out: inout TextOutput
  ) {
    out.write("[")
    for thread in 0..<machine.layout.threadCount {
      let times = mean(run, prompt, phase, thread, machine)
      out.write(thread == 0 ? "{\"totalUs\": " : ", {\"totalUs\": ")
      ReportText.writeMicroseconds(times.total, &out)
      out.write(", \"linearUs\": ")
      ReportText.writeMicroseconds(times.waits.linear, &out)
      out.write(", \"attentionUs\": ")
      ReportText.writeMicroseconds(times.waits.attention, &out)
      out.write(", \"otherUs\": ")
      ReportText.writeMicroseconds(times.waits.other, &out)
      out.write("}")
    }
    out.write("]")
  }

  private static func mean(
    _ run: BenchRun, _ prompt: Int, _ phase: BenchPhase, _ thread: Int,
    _ machine: borrowing BenchMachine
  ) -> BlockTimes {
    var times = unsafe machine.layout.memberTimes(prompt, phase)[thread]
    times.divide(by: Int64(max(run[prompt].runCount, 1)))
    return times
  }
}
