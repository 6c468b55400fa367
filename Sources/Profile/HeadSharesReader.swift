import Platform
import Text

/// What is wrong with a file of head budgets.
public enum HeadSharesError: LineError {
  case syntax(JSONError)
  case field(HeadSharesFault, line: Int)
  case missingField(StaticString)
  /// The file is of a model of other layers or heads: the first layer that differs.
  case otherLayers(found: Int, expected: Int)
  case otherHeads(layer: Int, found: Int, expected: Int)
  /// The layers are alike, and the model is another one.
  case otherModel
  /// A head gets fewer slots than the tokens that are never evicted.
  case tooFewSlots(Int, retained: Int)

  public var exitCode: ExitCode { .malformedData }
}

public enum HeadSharesFault: Sendable {
  case unknown, repeated, mark, share, tooManyLayers, tooManyHeads, allZero, text
}

extension HeadSharesError {
  @export(interface)
  public func write(to out: inout TextOutput) {
    switch self {
    case .syntax(let error): error.write(to: &out)
    case .field(let fault, let line):
      out.write("line ")
      out.write(line)
      out.write(": ")
      out.write(fault.sentence)
    case .missingField(let name):
      out.write(name)
      out.write(" is missing; edge-lab budgets writes these files")
    case .otherLayers(let found, let expected):
      out.write("head budgets for a model of ")
      out.write(found)
      out.write(" layers; this model has ")
      out.write(expected)
    case .otherHeads(let layer, let found, let expected):
      out.write("head budgets for ")
      out.write(found)
      out.write(" KV heads in layer ")
      out.write(layer)
      out.write("; this model has ")
      out.write(expected)
    case .tooFewSlots(let count, let retained):
      out.write("gives a head ")
      out.write(count)
      out.write(" slots, fewer than the ")
      out.write(retained)
      out.write(" of --sinks and --recent; take a larger --budget")
    case .otherModel: out.write("head budgets that were made for another model")
    }
  }
}

extension HeadSharesFault {
  fileprivate var sentence: StaticString {
    switch self {
    case .unknown: "there is no such field; there are model, name, rule, data, settings and shares"
    case .repeated: "the field is given a second time; remove one"
    case .mark: "model is not a string of 16 hexadecimal digits"
    case .share: "a share is not a whole number, 0 to 64000 thousandths of the mean budget"
    case .tooManyLayers: "more than 256 layers"
    case .tooManyHeads: "more than 6144 heads"
    case .allZero: "all shares are 0"
    case .text: "the value is not a string"
    }
  }
}

/// Reads a file of head budgets: a JSON object with the model's mark, what the shares come from, and for
/// each layer a list of its heads' shares.
struct HeadSharesReader: ~Escapable {
  private enum Field: Int {
    case model, name, rule, data, settings, shares
    static let count = 6

    var name: StaticString {
      switch self {
      case .model: "model"
      case .name: "name"
      case .rule: "rule"
      case .data: "data"
      case .settings: "settings"
      case .shares: "shares"
      }
    }
  }

  private var scanner: JSONScanner
  private var found = InlineArray<6, Bool>(repeating: false)

  @_lifetime(copy json)
  init(_ json: Span<UInt8>) throws(HeadSharesError) {
    do { scanner = try JSONScanner(json) } catch { throw .syntax(error) }
  }

  mutating func read(into shares: inout HeadShares) throws(HeadSharesError) {
    var name = FixedText<97>()
    do { try scanner.beginObject() } catch { throw .syntax(error) }
    while try nextMember(&name) {
      guard !name.isCut, let field = Self.field(name.bytes) else { throw fault(.unknown) }
      if found[field.rawValue] { throw fault(.repeated) }
      found[field.rawValue] = true
      switch field {
      case .model: shares.modelMark = try readMark()
      case .shares: try readLayers(into: &shares)
      default: try readText()
      }
    }
    do { try scanner.finish() } catch { throw .syntax(error) }
    for index in 0..<Field.count where !found[index] {
      throw .missingField(Field(rawValue: index)!.name)
    }
  }

  private static func field(_ name: Span<UInt8>) -> Field? {
    for index in 0..<Field.count {
      if let field = Field(rawValue: index), matches(name, field.name) { return field }
    }
    return nil
  }

  private func fault(_ fault: HeadSharesFault) -> HeadSharesError {
    .field(fault, line: scanner.line)
  }

  private mutating func nextMember(_ name: inout FixedText<97>) throws(HeadSharesError) -> Bool {
    do { return try scanner.nextMember(name: &name) } catch { throw .syntax(error) }
  }

  private mutating func kind() throws(HeadSharesError) -> JSONKind {
    do { return try scanner.nextKind() } catch { throw .syntax(error) }
  }

  /// Of any length; it is for people.
  private mutating func readText() throws(HeadSharesError) {
    if try kind() != .string { throw fault(.text) }
    var text = FixedText<97>()
    do { try scanner.readString(into: &text) } catch { throw .syntax(error) }
  }

  private mutating func readMark() throws(HeadSharesError) -> UInt64 {
    if try kind() != .string { throw fault(.mark) }
    var text = FixedText<97>()
    do { try scanner.readString(into: &text) } catch { throw .syntax(error) }
    if text.offeredByteCount != 16 { throw fault(.mark) }
    var mark: UInt64 = 0
    for index in 0..<16 {
      guard let digit = Self.hexDigit(text[index]) else { throw fault(.mark) }
      mark = mark << 4 | UInt64(digit)
    }
    return mark
  }

  private static func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    default: nil
    }
  }

  private mutating func readLayers(into shares: inout HeadShares) throws(HeadSharesError) {
    do { try scanner.beginArray() } catch { throw .syntax(error) }
    var isZero = true
    while try nextElement() {
      if !shares.appendLayer() { throw fault(.tooManyLayers) }
      do { try scanner.beginArray() } catch { throw .syntax(error) }
      while try nextElement() {
        let share = try readShare()
        if !shares.append(share: share) { throw fault(.tooManyHeads) }
        if share > 0 { isZero = false }
      }
    }
    if isZero { throw fault(.allZero) }
  }

  private mutating func nextElement() throws(HeadSharesError) -> Bool {
    do { return try scanner.nextElement() } catch { throw .syntax(error) }
  }

  private mutating func readShare() throws(HeadSharesError) -> Int {
    if try kind() != .number { throw fault(.share) }
    let number: Int?
    do { number = try scanner.readInteger() } catch { throw .syntax(error) }
    guard let number, number >= 0, number <= HeadShares.shareMax else { throw fault(.share) }
    return number
  }
}

extension HeadShares {
  /// Reads a file's text in place of what is there; the format is in Profile.docc.
  @export(interface)
  public mutating func read(json: Span<UInt8>) throws(HeadSharesError) {
    self = HeadShares()
    var reader = try HeadSharesReader(json)
    try reader.read(into: &self)
  }
}
