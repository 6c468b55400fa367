import Platform

/// What is wrong with a profile, or with an argument that overrides it.
public enum ProfileError: LineError {
  /// Where a value was given.
  public enum Origin: Sendable {
    /// In the profile, on that line.
    case line(Int)
    case argument(ProfileOption)
  }

  case syntax(JSONError)
  case unknownField(name: Excerpt, line: Int)
  case repeatedField(ProfileField, line: Int)
  case missingField(ProfileField)
  /// The profile names neither `neonWidthBits` nor `avxWidthBits`.
  case missingVectorWidth
  /// The profile names both `neonWidthBits` and `avxWidthBits`; the line is that of the second.
  case bothVectorWidths(line: Int)
  case wrongType(ProfileField, found: JSONKind, value: Excerpt, line: Int)
  case invalidValue(ProfileField, value: Excerpt, origin: Origin)
  /// A string that is empty or too long.
  case invalidByteCount(ProfileField, byteCount: Int, line: Int)
  /// A string with a byte that it may not hold.
  case forbiddenByte(ProfileField, byte: UInt8, line: Int)
  case tooManyCores(line: Int)
  case repeatedCore(Int, line: Int)
  case coreCount(Int, threads: Int, line: Int)
  /// More threads are to generate tokens than there are.
  case decodeThreads(Int, threads: Int, origin: Origin)
  /// `--sinks` or `--recent` is no number that it may be.
  case invalidRetention(ProfileOption, value: Excerpt)
  /// More tokens are to be kept than the cache has room for.
  case retentionOverBudget(sinks: Int, recent: Int, cacheBudget: Int)

  /// Of sysexits: EX_USAGE, EX_CONFIG.
  public var exitCode: ExitCode {
    switch self {
    case .invalidRetention, .retentionOverBudget, .invalidValue(_, _, .argument),
      .decodeThreads(_, _, .argument):
      .usage
    default: .configuration
    }
  }

  /// One line without its end: the field or option, the value, and what would be right.
  @export(interface)
  public func write(to out: inout TextOutput) {
    switch self {
    case .syntax(let error): error.write(to: &out)
    case .unknownField(let name, let line):
      Self.write(line, to: &out)
      out.write("there is no field ")
      out.write(quoted: name)
      Self.writeFieldNames(to: &out)
    case .repeatedField(let field, let line):
      Self.write(line, field, to: &out)
      out.write(" is given a second time; remove one")
    case .missingField(let field):
      out.write(field.name)
      out.write(" is missing")
      Self.writeRule(field, to: &out)
    case .missingVectorWidth:
      out.write("neonWidthBits or avxWidthBits is missing; aarch64 boards have ")
      out.write("neonWidthBits 128, x86-64 hosts avxWidthBits 256 or 512")
    case .bothVectorWidths(let line):
      Self.write(line, to: &out)
      out.write("neonWidthBits and avxWidthBits are both given; a CPU has one, remove the other")
    case .wrongType, .invalidValue, .invalidByteCount, .forbiddenByte:
      writeValueFault(to: &out)
    case .tooManyCores, .repeatedCore, .coreCount:
      writeCoreFault(to: &out)
    case .decodeThreads(let count, let threads, let origin):
      Self.write(origin, .decodeThreads, to: &out)
      out.write(" is ")
      out.write(count)
      out.write("; there are only ")
      out.write(threads)
      out.write(" threads")
    case .invalidRetention, .retentionOverBudget:
      writeRetentionFault(to: &out)
    }
  }

  private func writeValueFault(to out: inout TextOutput) {
    switch self {
    case .wrongType(let field, let found, let value, let line):
      Self.write(line, field, to: &out)
      out.write(" is ")
      Self.write(found, value, to: &out)
      Self.writeRule(field, to: &out)
    case .invalidValue(let field, let value, let origin):
      Self.write(origin, field, to: &out)
      out.write(field == .cores ? " has " : " is ")
      out.write(quoted: value)
      Self.writeRule(field, to: &out)
    case .invalidByteCount(let field, let byteCount, let line):
      Self.write(line, field, to: &out)
      out.write(" has ")
      out.write(byteCount)
      out.write(" bytes")
      Self.writeRule(field, to: &out)
    case .forbiddenByte(let field, let byte, let line):
      Self.write(line, field, to: &out)
      out.write(" has the byte ")
      out.write(Int(byte))
      Self.writeRule(field, to: &out)
    default: break
    }
  }

  private static func write(_ origin: Origin, _ field: ProfileField, to out: inout TextOutput) {
    switch origin {
    case .line(let line): write(line, field, to: &out)
    case .argument(let option): out.write(option.name)
    }
  }

  private func writeCoreFault(to out: inout TextOutput) {
    switch self {
    case .tooManyCores(let line):
      Self.write(line, to: &out)
      out.write("cores has more than ")
      out.write(ProfileLimits.threadCountMax)
      out.write(" numbers; it must have one for each thread, or none")
    case .repeatedCore(let core, let line):
      Self.write(line, to: &out)
      out.write("cores has ")
      out.write(core)
      out.write(" twice; each thread must have a core of its own")
    case .coreCount(let coreCount, let threads, let line):
      Self.write(line, to: &out)
      out.write("cores has ")
      out.write(coreCount)
      out.write(coreCount == 1 ? " number and threads is " : " numbers and threads is ")
      out.write(threads)
      out.write("; cores must have one for each thread, or none")
    default: break
    }
  }

  private func writeRetentionFault(to out: inout TextOutput) {
    switch self {
    case .invalidRetention(let option, let value):
      out.write(option.name)
      out.write(" is ")
      out.write(quoted: value)
      out.write("; it must be a count, 0 to ")
      out.write(ProfileLimits.cacheBudgetMax)
      if option == .recent {
        out.write(", or a fraction of the budget between 0 and 1 such as 0.2")
      }
    case .retentionOverBudget(let sinks, let recent, let cacheBudget):
      out.write("--sinks ")
      out.write(sinks)
      out.write(" and --recent ")
      out.write(recent)
      out.write(" keep ")
      out.write(sinks + recent)
      out.write(" tokens; together they must be at most the cache budget, ")
      out.write(cacheBudget)
    default: break
    }
  }

  private static func write(_ line: Int, to out: inout TextOutput) {
    out.write("line ")
    out.write(line)
    out.write(": ")
  }

  private static func write(_ line: Int, _ field: ProfileField, to out: inout TextOutput) {
    write(line, to: &out)
    out.write(field.name)
  }

  private static func writeRule(_ field: ProfileField, to out: inout TextOutput) {
    out.write("; it must be ")
    field.writeRule(to: &out)
  }

  private static func write(_ kind: JSONKind, _ value: Excerpt, to out: inout TextOutput) {
    switch kind {
    case .object: out.write("an object")
    case .array: out.write("a list")
    case .null: out.write("null")
    case .boolean, .number, .string: out.write(quoted: value)
    }
  }

  private static func writeFieldNames(to out: inout TextOutput) {
    out.write("; the fields are")
    for index in 0..<ProfileField.count {
      guard let field = ProfileField(rawValue: index) else { continue }
      out.write(index == 0 ? " " : ", ")
      out.write(field.name)
    }
  }
}
