import Measurement
import Memory
import Platform

/// Where a measurement's report goes, and what the measurement is a part of.
@safe struct BenchTarget {
  let json: UnsafePointer<CChar>?
  let csv: UnsafePointer<CChar>?
  let work: WorkShare

  /// A command of its own.
  init(_ arguments: Arguments) {
    unsafe json = unsafe arguments.jsonFile
    unsafe csv = unsafe arguments.csvFile
    work = WorkShare()
  }

  /// A part, whose report is a file that is valid during the call.
  init(part work: WorkShare, json: UnsafePointer<CChar>) {
    unsafe self.json = unsafe json
    unsafe csv = nil
    self.work = work
  }

  /// A part has no lockdown: the next one maps memory of its own.
  func beginLockdown(
    _ arguments: Arguments, _ needs: LockdownNeeds, _ plan: MemoryPlan
  ) -> Lockdown {
    if !work.isPart { return Lockdown.begin(arguments, needs, plan) }
    openResidentSize()
    return .impossible
  }

  /// Whether the report is to be written: that of a part is there whole, or not at all.
  func takesReport(isInterrupted: Bool) -> Bool { !(work.isPart && isInterrupted) }
}
