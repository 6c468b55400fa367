/// LongBench's way to make a prompt fit (pred.py): of its tokens the first and the last half of
/// those allowed are kept and made text again, before the chat template is put around.
public enum MiddleTruncation {
  /// - Parameters:
  ///   - limit: tokens allowed; a prompt of no more stays as it is.
  ///   - tokens: of a text, without special tokens.
  ///   - text: of tokens.
  public static func shortened(
    _ prompt: String, to limit: Int, tokens: (String) throws -> [Int32],
    text: ([Int32]) -> String
  ) rethrows -> String {
    let all = try tokens(prompt)
    guard all.count > limit else { return prompt }
    let half = limit / 2
    return text(Array(all.prefix(half))) + text(Array(all.suffix(half)))
  }
}
