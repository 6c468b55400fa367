import Model
import Tokenizer

/// The tokens that end an answer: the file names them by their ids, or they are known by their texts.
public struct AnswerEnds {
  /// -1 where the file names none.
  private let ids: InlineArray<6, Int>

  @export(interface)
  public init(_ facts: TokenizerFacts) {
    ids = [
      facts.eosID ?? -1, facts.eotID ?? -1, facts.eomID ?? -1, facts.fimPadID ?? -1,
      facts.fimRepositoryID ?? -1, facts.fimSeparatorID ?? -1,
    ]
  }

  private init() { ids = InlineArray(repeating: -1) }

  /// For tokens that mean nothing, as those of made-up weights.
  public static var none: AnswerEnds { AnswerEnds() }

  /// One of the ids that the file names; -1 if it names fewer.
  func id(_ index: Int) -> Int32 { Int32(truncatingIfNeeded: ids[index]) }

  /// - Parameter vocabulary: nil where only ids are known.
  public func contains(_ token: Int32, _ vocabulary: UnsafeMutablePointer<Vocabulary>?) -> Bool {
    for index in 0..<6 where Int(token) == ids[index] { return true }
    return unsafe vocabulary?.pointee.endsGeneration(token) ?? false
  }
}
