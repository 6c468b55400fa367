import Text

/// A schema or grammar while its bytes come in pieces.
public struct BindingText {
  private let isGrammar: Bool
  private var json = JSONTokenizer()

  public init(isGrammar: Bool) { self.isGrammar = isGrammar }

  @export(interface)
  public func begin(_ constraint: inout Constraint) {
    if isGrammar { constraint.beginGrammar() } else { constraint.beginSchema() }
  }

  @export(interface)
  public mutating func take(
    _ bytes: Span<UInt8>, _ constraint: inout Constraint
  ) throws(ConstraintError) {
    var offset = 0
    while offset < bytes.count {
      if isGrammar {
        try constraint.append(bytes[offset])
        offset += 1
        continue
      }
      let event: JSONTokenizer.Event
      do throws(JSONFault) {
        event = try json.next(bytes, at: &offset)
      } catch {
        throw ConstraintError(.json, 0)
      }
      try constraint.take(event, bytes)
    }
  }

  /// All bytes have come. Answers are bound from now on.
  @export(interface)
  public func finish(_ constraint: inout Constraint) throws(ConstraintError) {
    if isGrammar { try constraint.finishGrammar() } else { try constraint.finishSchema() }
  }
}
