/// Spearman's rank correlation.
public enum RankCorrelation {
  /// Ranks from 1; equal values share the mean of the ranks they take.
  public static func averageRanks(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    var first = 0
    while first < order.count {
      var last = first
      while last + 1 < order.count && values[order[last + 1]] == values[order[first]] { last += 1 }
      for place in first...last { ranks[order[place]] = Double(first + last) / 2 + 1 }
      first = last + 1
    }
    return ranks
  }

  /// Pearson's correlation of the average ranks; nil if one side has a single value only.
  public static func spearman(_ a: [Double], _ b: [Double]) -> Double? {
    precondition(a.count == b.count)
    return pearson(averageRanks(a), averageRanks(b))
  }

  private static func pearson(_ a: [Double], _ b: [Double]) -> Double? {
    let meanA = a.reduce(0, +) / Double(a.count)
    let meanB = b.reduce(0, +) / Double(b.count)
    var (products, squaresA, squaresB) = (0.0, 0.0, 0.0)
    for index in a.indices {
      let (x, y) = (a[index] - meanA, b[index] - meanB)
      products += x * y
      squaresA += x * x
      squaresB += y * y
    }
    if squaresA == 0 || squaresB == 0 { return nil }
    return min(max(products / (squaresA.squareRoot() * squaresB.squareRoot()), -1), 1)
  }
}
