import KVCache
import Platform
import Profile

/// Policies with commas between their names, from the command line.
public struct PolicyList: Sendable {
  public static let countMax = 16
  /// What the list is for.
  public enum Purpose: Sendable {
    /// Policies of a run.
    case running
    /// Policies that have a cost beyond that of `full`, and KeyDiff in both of its forms.
    case cost
  }

  private var policies = InlineArray<16, MeasuredPolicy>(repeating: MeasuredPolicy(.full))
  public private(set) var count = 0

  /// In the order of the command line.
  public subscript(index: Int) -> MeasuredPolicy { policies[index] }

  var span: Span<MeasuredPolicy> {
    @_lifetime(borrow self)
    borrowing get { policies.span.extracting(0..<count) }
  }

  public init(_ policy: Policy) { append(MeasuredPolicy(policy)) }

  /// - Parameter text: names, or `all`.
  @export(interface)
  public init(
    _ text: UnsafePointer<CChar>, for purpose: Purpose
  ) throws(BenchRequestError) {
    if matches(unsafe cStringSpan(text), "all") {
      for index in 0..<Self.namedCount {
        if let policy = Self.named(index, for: purpose) { append(policy) }
      }
    } else if unsafe !read(text, for: purpose) {
      throw .policies(unsafe Excerpt(cString: text), purpose)
    }
  }

  /// Leaves out policies that are there already.
  init<let policyCount: Int>(_ all: InlineArray<policyCount, Policy>) {
    for index in 0..<policyCount where !contains(all[index]) {
      append(MeasuredPolicy(all[index]))
    }
  }

  /// All that cost a block more than `full` does.
  static var measured: PolicyList {
    var list = PolicyList()
    for index in 0..<namedCount {
      if let policy = named(index, for: .cost) { list.append(policy) }
    }
    return list
  }

  private init() {}

  private func contains(_ policy: Policy) -> Bool {
    for index in 0..<count where policies[index].policy == policy { return true }
    return false
  }

  private mutating func append(_ policy: MeasuredPolicy) {
    policies[count] = policy
    count += 1
  }

  /// - Returns: whether all of the text is such a list.
  private mutating func read(_ text: UnsafePointer<CChar>, for purpose: Purpose) -> Bool {
    let names = unsafe cStringSpan(text)
    var start = 0
    for index in 0...names.count
    where index == names.count || names[index] == UInt8(ascii: ",") {
      guard count < Self.countMax,
        let policy = Self.policy(names.extracting(start..<index), for: purpose)
      else { return false }
      append(policy)
      start = index + 1
    }
    return true
  }

  private static func policy(_ name: Span<UInt8>, for purpose: Purpose) -> MeasuredPolicy? {
    for index in 0..<namedCount {
      if let policy = named(index, for: purpose), matches(name, policy.name) { return policy }
    }
    return nil
  }

  /// KeyDiff's second form stands behind its first.
  private static var namedCount: Int { Policy.count + 1 }

  private static func named(_ index: Int, for purpose: Purpose) -> MeasuredPolicy? {
    let alone = Policy.keydiff.rawValue + 1
    if index == alone { return purpose == .cost ? MeasuredPolicy(.keydiff, .alone) : nil }
    guard let policy = Policy(rawValue: index > alone ? index - 1 : index) else { return nil }
    return policy == .full && purpose == .cost ? nil : MeasuredPolicy(policy)
  }

  /// What stands behind a text that is no such list.
  static func writeNames(for purpose: Purpose, to out: inout TextOutput) {
    out.write(" is no list of at most ")
    out.write(countMax)
    out.write(" policies; there are all")
    for index in 0..<namedCount {
      guard let policy = named(index, for: purpose) else { continue }
      out.write(", ")
      out.write(policy.name)
    }
  }
}
