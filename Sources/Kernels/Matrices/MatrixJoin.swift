/// Up to three matrices that read one input and whose outputs lie side by side: one if they have the
/// same format, else each by itself.
public struct MatrixJoin: BitwiseCopyable {
  public typealias Parts = InlineArray<3, WeightMatrix>
  private let parts: Parts
  public let partCount: Int

  public init(_ matrix: WeightMatrix) {
    parts = Parts(repeating: matrix)
    partCount = 1
  }

  /// The outputs of the first must be whole groups on every processor (`outputMultiple`).
  public init(_ first: WeightMatrix, _ second: WeightMatrix) {
    precondition(first.outputCount % Self.outputMultiple == 0)
    parts = [first, second, second]
    partCount = 2
  }

  /// The outputs of the first two must be whole groups on every processor (`outputMultiple`).
  public init(_ first: WeightMatrix, _ second: WeightMatrix, _ third: WeightMatrix) {
    precondition(first.outputCount % Self.outputMultiple == 0)
    precondition(second.outputCount % Self.outputMultiple == 0)
    parts = [first, second, third]
    partCount = 3
  }

  /// A multiple of the outputs of a group in all builds.
  public static var outputMultiple: Int { 32 }

  public func part(_ index: Int) -> WeightMatrix { parts[index] }

  /// The part in which an output of the join lies, and its number there.
  @export(interface)
  public func part(of output: Int) -> (matrix: WeightMatrix, output: Int) {
    var rest = output
    for index in 0..<partCount - 1 {
      if rest < parts[index].outputCount { return (parts[index], rest) }
      rest -= parts[index].outputCount
    }
    return (parts[partCount - 1], rest)
  }

  public var k: Int { parts[0].k }

  public var forms: RoundingForms {
    var forms = parts[0].format.form
    for index in 1..<3 { forms.formUnion(parts[index].format.form) }
    return forms
  }

  public var groupCount: Int {
    var count = 0
    for index in 0..<partCount { count += parts[index].groupCount }
    return count
  }
}
