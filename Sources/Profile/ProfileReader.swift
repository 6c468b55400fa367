import Platform

/// Fills a profile from its JSON text, field by field, and checks each one and all together.
struct ProfileReader: ~Escapable {
  private var scanner: JSONScanner
  private var profile = DeviceProfile()
  /// The line of each field, by its raw value; 0 where it has not come yet.
  private var lines = InlineArray<19, Int>(repeating: 0)

  static func read(_ json: Span<UInt8>) throws(ProfileError) -> DeviceProfile {
    var reader = try ProfileReader(json)
    try reader.readFields()
    try reader.checkFields()
    return reader.profile
  }

  @_lifetime(copy json)
  private init(_ json: Span<UInt8>) throws(ProfileError) {
    do { scanner = try JSONScanner(json) } catch { throw .syntax(error) }
  }

  private mutating func readFields() throws(ProfileError) {
    var name = FixedText<97>()
    do { try scanner.beginObject() } catch { throw .syntax(error) }
    while try nextMember(&name) {
      let line = scanner.line
      guard !name.isCut, let field = ProfileField(name: name.bytes) else {
        throw .unknownField(name: Excerpt(name.bytes), line: line)
      }
      if lines[field.rawValue] != 0 { throw .repeatedField(field, line: line) }
      lines[field.rawValue] = line
      try read(field)
    }
    do { try scanner.finish() } catch { throw .syntax(error) }
  }

  private mutating func nextMember(_ name: inout FixedText<97>) throws(ProfileError) -> Bool {
    do { return try scanner.nextMember(name: &name) } catch { throw .syntax(error) }
  }

  private mutating func read(_ field: ProfileField) throws(ProfileError) {
    switch field {
    case .board: try readBoard()
    case .ramCapMiB: profile.ramCapMiB = try readInteger(field)
    case .neonWidthBits: profile.vectorWidth = .neon(bits: try readInteger(field))
    case .avxWidthBits: profile.vectorWidth = .avx(bits: try readInteger(field))
    case .fp16: profile.fp16 = try readBoolean(field)
    case .dotProduct: profile.dotProduct = try readBoolean(field)
    case .i8mm: profile.i8mm = try readBoolean(field)
    case .threads: profile.threads = try readInteger(field)
    case .cores: try readCores()
    case .l2CacheKiB: profile.l2CacheKiB = try readInteger(field)
    case .model: try readModel()
    case .blockSize: profile.blockSize = try readInteger(field)
    case .cacheBudget: profile.cacheBudget = try readInteger(field)
    case .weights: try readWeights()
    case .policy: try readPolicy()
    case .headBudgets: try readHeadBudgets()
    case .speculate: try readProposals()
    case .decodeThreads: profile.decodeThreads = try readInteger(field)
    case .expertsMiB: profile.expertsMiB = try readInteger(field)
    }
  }

  /// What the fields say together.
  private func checkFields() throws(ProfileError) {
    for index in 0..<ProfileField.count {
      guard let field = ProfileField(rawValue: index) else { continue }
      if field == .neonWidthBits || field == .avxWidthBits { continue }
      if lines[index] == 0 && !field.isOptional { throw .missingField(field) }
    }
    let neonLine = lines[ProfileField.neonWidthBits.rawValue]
    let avxLine = lines[ProfileField.avxWidthBits.rawValue]
    if neonLine == 0 && avxLine == 0 { throw .missingVectorWidth }
    if neonLine != 0 && avxLine != 0 { throw .bothVectorWidths(line: max(neonLine, avxLine)) }
    if profile.coreCount != 0 && profile.coreCount != profile.threads {
      throw .coreCount(
        profile.coreCount, threads: profile.threads, line: lines[ProfileField.cores.rawValue])
    }
    if profile.decodeThreads > profile.threads {
      throw .decodeThreads(
        profile.decodeThreads, threads: profile.threads,
        origin: .line(lines[ProfileField.decodeThreads.rawValue]))
    }
  }
}

extension ProfileReader {
  private mutating func require(
    _ kind: JSONKind, _ field: ProfileField
  ) throws(ProfileError) {
    let found: JSONKind
    do { found = try scanner.nextKind() } catch { throw .syntax(error) }
    if found == kind { return }
    throw .wrongType(field, found: found, value: scanner.nextExcerpt(), line: scanner.line)
  }

  private mutating func readInteger(_ field: ProfileField) throws(ProfileError) -> Int {
    try require(.number, field)
    let (text, line) = (scanner.nextExcerpt(), scanner.line)
    let number: Int?
    do { number = try scanner.readInteger() } catch { throw .syntax(error) }
    guard let number else { throw .wrongType(field, found: .number, value: text, line: line) }
    if field.allows(number) { return number }
    throw .invalidValue(field, value: text, origin: .line(line))
  }

  private mutating func readBoolean(_ field: ProfileField) throws(ProfileError) -> Bool {
    try require(.boolean, field)
    do { return try scanner.readBoolean() } catch { throw .syntax(error) }
  }

  private mutating func readBoard() throws(ProfileError) {
    try require(.string, .board)
    do { try scanner.readString(into: &profile.board) } catch { throw .syntax(error) }
    try checkByteCount(.board, profile.board.offeredByteCount)
    for index in 0..<profile.board.count {
      let byte = profile.board[index]
      if byte < 0x20 || byte == 0x7f { throw forbidden(byte, .board) }
    }
  }

  private mutating func readModel() throws(ProfileError) {
    try require(.string, .model)
    do { try scanner.readString(into: &profile.model) } catch { throw .syntax(error) }
    try checkByteCount(.model, profile.model.offeredByteCount)
    for index in 0..<profile.model.count where profile.model[index] == 0 {
      throw forbidden(0, .model)
    }
  }

  private mutating func readHeadBudgets() throws(ProfileError) {
    try require(.string, .headBudgets)
    do { try scanner.readString(into: &profile.headBudgets) } catch { throw .syntax(error) }
    try checkByteCount(.headBudgets, profile.headBudgets.offeredByteCount)
    for index in 0..<profile.headBudgets.count where profile.headBudgets[index] == 0 {
      throw forbidden(0, .headBudgets)
    }
  }

  private func checkByteCount(_ field: ProfileField, _ byteCount: Int) throws(ProfileError) {
    if field.allows(byteCount) { return }
    throw .invalidByteCount(field, byteCount: byteCount, line: scanner.line)
  }

  private func forbidden(_ byte: UInt8, _ field: ProfileField) -> ProfileError {
    .forbiddenByte(field, byte: byte, line: scanner.line)
  }

  private mutating func readWeights() throws(ProfileError) {
    try require(.string, .weights)
    let text = scanner.nextExcerpt()
    var name = FixedText<97>()
    do { try scanner.readString(into: &name) } catch { throw .syntax(error) }
    guard !name.isCut, let weights = WeightFormat(name: name.bytes), !weights.isMadeUp else {
      throw .invalidValue(.weights, value: text, origin: .line(scanner.line))
    }
    profile.weights = weights
  }

  private mutating func readProposals() throws(ProfileError) {
    try require(.string, .speculate)
    let text = scanner.nextExcerpt()
    var name = FixedText<97>()
    do { try scanner.readString(into: &name) } catch { throw .syntax(error) }
    guard !name.isCut, let source = ProposalSource(name: name.bytes) else {
      throw .invalidValue(.speculate, value: text, origin: .line(scanner.line))
    }
    profile.proposals = source
  }

  private mutating func readPolicy() throws(ProfileError) {
    try require(.string, .policy)
    let text = scanner.nextExcerpt()
    var name = FixedText<97>()
    do { try scanner.readString(into: &name) } catch { throw .syntax(error) }
    guard !name.isCut, let policy = Policy(name: name.bytes) else {
      throw .invalidValue(.policy, value: text, origin: .line(scanner.line))
    }
    profile.policy = policy
  }

  private mutating func readCores() throws(ProfileError) {
    try require(.array, .cores)
    do { try scanner.beginArray() } catch { throw .syntax(error) }
    while try nextElement() {
      let core = try readInteger(.cores)
      if profile.coreCount == ProfileLimits.threadCountMax {
        throw .tooManyCores(line: scanner.line)
      }
      for index in 0..<profile.coreCount where profile.cores[index] == Int32(core) {
        throw .repeatedCore(core, line: scanner.line)
      }
      profile.append(core: core)
    }
  }

  private mutating func nextElement() throws(ProfileError) -> Bool {
    do { return try scanner.nextElement() } catch { throw .syntax(error) }
  }
}
