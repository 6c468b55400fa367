import Board
import CPlatform
import Generation
import Inference
import Measurement
import Model
import Platform
import Profile
import Tokenizer

/// Why a command ends before it is done: what the error is about, and what is wrong. The entry
/// writes it as one line and ends the program with its exit code.
struct CommandFailure: Error {
  let subject: FailureSubject
  let reason: FailureReason

  @inline(never)
  init(_ reason: FailureReason, about subject: FailureSubject = .nothing) {
    self.reason = reason
    self.subject = subject
  }

  /// A sentence that says all.
  @inline(never)
  init(_ code: ExitCode, _ text: StaticString) { self.init(.text(code, text)) }

  /// About a file.
  @inline(never)
  init(_ reason: FailureReason, path: UnsafePointer<CChar>) {
    self.init(reason, about: .file(unsafe Excerpt(cString: path)))
  }

  /// An end that needs no line, or of which one has been written.
  @inline(never)
  init(_ code: ExitCode) { self.init(.silent(code)) }

  /// The end of a command that SIGINT or SIGTERM ended, when all of its outputs have been written.
  @inline(never)
  static var byInterrupt: CommandFailure {
    CommandFailure(Interrupt.signal == SIGTERM ? .terminated : .interrupted)
  }

  var code: ExitCode { reason.exitCode }

  /// The line of the error; nothing if it needs none.
  func write(to out: inout TextOutput) {
    if case .silent = reason { return }
    out.write("edge-infer: ")
    subject.write(to: &out)
    reason.write(to: &out)
    out.write("\n")
    out.flush()
  }
}

extension CommandFailure {
  /// - Parameter emptyText: says that there is no token.
  @inline(never)
  init<Failure: PromptFailure>(
    _ failure: GenerationFailure<Failure>, _ subject: FailureSubject,
    ifEmpty emptyText: StaticString
  ) {
    switch failure {
    case .source(let error): self.init(error.reason, about: subject)
    case .pass(let failure): self.init(failure)
    case .emptyPrompt: self.init(.malformedData, emptyText)
    }
  }

  /// - Parameter path: of the model.
  @inline(never)
  init(_ failure: LoadFailure, _ path: ModelPath) {
    switch failure {
    case .file(let failure): self.init(.textLayer(failure), path)
    case .refused(let failure): self.init(FailureReason.refused(failure))
    }
  }

  @inline(never)
  init(_ reason: FailureReason, _ path: ModelPath) {
    self.init(reason, about: unsafe path.withPointer { .file(unsafe Excerpt(cString: $0)) })
  }

  @inline(never)
  init(_ failure: PassFailure) {
    switch failure {
    case .cacheFull(let full): self.init(FailureReason.cacheFull(full))
    case .numbers(let fault): self.init(FailureReason.numbers(fault))
    }
  }
}

/// Why a prompt could not be read.
protocol PromptFailure: Error {
  var reason: FailureReason { get }
}

extension TokenizerError: PromptFailure {
  var reason: FailureReason { .tokenizer(self) }
}

extension TokenFileError: PromptFailure {
  var reason: FailureReason { .tokens(self) }
}

/// What an error line begins with.
enum FailureSubject {
  case nothing
  case file(Excerpt)
  /// An input or output that has no path.
  case name(StaticString)

  /// A prompt's file, standard input for `-`, or the command line if there is no path.
  @inline(never)
  static func prompt(_ path: UnsafePointer<CChar>?) -> FailureSubject {
    guard let path = unsafe path else { return .name("the prompt") }
    return unsafe isEqual(path, "-") ? .name("standard input") : .file(Excerpt(cString: path))
  }

  func write(to out: inout TextOutput) {
    switch self {
    case .nothing: return
    case .file(let path): out.write(quoted: path)
    case .name(let name): out.write(name)
    }
    out.write(": ")
  }
}

/// What is wrong: the error of the module that found it.
enum FailureReason {
  case silent(ExitCode)
  case text(ExitCode, StaticString)
  case system(SystemFailure)
  /// Memory or threads that the system does not give.
  case refused(SystemFailure)
  case usage(UsageError)
  case profile(ProfileError)
  case board(BoardError)
  case model(ModelError)
  case textLayer(TextFailure)
  case tokenizer(TokenizerError)
  case tokens(TokenFileError)
  /// The variables of a chat template.
  case variables(VariableFault)
  case savedCache(SnapshotError)
  case headShares(HeadSharesError)
  case cacheFull(CacheFull)
  case numbers(NumberFault)
  /// The plan is larger than the cap.
  case overCap(FitAdvice)
  /// The file of kept texts has no room for one.
  case keptFile(slotByteCount: Int)
  /// Renumbered positions need more than the trained length.
  case positions(needed: Int, contextLength: Int)
  case request(BenchRequestError)
  case measurement(MeasurementError)
  case health(HealthError)
  case runFolder(RunFolderError)
  /// A name of `--shape` that is in no catalogue.
  case shape(Excerpt)

  var exitCode: ExitCode {
    switch self {
    case .silent(let code), .text(let code, _): code
    case .system(let failure): failure.exitCode
    case .refused: .systemRefused
    case .usage(let error): error.exitCode
    case .profile(let error): error.exitCode
    case .board(let error): error.exitCode
    case .model(let error): error.exitCode
    case .textLayer(let error): error.exitCode
    case .tokenizer(let error): error.exitCode
    case .tokens(let error): error.exitCode
    case .variables(let error): error.exitCode
    case .savedCache(let error): error.exitCode
    case .headShares(let error): error.exitCode
    case .cacheFull(let full): full.exitCode
    case .numbers(let fault): fault.exitCode
    case .overCap, .positions: .configuration
    case .keptFile: .usage
    case .request(let error): error.exitCode
    case .measurement(let error): error.exitCode
    case .health(let error): error.exitCode
    case .runFolder(let error): error.exitCode
    case .shape: .usage
    }
  }

  func write(to out: inout TextOutput) {
    switch self {
    case .silent: break
    case .text(_, let text): out.write(text)
    case .system(let failure): failure.write(to: &out)
    case .refused(let failure): failure.writeRefusal(to: &out)
    case .usage(let error): error.write(to: &out)
    case .profile(let error): error.write(to: &out)
    case .board(let error): error.write(to: &out)
    case .model(let error): error.write(to: &out)
    case .textLayer(let error): error.write(to: &out)
    case .tokenizer(let error): error.write(to: &out)
    case .tokens(let error): error.write(to: &out)
    case .variables(let error): error.write(to: &out)
    case .savedCache(let error): error.write(to: &out)
    case .headShares(let error): error.write(to: &out)
    case .cacheFull(let full): full.write(to: &out)
    case .numbers(let fault): fault.write(to: &out)
    case .overCap(let advice): advice.write(to: &out)
    case .positions(let needed, let contextLength):
      out.write("--positions compact: --budget and --block together are ")
      out.write(needed)
      out.write(", expected at most the model's trained length of ")
      out.write(contextLength)
    case .keptFile(let slotByteCount):
      out.write("--kept-file-mib: a text takes up to ")
      out.write(slotByteCount)
      out.write(" bytes, expected at least ")
      out.write((slotByteCount + 1_048_575) >> 20)
    case .request(let error): error.write(to: &out)
    case .measurement(let error): error.write(to: &out)
    case .health(let error): error.write(to: &out)
    case .runFolder(let error): error.write(to: &out)
    case .shape(let name):
      out.write("--shape: ")
      out.write(quoted: name)
      PublishedShape.writeNames(to: &out)
    }
  }
}
