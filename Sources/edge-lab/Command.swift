/// A command of edge-lab. To add one:
///
///  1. a file `<Name>Command.swift` with a struct that conforms to this protocol: `init` checks the
///     arguments and throws `LabFailure.usage` where they are wrong, `run` does the work;
///  2. its type in `commandList`, in CommandList.swift.
///
/// Dispatch, `--help` and exit codes follow from that. A command that asks a model questions takes
/// `Evaluation.options` into its options, makes an `Evaluation` of the arguments and `TaskItem`s of
/// its data, and lets `TaskRunner` do the rest:
///
///     struct NeedleCommand: Command {
///       static let name = "needle"
///       static let summary = "finds a sentence in a long text: length x depth x policy x budget"
///       static let options = Evaluation.options + [LabOption("--depths", "LIST", "…")]
///       private let evaluation: Evaluation
///
///       init(_ arguments: LabArguments) throws {
///         try arguments.requireNoOperands()
///         evaluation = try Evaluation(arguments)
///       }
///
///       func run() throws {
///         let text = try evaluation.openText()
///         let items: [TaskItem] = …       // text.encode and text.decode cut texts to a length
///         let lines = try TaskRunner(evaluation, text).run(task: Self.name, items)
///         evaluation.write(Summary(lines, by: ["length", "depth"], scores: ["exact"]))
///       }
///     }
///
/// A cell that is no question (`nll`, `geometry`) is a `Job` of its own: see `Runner`.
protocol Command: SendableMetatype {
  /// The word on the command line.
  static var name: String { get }
  /// One line, for the list of commands.
  static var summary: String { get }
  /// More about it for its `--help`; empty for nothing.
  static var details: String { get }
  /// What follows the options in the usage line, such as `FILE…`; empty for nothing.
  static var operands: String { get }
  /// Without `--help`, which every command has.
  static var options: [LabOption] { get }

  init(_ arguments: LabArguments) throws
  func run() throws
}

extension Command {
  static var details: String { "" }
  static var operands: String { "" }
}
