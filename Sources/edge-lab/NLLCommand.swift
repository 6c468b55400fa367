import LabResults

/// `nll`: the likelihood of a text under each policy, budget and block.
struct NLLCommand: Command {
  static let name = "nll"
  static let summary =
    "likelihood of a text as it streams through the cache, against the full cache"
  static let details = """
    nll        mean of -log p(token | tokens before), in nats; ppl is its exponential
    deltaNll   nll less that of the full cache on the same tokens
    kl         KL(full || policy) of the next token's distributions, in nats
    agreement  share of positions where both have the same likeliest next token
    int8…      with --float: the runtime with a full cache against the float32 model; file… with
               --weights file

    Standard errors stand behind ±, from 450 tokens on. Tokens depend on their neighbours, so that the
    errors are those of the means of 128 consecutive tokens each. Result lines have the curves too, a
    value a block.
    """
  static let options =
    ScoredText.options + [
      LabOption("--alone", "no full cache beside each policy: no KL and agreement, half the time"),
      LabOption("--float", "the float32 model too, and how far the runtime is from it"),
    ]
    + Evaluation.textOptions

  private let arguments: LabArguments
  private let evaluation: Evaluation

  init(_ arguments: LabArguments) throws {
    try arguments.requireNoOperands()
    try ScoredText.check(arguments, isNeeded: true)
    self.arguments = arguments
    evaluation = try Evaluation(
      arguments, Evaluation.Defaults(budgets: [.count(512), .count(1024), .count(2048)]))
  }

  func run() throws {
    let text = try evaluation.openText()
    guard let scored = try ScoredText(arguments, text) else { return }
    let runner = LikelihoodRunner(
      evaluation, text, scored, compares: !arguments.has("--alone"))
    let lines = try runner.run(evaluation.keys(text), measuresFloat: arguments.has("--float"))
    var scores = ["nll", "ppl"]
    if !arguments.has("--alone") { scores += ["deltaNll", "kl", "agreement"] }
    let name = text.weightsName
    if arguments.has("--float") { scores += [name + "DeltaNll", name + "KL", name + "Agreement"] }
    evaluation.write(
      Summary(lines, by: ["length"], scores: scores, decimals: ["nll": 5, "kl": 5, name + "KL": 5]))
  }
}
