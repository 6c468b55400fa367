import Constraint
import Generation
import Text

/// Why an answer cannot be bound, as a sentence.
struct BindingFault: ByteSink, Sendable {
  private(set) var text = FixedText<257>()

  mutating func write(byte: UInt8) { text.append(byte) }
}

// Answers that must be something.
extension ServiceLoop where Host: ~Copyable {
  /// Binds the answer to what the request asks for, if it asks for anything.
  mutating func bindAnswer(_ generator: inout Generator) throws(ServiceFailure) {
    let hasRoom = generator.constraint != nil
    guard let kind = table[served.index].settings.binding else {
      if hasRoom { generator.constraint!.text.clear() }
      return
    }
    bindingFault = BindingFault()
    // Free answers may still have calls in them.
    if !hasRoom && kind == .tools && table[served.index].settings.toolChoice == .auto { return }
    if !hasRoom {
      bindingFault.write("answers are not bound by this service: --grammar-kib is 0")
      throw .binding
    }
    do throws(ConstraintError) {
      try bind(kind, &generator.constraint!.text)
    } catch {
      generator.constraint!.text.write(error, to: &bindingFault)
      generator.constraint!.text.clear()
      throw .binding
    }
  }

  /// Reads the schema or grammar from the body that is stored.
  private func bind(
    _ kind: BindingKind, _ constraint: inout Constraint
  ) throws(ConstraintError) {
    var reader = BindingReader(kind)
    reader.begin(&constraint)
    repeat {
      var place = StoredPlace()
      while true {
        let piece = unsafe table.bodies.blocks.piece(of: table[served.index].body, at: &place)
        if piece.count == 0 { break }
        try unsafe reader.take(piece.span, &constraint)
      }
    } while try reader.beginAgain(&constraint)
    try reader.finish(&constraint, table[served.index].settings, prompt.toolFamily)
  }
}
