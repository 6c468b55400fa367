import Platform

/// The first page of a packed model: words of eight bytes, little-endian. Behind it lie
/// - the first bytes of the GGUF file it was made from, up to the tensors' data, from which all but
///   the weights is read as from that file;
/// - the tokenizer's tables;
/// - the file of head budgets that was given when it was packed, if there was one;
/// - from a multiple of `PackedImage.alignment` on, the weights, both as they lie in the arena;
/// - the rows of the inputs of layers as the GGUF file has them, if there are any.
struct PackedHeader: BitwiseCopyable {
  static let magic: UInt64 = 0x4B43_4150_4547_4445  // "EDGEPACK"
  /// Changes with the arrangement of the file, of the weights, or of the tokenizer's tables.
  static let version: UInt64 = 9
  /// Where the GGUF file's bytes begin; places in the file are counted from there.
  static let byteCount = 4096

  typealias BuildName = InlineArray<32, UInt8>

  var magic = Self.magic
  var version = Self.version
  /// The build whose arrangement of weights it has, filled up with zeros.
  var buildName = BuildName(repeating: 0)
  /// XXH64 of the source's files, one after the other, and their size.
  var sourceHash: UInt64 = 0
  var sourceByteCount: UInt64 = 0
  /// The size of the first of them, in which its tensors' places lie.
  var firstByteCount: UInt64 = 0
  var metadataByteCount: UInt64 = 0
  var metadataChecksum: UInt64 = 0
  var tokenizerByteCount: UInt64 = 0
  var tokenizerChecksum: UInt64 = 0
  /// See `PackedModel.vocabulary`.
  var vocabulary = PackedModel.Numbers(repeating: 0)
  var headBudgetsByteCount: UInt64 = 0
  var headBudgetsChecksum: UInt64 = 0
  var weightByteCount: UInt64 = 0
  var weightChecksum: UInt64 = 0
  var layerInputByteCount: UInt64 = 0
  /// GGUF's number of their type.
  var layerInputType: UInt64 = 0
  var isOutputTied: UInt64 = 0
  var hasBias: UInt64 = 0
  /// A `FoundRopeFactors`.
  var ropeFactors: UInt64 = 0
  /// Whether weights are in the bits of the source, and which: those of `ModelShape`.
  var keepsCodes: UInt64 = 0
  var coded = CodedTensors()
  /// `ModelShape.fingerprint` of the description by which the weights were arranged.
  var shapeFingerprint: UInt64 = 0
  /// XXH64 of all words before.
  var checksum: UInt64 = 0

  init() {
    let name = BuildFeatures.name
    for index in 0..<min(name.utf8CodeUnitCount, BuildName.count) {
      buildName[index] = unsafe name.utf8Start[index]
    }
  }

  /// Nil if the file does not begin like a packed model.
  init?(_ file: borrowing InputFile) throws(ModelError) {
    var header = PackedHeader()
    header.magic = 0
    var count = 0
    do throws(SystemFailure) {
      try unsafe withUnsafeMutableBytes(of: &header) { (bytes) throws(SystemFailure) in
        count = unsafe try file.read(into: bytes, at: 0)
      }
    } catch {
      throw .file(error)
    }
    if header.magic != Self.magic { return nil }
    if count < MemoryLayout<PackedHeader>.size {
      throw .packed(.byteCount(file.byteCount, expected: Self.byteCount))
    }
    self = header
  }

  func expectedChecksum() -> UInt64 {
    var copy = self
    var hash = XXHash64()
    unsafe withUnsafeBytes(of: &copy) {
      unsafe hash.update(
        UnsafeRawBufferPointer(rebasing: $0.dropLast(MemoryLayout<UInt64>.size)))
    }
    return hash.finish()
  }
}

/// Reading.
extension PackedHeader {
  /// Where each part begins, counted from the GGUF file's bytes.
  var tokenizerOffset: Int { Self.roundUp(Int(metadataByteCount), to: 64) }
  var headBudgetsOffset: Int {
    Self.roundUp(tokenizerOffset + Int(tokenizerByteCount), to: 64)
  }
  var weightOffset: Int {
    let end = Self.byteCount + headBudgetsOffset + Int(headBudgetsByteCount)
    return Self.roundUp(end, to: PackedImage.alignment) - Self.byteCount
  }

  var layerInputOffset: Int { weightOffset + Int(weightByteCount) }

  /// Nil if there are none.
  var layerInputs: PackedRows? {
    guard layerInputByteCount > 0,
      let type = StorageType(code: UInt32(clamping: layerInputType))?.readable
    else { return nil }
    return PackedRows(
      offset: layerInputOffset, byteCount: Int(clamping: layerInputByteCount), type: type)
  }

  /// Nil if there are none.
  var headBudgets: PackedImage? {
    headBudgetsByteCount == 0
      ? nil
      : PackedImage(
        offset: headBudgetsOffset, byteCount: Int(clamping: headBudgetsByteCount),
        checksum: headBudgetsChecksum)
  }

  private static func roundUp(_ value: Int, to alignment: Int) -> Int {
    (value + alignment - 1) & ~(alignment - 1)
  }

  /// Checks all but the tokenizer's tables and the weights.
  func check(
    _ file: borrowing InputFile, _ buffer: UnsafeMutableRawBufferPointer
  ) throws(ModelError) {
    if version != Self.version { throw .packed(.version(version)) }
    if checksum != expectedChecksum() { throw .packed(.checksum("header")) }
    if !isOfThisBuild { throw .packed(.build(Excerpt(buildText))) }
    let limit = UInt64(file.byteCount)
    if metadataByteCount > limit || tokenizerByteCount > limit || weightByteCount > limit
      || headBudgetsByteCount > limit || layerInputByteCount > limit
      || firstByteCount > UInt64(Int.max / 4)
    {
      throw .packed(.byteCount(file.byteCount, expected: Int(clamping: weightByteCount)))
    }
    let expected = Self.byteCount + layerInputOffset + Int(layerInputByteCount)
    if file.byteCount != expected {
      throw .packed(.byteCount(file.byteCount, expected: expected))
    }
    try unsafe checkMetadata(file, buffer)
  }

  private func checkMetadata(
    _ file: borrowing InputFile, _ buffer: UnsafeMutableRawBufferPointer
  ) throws(ModelError) {
    var hash = XXHash64()
    var offset = Self.byteCount
    let end = Self.byteCount + Int(metadataByteCount)
    while offset < end {
      let part = unsafe UnsafeMutableRawBufferPointer(
        rebasing: buffer[..<min(buffer.count, end - offset)])
      unsafe try file.fill(part, at: offset)
      unsafe hash.update(UnsafeRawBufferPointer(part))
      offset += part.count
    }
    if hash.finish() != metadataChecksum { throw .packed(.checksum("metadata")) }
  }

  private var isOfThisBuild: Bool {
    let own = PackedHeader()
    for index in buildName.indices where buildName[index] != own.buildName[index] { return false }
    return true
  }

  private var buildText: Span<UInt8> {
    @_lifetime(borrow self)
    get {
      var count = 0
      while count < BuildName.count && buildName[count] != 0 { count += 1 }
      return buildName.span.extracting(0..<count)
    }
  }
}
