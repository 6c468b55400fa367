// Values of JSON.
extension Machine {
  static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09
  }

  mutating func step(_ given: Thread, _ byte: UInt8, _ first: Int) {
    var thread = given
    switch thread.kind {
    case .end, .closed: break
    case .string:
      switch StringState.step(&thread, byte, words) {
      case .refused: break
      case .goesOn: add(thread, first)
      case .end: close(thread, first)
      }
    case .number: if NumberState.step(&thread, byte, words) { add(thread, first) }
    case .word:
      if Word.takes(&thread, byte) {
        if Word.isWhole(thread) { close(thread, first) } else { add(thread, first) }
      }
    case .objectName:
      switch StringState.step(&thread, byte, words) {
      case .refused: break
      case .goesOn: add(thread, first)
      case .end: if endName(&thread) { add(thread, first) }
      }
    case .raw:
      switch RawText.step(&thread, byte, words) {
      case .refused: break
      case .goesOn: add(thread, first)
      case .end: close(thread, first)
      }
    case .grammar: stepGrammar(thread, byte, first)
    default:
      if Self.isSpace(byte) {
        if thread.pending == Self.spaceCountMax { return }
        thread.pending += 1
        add(thread, first)
      } else {
        thread.pending = 0
        stepStructure(thread, byte, first)
      }
    }
  }

  private mutating func stepStructure(_ given: Thread, _ byte: UInt8, _ first: Int) {
    var thread = given
    switch (thread.kind, byte) {
    case (.value, _): beginValue(thread, byte, first)
    case (.objectStart, UInt8(ascii: "}")), (.objectNext, UInt8(ascii: "}")):
      if ObjectState.canEnd(thread, words) { close(thread, first) }
    case (.objectStart, UInt8(ascii: "\"")), (.objectComma, UInt8(ascii: "\"")):
      if !ObjectState.canGoOn(thread, words) || thread.depth >= Self.depthMax { return }
      thread.kind = .objectName
      thread.last = UInt32(words[Int(thread.place) + ObjectRecord.propertyCount])
      thread.state = NameHash.start
      add(thread, first)
    case (.objectNext, UInt8(ascii: ",")):
      if !ObjectState.canGoOn(thread, words) || thread.depth >= Self.depthMax { return }
      thread.kind = .objectComma
      add(thread, first)
    case (.objectColon, UInt8(ascii: ":")):
      let node = Int(thread.state)
      thread.kind = .objectNext
      thread.state = 0
      beginPart(node, of: thread, first)
    case (.arrayStart, UInt8(ascii: "]")), (.arrayNext, UInt8(ascii: "]")):
      if Int(thread.count) >= words[Int(thread.place) + ArrayRecord.least] { close(thread, first) }
    case (.arrayNext, UInt8(ascii: ",")): beginElement(thread, nil, first)
    case (.arrayStart, _): beginElement(thread, byte, first)
    default: break
    }
  }

  /// A name has ended.
  /// - Returns: false if there is no room for it.
  private mutating func endName(_ thread: inout Thread) -> Bool {
    if NameState.exact(thread, words) == nil {
      guard let names = names.add(thread, words) else { return false }
      thread.names = names
    }
    NameState.end(&thread, words)
    return true
  }

  /// A value begins inside a frame.
  private mutating func beginPart(_ node: Int, of frame: Thread, _ first: Int) {
    if let index = push(frame) {
      add(Thread(.value, place: node, parent: index, depth: frame.depth + 1), first)
    }
  }

  /// - Parameter byte: the element's first one, if it has come.
  private mutating func beginElement(_ given: Thread, _ byte: UInt8?, _ first: Int) {
    var thread = given
    let record = Int(thread.place)
    let node = ArrayState.node(record, Int(thread.count), words)
    if Int(thread.count) >= words[record + ArrayRecord.most]
      || words[node + NodeRecord.shortest] == NodeRecord.none
    {
      return
    }
    thread.kind = .arrayNext
    thread.count += 1
    guard let byte else {
      beginPart(node, of: thread, first)
      return
    }
    if let index = push(thread) {
      beginValue(
        Thread(.value, place: node, parent: index, depth: thread.depth + 1), byte, first)
    }
  }

  private mutating func beginValue(_ thread: Thread, _ byte: UInt8, _ first: Int) {
    let type = Self.types(byte)
    if type == 0 { return }
    var branch = words[Int(thread.place) + NodeRecord.firstBranch]
    while branch != 0 {
      if words[branch + BranchRecord.types] & type != 0 {
        var value = thread
        value.branch = UInt32(branch)
        value.place = 0
        beginValue(&value, type, byte, first)
      }
      branch = words[branch + BranchRecord.next]
    }
  }

  /// The names of what a value lies in.
  private func outerNames(_ value: Thread) -> UInt32 {
    value.parent == 0 ? 0 : frames[Int(value.parent)].names
  }

  private static func types(_ byte: UInt8) -> Int {
    switch byte {
    case UInt8(ascii: "n"): TypeMask.null
    case UInt8(ascii: "f"): TypeMask.false
    case UInt8(ascii: "t"): TypeMask.true
    case UInt8(ascii: "\""): TypeMask.string
    case UInt8(ascii: "["): TypeMask.array
    case UInt8(ascii: "{"): TypeMask.object
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): TypeMask.number
    default: 0
    }
  }

  /// Whether a list or object has values in it, for which the stack needs room.
  private func mustHold(_ branch: Int, _ type: Int) -> Bool {
    if type == TypeMask.array {
      return words[words[branch + BranchRecord.array] + ArrayRecord.least] > 0
    }
    if type != TypeMask.object { return false }
    let record = words[branch + BranchRecord.object]
    if words[record + ObjectRecord.least] > 0 { return true }
    for index in 0..<ObjectState.propertyCount(record, words)
    where words[ObjectState.property(record, index, words) + PropertyRecord.isRequired] != 0 {
      return true
    }
    return false
  }

  private mutating func beginValue(
    _ value: inout Thread, _ type: Int, _ byte: UInt8, _ first: Int
  ) {
    let branch = Int(value.branch)
    if value.depth >= Self.depthMax && mustHold(branch, type) { return }
    // Branches without choices do not differ once their records are known.
    if words[branch + BranchRecord.choiceCount] == 0 { value.branch = 0 }
    switch type {
    case TypeMask.string:
      value.kind = .string
      let record = words[branch + BranchRecord.string]
      value.place = UInt32(record)
      if record != 0 { value.last = UInt32(words[record + StringRecord.textCount]) }
      add(value, first)
    case TypeMask.number:
      value.kind = .number
      value.place = UInt32(words[branch + BranchRecord.number])
      if NumberState.step(&value, byte, words) { add(value, first) }
    case TypeMask.array:
      value.kind = .arrayStart
      value.names = outerNames(value)
      value.place = UInt32(words[branch + BranchRecord.array])
      add(value, first)
    case TypeMask.object:
      value.kind = .objectStart
      value.names = outerNames(value)
      value.place = UInt32(words[branch + BranchRecord.object])
      add(value, first)
    default:
      value.kind = .word
      value.place = UInt32(type)
      value.offset = 1
      add(value, first)
    }
  }
}
