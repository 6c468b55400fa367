import Model
import Platform
import Tokenizer

/// Counts tokens for the plan.
struct VocabularyCounter: TokenVisitor {
  private var counts: VocabularyCounts
  private var failure: TokenizerError?
  private var hasStart = false
  private var hasEnd = false

  /// Whether the vocabulary has the marks of ChatML.
  var hasChatML: Bool { hasStart && hasEnd }

  init(_ scheme: Scheme) { counts = VocabularyCounts(scheme) }

  mutating func visit(
    index: Int, text: Span<UInt8>, type: Int32, score: Float
  ) -> VisitResult {
    do throws(TokenizerError) {
      try counts.include(token: text, type: type)
      if matches(text, "<|im_start|>") { hasStart = true }
      if matches(text, "<|im_end|>") { hasEnd = true }
      return .next
    } catch {
      failure = error
      return .stop
    }
  }

  mutating func finish(mergeCount: Int) throws(TokenizerError) -> VocabularyCounts {
    if let failure { throw failure }
    try counts.includeMerges(count: mergeCount)
    return counts
  }
}

/// Adds tokens and merges to a vocabulary.
@safe struct VocabularyFiller: TokenVisitor, MergeVisitor {
  private let vocabulary: UnsafeMutablePointer<Vocabulary>
  private(set) var failure: TokenizerError?

  init(_ vocabulary: UnsafeMutablePointer<Vocabulary>) {
    unsafe self.vocabulary = unsafe vocabulary
  }

  mutating func visit(
    index: Int, text: Span<UInt8>, type: Int32, score: Float
  ) -> VisitResult {
    do throws(TokenizerError) {
      unsafe try vocabulary.pointee.addToken(text, type: type, score: score)
      return .next
    } catch {
      failure = error
      return .stop
    }
  }

  mutating func visit(index: Int, text: Span<UInt8>) -> VisitResult {
    do throws(TokenizerError) {
      unsafe try vocabulary.pointee.addMerge(text)
      return .next
    } catch {
      failure = error
      return .stop
    }
  }
}
