import CPlatform
import Inference
import Measurement
import Memory
import Model
import Platform
import Profile

/// `profile-run`: the measurements of a board, one after the other, each in a file of a folder.
func profileRunCommand(_ arguments: Arguments, _ console: inout Console) throws(CommandFailure) {
  let settings = try Settings(arguments, &console)
  var requests = ProfileRunRequests(settings.profile, isQuick: arguments.isQuick)
  try requests.fit(settings, arguments, &console)
  let plan = BenchPlan(
    settings.measurement, try BenchModel(arguments, settings, &console), requests.speed)
  do throws(MeasurementError) { try plan.checkCap() } catch {
    throw CommandFailure(error, arguments, settings)
  }
  let folder = try openFolder(plan, settings, arguments)
  Interrupt.listen()
  let run = ProfileRun(settings, requests, folder, arguments)
  for index in 0..<ProfileRunPart.count {
    let part = ProfileRunPart(rawValue: index)!
    if folder.has(part) {
      run.write(part, "done before", &console)
    } else {
      try run.measure(part, &console)
    }
  }
  if arguments.isQuiet { return }
  console.error.write("   done: edge-lab plot ")
  folder.writeName(to: &console.error)
  console.error.write(" draws it\n")
  console.error.flush()
}

private func openFolder(
  _ plan: borrowing BenchPlan, _ settings: Settings, _ arguments: Arguments
) throws(CommandFailure) -> RunFolder {
  let identity = RunIdentity(settings.measurement, plan.model, isQuick: arguments.isQuick)
  do throws(RunFolderError) {
    return unsafe try RunFolder(
      arguments.output!, identity, settings.measurement, plan.model)
  } catch {
    throw CommandFailure(.runFolder(error))
  }
}

extension ProfileRunRequests {
  /// Takes away the largest caches of the policies' cost until what is left is below the cap.
  fileprivate mutating func fit(
    _ settings: Settings, _ arguments: Arguments, _ console: inout Console
  ) throws(CommandFailure) {
    let model = try BenchModel(arguments, settings, fallback: .smolLM2At135M, &console)
    var plan = PolicyCostPlan(settings.measurement, model, policyCost)
    plan.fit()
    policyCost = plan.request
  }
}

/// The parts of one run, and where they are in it.
private struct ProfileRun {
  private let settings: Settings
  private let requests: ProfileRunRequests
  private let folder: RunFolder
  private let arguments: Arguments
  private let start = Instant.now()
  /// Of the parts that were not there.
  private var workOfAll = 0.0
  private var isDoneBefore = InlineArray<4, Bool>(repeating: false)

  init(
    _ settings: Settings, _ requests: ProfileRunRequests, _ folder: RunFolder,
    _ arguments: Arguments
  ) {
    self.settings = settings
    self.requests = requests
    self.folder = folder
    self.arguments = arguments
    for index in 0..<ProfileRunPart.count {
      let part = ProfileRunPart(rawValue: index)!
      isDoneBefore[index] = folder.has(part)
      if !isDoneBefore[index] { workOfAll += requests.work(part) }
    }
  }

  private func share(_ part: ProfileRunPart) -> WorkShare {
    var before = 0.0
    for index in 0..<part.rawValue where !isDoneBefore[index] {
      before += requests.work(ProfileRunPart(rawValue: index)!)
    }
    return WorkShare(
      part.name, number: part.rawValue + 1, of: ProfileRunPart.count, start: start,
      before: before, own: requests.work(part), all: workOfAll)
  }

  /// `3 of 4, scoring: …`
  func write(_ part: ProfileRunPart, _ text: StaticString, _ console: inout Console) {
    if arguments.isQuiet { return }
    console.error.write("\n   part ")
    console.error.write(part.rawValue + 1)
    console.error.write(" of ")
    console.error.write(ProfileRunPart.count)
    console.error.write(", ")
    console.error.write(part.name)
    console.error.write(": ")
    console.error.write(text)
    console.error.write("\n")
    console.error.flush()
  }

  /// The same routine as that of the command which measures it alone. An interrupt leaves no file of
  /// the part.
  func measure(_ part: ProfileRunPart, _ console: inout Console) throws(CommandFailure) {
    write(part, "at work", &console)
    resetPeakResident()
    unsafe try folder.withPath(of: part) { (path) throws(CommandFailure) in
      let target = unsafe BenchTarget(part: share(part), json: path)
      switch part {
      case .memory: unsafe try writePlan(path, &console)
      case .speed:
        try measureSpeed(requests.speed, settings, target, arguments, &console)
      case .scoring:
        try measurePolicyCost(requests.policyCost, settings, target, arguments, &console)
      case .ttft:
        try measureFirstToken(requests.firstToken, settings, target, arguments, &console)
      }
    }
    if Interrupt.isRaised { throw .byInterrupt }
  }

  /// The plan of `run --raw` with the model's file, which may lack a chat template; of made-up weights
  /// that of the speed.
  private func writePlan(
    _ path: UnsafePointer<CChar>, _ console: inout Console
  ) throws(CommandFailure) {
    let speed = BenchPlan(
      settings.measurement, try BenchModel(arguments, settings, &console), requests.speed)
    var plan = speed.memory
    if speed.model.published == nil {
      let needs = ProgramNeeds(
        logitRowCount: 1, generatedCount: Arguments.maxTokensDefault, usesText: true,
        usesTemplate: false, mayLackText: true, sampling: arguments.sampling.settings,
        proposes: true)
      plan = try Preparation(arguments, settings, needs).plan
    }
    let cap = settings.profile.ramCapByteCount
    if !arguments.isQuiet { PlanTable.write(plan, capByteCount: cap, to: &console.error) }
    var file = unsafe try Report.open(path, &console)
    PlanTable.writeReport(plan, capByteCount: cap, to: &file.text)
    unsafe try Report.commit(&file, path, &console)
  }
}
