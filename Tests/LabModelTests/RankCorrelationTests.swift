import LabModel
import Testing

@Suite struct RankCorrelationTests {
  /// By hand: the two 20s take ranks 2 and 3, the three 30s ranks 4 to 6.
  @Test func tiesShareTheMeanRank() {
    #expect(
      RankCorrelation.averageRanks([30, 10, 20, 30, 20, 30]) == [5, 1, 2.5, 5, 2.5, 5])
    #expect(RankCorrelation.averageRanks([]) == [])
  }

  @Test func identicalAndReversedRanks() {
    let values = [0.5, -3, 8, 1e9, 0.25]
    #expect(abs(RankCorrelation.spearman(values, values.map { 2 * $0 + 1 })! - 1) < 1e-15)
    #expect(abs(RankCorrelation.spearman(values, values.map { -$0 })! + 1) < 1e-15)
  }

  /// scipy.stats.spearmanr 1.17.
  @Test func scipysValues() {
    let a = [2.0, 7, 1, 8, 2, 8, 1, 8, 2, 8, 4, 5]
    let b = [3.0, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8]
    #expect(abs(RankCorrelation.spearman(a, b)! - 0.14157968636401572) < 1e-14)
    // By hand, without ties: 1 - 6 Σ d² / (n (n² - 1)) with d = 1, 1, 2, 1, 1, n = 5.
    #expect(abs(RankCorrelation.spearman([1, 2, 3, 4, 5], [2, 2.5, 1.5, 7, 3])! - 0.6) < 1e-15)
  }

  @Test func aConstantHasNone() {
    #expect(RankCorrelation.spearman([1, 1, 1], [1, 2, 3]) == nil)
    #expect(RankCorrelation.spearman([], []) == nil)
  }
}
