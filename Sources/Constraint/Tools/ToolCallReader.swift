import Text

/// Takes an answer apart that is bound to calls of tools from the point at which they begin: free text,
/// and the names and arguments of calls.
public struct ToolCallReader: Sendable {
  /// What comes next, of the bytes given.
  public enum Event {
    /// All bytes have been read.
    case needsMore
    /// Free text.
    case text(Range<Int>)
    /// So many bytes at the start of `mark` are free text.
    case heldText(Int)
    /// A call begins: `name` is whole.
    case call
    /// Bytes of the call's arguments.
    case arguments(Range<Int>)
    /// An argument has the name `key`: `setArgument` says what it is.
    case key
    /// Bytes of the call's arguments lie in `made`.
    case made
  }

  private enum Part {
    /// Free text, up to the trigger.
    case text
    /// The bytes of a form's text that are left out; the part after it is told by which one it is.
    case begin, middle, end, rest, between, finish
    /// Before the text that has the name `textName`.
    case textMiddle
    /// The digits of a call, and what is between them and its name.
    case number, numberText
    case name, arguments
  }

  private let form: ToolForm
  private var trigger: ToolTrigger
  private var part = Part.text
  /// Bytes of the form's text that have come.
  private var offset = 0
  public private(set) var name = FixedText<65>()
  /// Calls that have begun.
  public private(set) var callCount = 0
  /// Of the arguments: lists and objects that are open, and whether the place is in a string or behind a
  /// reverse solidus in one.
  private var depth = 0
  private var isInString = false
  private var isEscaped = false
  /// Reads arguments that are no JSON object.
  private var keyed: KeyedReader?
  /// Reads arguments whose parts are elements.
  private var elements: ElementReader?

  @export(interface)
  public init(_ family: ToolFamily) {
    form = family.form
    trigger = ToolTrigger(family)
    if form.textName != nil { part = .name }
  }

  /// The text that calls begin with.
  public var mark: StaticString { form.begin }

  /// Bytes of `mark` that are held back until it is known whether they are text: they are, if the answer
  /// ends.
  public var heldCount: Int { part == .text ? trigger.matchedCount : 0 }

  /// The name of the argument that has begun.
  public var key: FixedText<65> { elements?.key ?? keyed?.key ?? FixedText<65>() }

  /// What the argument that has begun lies in, if it is a part of another one.
  public var outerArgument: Argument? { elements?.outerArgument }

  /// Bytes of arguments that are made of those that have come.
  public var made: FixedText<129> {
    elements?.made.bytes ?? keyed?.made.bytes ?? FixedText<129>()
  }

  /// - Parameter argument: nil: if it is not known, it is a text if the form has such texts.
  public mutating func setArgument(_ argument: Argument?) {
    elements?.argument = argument
    if let argument { keyed?.isText = argument.kind == .text }
  }

  /// - Parameter place: where reading goes on.
  @export(interface)
  public mutating func next(_ bytes: Span<UInt8>, at place: inout Int) -> Event {
    if part == .text { return nextText(bytes, &place) }
    while place < bytes.count {
      if part == .arguments && form.keyed == nil { return nextArguments(bytes, &place) }
      if part == .arguments {
        if let event = nextOfKeyed(bytes, &place) { return event }
        continue
      }
      if part == .name {
        if takeName(bytes[place], &place) { return .call }
        continue
      }
      place += 1
      takeForm(bytes[place - 1])
      if part == .text { return nextText(bytes, &place) }
    }
    return .needsMore
  }

  @export(interface)
  private mutating func nextText(_ bytes: Span<UInt8>, _ place: inout Int) -> Event {
    let start = place
    while place < bytes.count {
      let wasHeld = trigger.matchedCount
      switch trigger.take(bytes[place]) {
      case .matched:
        place += 1
        // Text before the first byte that may belong to the mark is given first.
        if wasHeld == 0 && place - 1 > start { return .text(start..<place - 1) }
      case .whole:
        place += 1
        offset = form.triggerCount
        part = .begin
        if offset == form.begin.utf8CodeUnitCount { beginCall() }
        if wasHeld == 0 && place - 1 > start { return .text(start..<place - 1) }
        return next(bytes, at: &place)
      case .text(let released):
        if wasHeld > 0 { return .heldText(released) }
        place += 1
      }
    }
    return trigger.matchedCount == 0 && place > start ? .text(start..<place) : .needsMore
  }

  /// - Returns: whether the name is whole.
  @export(interface)
  private mutating func takeName(_ byte: UInt8, _ place: inout Int) -> Bool {
    // No name has the first byte of what follows it.
    let middle = form.middle.utf8CodeUnitCount > 0 ? form.middle : form.end
    let number = form.number.flatMap { $0.isBeforeName ? nil : $0 }
    if unsafe byte != (number?.text ?? middle).utf8Start[0] {
      name.append(byte)
      place += 1
      return false
    }
    if let textName = form.textName, matches(name, textName) {
      (part, offset) = (.textMiddle, 0)
      return false
    }
    callCount += 1
    (part, offset) = (.middle, 0)
    if number != nil { part = .numberText }
    if form.middle.utf8CodeUnitCount == 0 { beginArguments() }
    return true
  }

  /// Before a call's name and its digits.
  private mutating func beginCall() {
    name.removeAll()
    (part, offset) = (form.number?.isBeforeName == true ? .number : .name, 0)
  }

  /// Whether a byte is the first one of what follows a call's digits. Models that were not bound may have
  /// written other names there.
  private func endsNumber(_ byte: UInt8) -> Bool {
    unsafe byte == (form.number!.isBeforeName ? form.number!.text : form.middle).utf8Start[0]
  }

  /// Takes the byte behind a call's digits.
  private mutating func endNumber(_ number: ToolNumber) {
    (part, offset) = (number.isBeforeName ? .numberText : .middle, 1)
    if number.isBeforeName {
      if number.text.utf8CodeUnitCount == 1 { part = .name }
    } else if form.middle.utf8CodeUnitCount == 1 {
      beginArguments()
    }
  }

  private mutating func beginArguments() {
    (part, depth, isInString, isEscaped) = (.arguments, 0, false, false)
    (keyed, elements) = (nil, nil)
    guard let arguments = form.keyed else { return }
    if arguments.hasElements {
      elements = ElementReader(arguments)
    } else {
      keyed = KeyedReader(arguments, end: form.end)
    }
  }

  private mutating func nextOfKeyed(_ bytes: Span<UInt8>, _ place: inout Int) -> Event? {
    switch elements?.next(bytes, at: &place) ?? keyed!.next(bytes, at: &place) {
    case .needsMore: return .needsMore
    case .key: return .key
    case .made: return .made
    case .end:
      offset = elements?.matchedCount ?? keyed!.matchedCount
      part = .end
      if offset == form.end.utf8CodeUnitCount { (part, offset) = (.rest, 0) }
      return nil
    }
  }

  /// Takes a byte of the form's own text.
  @export(interface)
  private mutating func takeForm(_ byte: UInt8) {
    offset += 1
    switch part {
    case .begin where offset == form.begin.utf8CodeUnitCount,
      .between where offset == form.between!.utf8CodeUnitCount:
      beginCall()
    case .number where endsNumber(byte): endNumber(form.number!)
    case .numberText where offset == form.number!.text.utf8CodeUnitCount:
      (part, offset) = (form.number!.isBeforeName ? .name : .number, 0)
    case .middle where offset == form.middle.utf8CodeUnitCount:
      beginArguments()
    case .textMiddle where offset == form.middle.utf8CodeUnitCount: part = .text
    case .end where offset == form.end.utf8CodeUnitCount:
      (part, offset) = (.rest, 0)
    case .rest:
      if let between = form.between, unsafe between.utf8Start[0] == byte {
        part = .between
        if between.utf8CodeUnitCount == 1 { beginCall() }
      } else {
        part = .finish
      }
    default: break
    }
  }

  private mutating func nextArguments(_ bytes: Span<UInt8>, _ place: inout Int) -> Event {
    // White space before the object is no part of it.
    while depth == 0 && place < bytes.count && bytes[place] != UInt8(ascii: "{") { place += 1 }
    let start = place
    while place < bytes.count {
      takeArgument(bytes[place])
      place += 1
      if depth == 0 {
        part = form.end.utf8CodeUnitCount == 0 ? .rest : .end
        offset = 0
        break
      }
    }
    return start == place ? .needsMore : .arguments(start..<place)
  }

  private mutating func takeArgument(_ byte: UInt8) {
    if isEscaped {
      isEscaped = false
      return
    }
    switch byte {
    case UInt8(ascii: "\\"): isEscaped = isInString
    case UInt8(ascii: "\""): isInString.toggle()
    case UInt8(ascii: "{"), UInt8(ascii: "["): if !isInString { depth += 1 }
    case UInt8(ascii: "}"), UInt8(ascii: "]"): if !isInString { depth -= 1 }
    default: break
    }
  }
}
