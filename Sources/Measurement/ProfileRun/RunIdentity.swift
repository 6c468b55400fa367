import CPlatform
import Model
import Platform
import Profile

/// What the parts of a profile run have in common: a folder holds those of one identity.
public struct RunIdentity: Sendable {
  private static let format: StaticString = "edge-infer profile-run 1"
  private static let programPath: StaticString = "/proc/self/exe"
  /// Of a program or a model's header that is read at a time.
  private static let chunkByteCount = 65_536

  private(set) var profile: UInt64 = 0
  private(set) var model: UInt64 = 0
  private(set) var program: UInt64 = 0
  private(set) var isQuick = false

  /// - Parameters:
  ///   - model: that of the profile or of the command line.
  ///   - isQuick: whether the measurements are the short ones.
  @export(interface)
  public init(
    _ settings: MeasurementSettings, _ model: borrowing BenchModel, isQuick: Bool
  ) {
    profile = Self.hash(settings)
    self.model = model.fingerprint
    program = Self.programHash()
    self.isQuick = isQuick
  }

  private init() {}

  /// Of every field, and of what the command line adds to a profile.
  private static func hash(_ settings: MeasurementSettings) -> UInt64 {
    let profile = settings.profile
    var hash = XXHash64()
    hash.update(text: profile.board.bytes)
    hash.update(UInt64(profile.ramCapMiB))
    switch profile.vectorWidth {
    case .neon(let bits), .avx(let bits): hash.update(UInt64(bits))
    }
    hash.update((profile.fp16 ? 1 : 0) + (profile.dotProduct ? 2 : 0) + (profile.i8mm ? 4 : 0))
    hash.update(UInt64(profile.threads))
    for index in 0..<profile.coreCount { hash.update(UInt64(profile.cores[index])) }
    hash.update(UInt64(profile.l2CacheKiB))
    hash.update(text: profile.model.bytes)
    hash.update(UInt64(profile.blockSize))
    hash.update(UInt64(profile.cacheBudget))
    hash.update(UInt64(profile.policy.rawValue))
    hash.update(UInt64(settings.retention.sinks))
    hash.update(UInt64(settings.retention.recent))
    hash.update(settings.usesHugePages ? 1 : 0)
    return hash.finish()
  }

  /// Of this program's file; of its kernels' name alone where the file cannot be read.
  private static func programHash() -> UInt64 {
    var hash = XXHash64()
    let name = BuildFeatures.name
    for index in 0..<name.utf8CodeUnitCount { unsafe hash.update(UInt64(name.utf8Start[index])) }
    do throws(SystemFailure) {
      let file = unsafe try InputFile(path: cString(programPath))
      try add(file, to: &hash)
    } catch {
      return hash.finish()
    }
    return hash.finish()
  }

  private static func add(
    _ file: borrowing InputFile, to hash: inout XXHash64
  ) throws(SystemFailure) {
    var chunk = InlineArray<65_536, UInt8>(repeating: 0)
    var offset = 0
    while offset < file.byteCount {
      let count = unsafe try withUnsafeMutableBytes(of: &chunk) {
        (bytes) throws(SystemFailure) -> Int in
        let count = unsafe try file.read(into: bytes, at: offset)
        unsafe hash.update(UnsafeRawBufferPointer(rebasing: bytes[..<count]))
        return count
      }
      if count == 0 { return }
      offset += count
    }
  }

  /// The first of what differs, or nil.
  func difference(from other: RunIdentity) -> StaticString? {
    if profile != other.profile { return "profile" }
    if model != other.model { return "model" }
    if program != other.program { return "program" }
    if isQuick != other.isQuick { return "length (--quick)" }
    return nil
  }
}

// MARK: - As JSON

extension RunIdentity {
  /// The index of a folder: names, hashes and the files of the parts.
  func write(
    _ settings: MeasurementSettings, _ model: borrowing BenchModel, to out: inout TextOutput
  ) {
    out.write("{\"format\": ")
    out.write(jsonString: Self.format)
    out.write(",\n\"board\": ")
    out.write(jsonString: settings.profile.board.bytes)
    out.write(",\n\"modelName\": \"")
    model.writeName(to: &out)
    out.write("\",\n\"build\": ")
    out.write(jsonString: BuildFeatures.name)
    out.write(",\n\"length\": ")
    out.write(jsonString: isQuick ? "quick" : "full")
    Self.write(",\n\"profile\": \"", profile, &out)
    Self.write("\",\n\"model\": \"", self.model, &out)
    Self.write("\",\n\"program\": \"", program, &out)
    out.write("\",\n\"parts\": [")
    for index in 0..<ProfileRunPart.count {
      if index > 0 { out.write(", ") }
      out.write(jsonString: ProfileRunPart(rawValue: index)!.fileName)
    }
    out.write("]}\n")
  }

  private static func write(
    _ name: StaticString, _ hash: UInt64, _ out: inout TextOutput
  ) {
    out.write(name)
    out.write(hexadecimal: hash)
  }

  /// Reads what `write` wrote; nil where it is something else.
  static func read(_ text: Span<UInt8>) -> RunIdentity? {
    do throws(JSONError) {
      var scanner = try JSONScanner(text)
      return try read(&scanner)
    } catch {
      return nil
    }
  }

  private static func read(_ scanner: inout JSONScanner) throws(JSONError) -> RunIdentity? {
    var identity = RunIdentity()
    var (name, value) = (FixedText<97>(), FixedText<257>())
    var found = 0
    try scanner.beginObject()
    while try scanner.nextMember(name: &name) {
      if try scanner.nextKind() == .array {
        try scanner.beginArray()
        while try scanner.nextElement() { try scanner.readString(into: &value) }
        continue
      }
      try scanner.readString(into: &value)
      if matches(name, "format") {
        if !matches(value, format) { return nil }
        found += 1
      } else if matches(name, "length") {
        identity.isQuick = matches(value, "quick")
        found += 1
      } else if matches(name, "profile") {
        guard let hash = hexadecimal(value) else { return nil }
        identity.profile = hash
        found += 1
      } else if matches(name, "model") {
        guard let hash = hexadecimal(value) else { return nil }
        identity.model = hash
        found += 1
      } else if matches(name, "program") {
        guard let hash = hexadecimal(value) else { return nil }
        identity.program = hash
        found += 1
      }
    }
    try scanner.finish()
    return found == 5 ? identity : nil
  }

  /// Sixteen digits, as `TextOutput` writes them.
  private static func hexadecimal<let capacity: Int>(_ text: FixedText<capacity>) -> UInt64? {
    if text.count != 16 { return nil }
    var value: UInt64 = 0
    for index in 0..<16 {
      switch text[index] {
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        value = value << 4 | UInt64(text[index] - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "f"):
        value = value << 4 | UInt64(text[index] - UInt8(ascii: "a") + 10)
      default: return nil
      }
    }
    return value
  }
}

extension XXHash64 {
  /// Its length goes in as well, so that texts one after the other cannot be mistaken.
  fileprivate mutating func update(text: Span<UInt8>) {
    update(UInt64(text.count))
    for index in 0..<text.count { update(UInt64(text[index])) }
  }
}

extension BenchModel {
  /// By which a model is known again: its name, its sizes and its file's length.
  fileprivate var fingerprint: UInt64 {
    var hash = XXHash64()
    switch file {
    case .some(let file):
      for index in 0..<file.name.count { hash.update(UInt64(file.name[index])) }
      hash.update(UInt64(file.byteCount))
    case .none: hash.update(UInt64(published?.rawValue ?? 0))
    }
    hash.update(UInt64(shape.parameterCount))
    hash.update(UInt64(shape.layerCount))
    hash.update(UInt64(shape.embeddingLength))
    hash.update(UInt64(shape.attentionLayer.headCount))
    hash.update(UInt64(shape.attentionLayer.kvHeadCount))
    hash.update(UInt64(shape.vocabularyCount))
    return hash.finish()
  }
}
