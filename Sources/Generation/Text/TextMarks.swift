import Model
import Tokenizer

/// The tokens that a model wants at the ends of a text.
public struct TextMarks {
  private let bos: Int32?
  private let eos: Int32?

  init(_ facts: TokenizerFacts, _ scheme: Scheme) {
    let addsBOS = facts.addsBOS ?? scheme.addsBOS
    bos = if addsBOS, let id = facts.bosID { Int32(id) } else { nil }
    eos = if facts.addsEOS ?? false, let id = facts.eosID { Int32(id) } else { nil }
  }

  /// For a text that an answer follows.
  public var ofPrompt: SequenceMarks { SequenceMarks(bos: bos, eos: nil) }
  public var ofWholeText: SequenceMarks { SequenceMarks(bos: bos, eos: eos) }
}
