/// What is known about a metric by its name.
struct Metric {
  let name: String

  init(_ name: String) { self.name = name }

  /// Begins a chart's title.
  var title: String {
    switch name {
    case "nll": "NLL per token, less is better"
    case "deltaNll": "NLL above full cache"
    case "kl": "Divergence from full cache"
    case "agreement": "Same first choice as full cache"
    case "logProbability": "Log-probability of the answer"
    case "match": "Right answers"
    case "first": "Right at the first number"
    case "exact": "Right answers, word for word"
    case "flexible": "Right answers, by value"
    default: name.prefix(1).uppercased() + name.dropFirst()
    }
  }

  /// With the unit.
  var label: String {
    switch name {
    case "nll": "NLL / nats per token"
    case "deltaNll": "difference / nats per token"
    case "kl": "KL divergence / nats"
    case "agreement": "share of tokens"
    case "logProbability": "log-probability / nats"
    case "match", "first", "exact", "flexible": "share of answers"
    default: name
    }
  }

  /// Those of the least rank are shown first.
  var rank: Int {
    let order = [
      "nll", "ppl", "deltaNll", "kl", "match", "score", "exact", "first", "flexible",
    ]
    return order.firstIndex(of: name) ?? order.count
  }

  /// Whether a table says enough: perplexity has the shape of the likelihood's curve.
  var isOnlyInTable: Bool { ["ppl", "answerTokens"].contains(name) || name.hasPrefix("int8") }

  /// 0 to 1 for shares, and otherwise what the figures need.
  func axis(_ values: [Double]) -> Axis {
    let isShare = values.allSatisfy { (0...1).contains($0) }
    let isOther = ["nll", "deltaNll", "kl", "agreement", "logProbability"].contains(name)
    return Axis(label, isShare && !isOther ? .unit : .linear)
  }
}
