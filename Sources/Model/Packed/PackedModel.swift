import Platform

/// What is wrong with a packed model.
public enum PackedFault: Sendable {
  case version(UInt64)
  /// Of another build, whose name it gives.
  case build(Excerpt)
  case byteCount(Int, expected: Int)
  /// Of the named part.
  case checksum(StaticString)
  /// It was packed by another description of its layers.
  case description
  /// The named part is not of the size that the model needs.
  case part(StaticString, byteCount: Int, expected: Int)
  /// The tokenizer's tables do not fit each other.
  case tables
  /// Its experts are to stay in the file, and the system does not map it.
  case notMapped
}

/// A part of a packed model that is put into the arena as it is.
public struct PackedImage: Sendable, BitwiseCopyable {
  /// Of the weights in the file, in bytes.
  public static let alignment = 16_384
  /// As for `ModelFile.read`.
  public let offset: Int
  public let byteCount: Int
  public let checksum: UInt64
}

/// Rows that stay in a packed model's file.
struct PackedRows: Sendable, BitwiseCopyable {
  /// As for `ModelFile.read`.
  let offset: Int
  let byteCount: Int
  let type: TensorType
}

/// What a packed model has beside the metadata of its GGUF file.
public struct PackedModel: Sendable, BitwiseCopyable {
  /// What the tokenizer keeps beside its tables; the tokenizer's own.
  public typealias Numbers = InlineArray<12, UInt64>

  /// The regions from the weights to the norms; see `PackedChecksum`.
  public let weights: PackedImage
  /// The tokenizer's tables, with their XXH64; nil if the model has no tokenizer that is known.
  public let tokenizer: PackedImage?
  public let vocabulary: Numbers
  /// A file of head budgets, as `edge-lab budgets` writes it, with its XXH64; nil if there is none.
  public let headBudgets: PackedImage?
  /// The inputs of layers; nil if the model has none.
  let layerInputs: PackedRows?
  /// XXH64 of the GGUF files, one after the other, and their size.
  public let sourceHash: UInt64
  public let sourceByteCount: Int
  let firstByteCount: Int
  private let isOutputTied: Bool
  private let hasBias: Bool
  private let ropeFactors: FoundRopeFactors
  private let keepsCodes: Bool
  private let coded: CodedTensors
  private let shapeFingerprint: UInt64

  /// Nil if the file does not begin like a packed model.
  init?(
    _ file: borrowing InputFile, _ buffer: UnsafeMutableRawBufferPointer
  ) throws(ModelError) {
    guard let header = try PackedHeader(file) else { return nil }
    try unsafe header.check(file, buffer)
    weights = PackedImage(
      offset: header.weightOffset, byteCount: Int(header.weightByteCount),
      checksum: header.weightChecksum)
    tokenizer =
      header.tokenizerByteCount == 0
      ? nil
      : PackedImage(
        offset: header.tokenizerOffset, byteCount: Int(header.tokenizerByteCount),
        checksum: header.tokenizerChecksum)
    vocabulary = header.vocabulary
    headBudgets = header.headBudgets
    layerInputs = header.layerInputs
    sourceHash = header.sourceHash
    sourceByteCount = Int(clamping: header.sourceByteCount)
    firstByteCount = Int(header.firstByteCount)
    isOutputTied = header.isOutputTied != 0
    hasBias = header.hasBias != 0
    ropeFactors = FoundRopeFactors(rawValue: header.ropeFactors) ?? .none
    keepsCodes = header.keepsCodes != 0
    coded = header.coded
    shapeFingerprint = header.shapeFingerprint
  }

  /// The shape with what the tensors of the source told; throws if the model was packed by another
  /// description than that of its metadata.
  func complete(_ shape: ModelShape) throws(ModelError) -> ModelShape {
    var shape = shape
    shape.complete(
      isOutputTied: isOutputTied, hasBias: hasBias, ropeFactors: ropeFactors,
      coded: coded)
    shape.keepsCodes = keepsCodes
    if shape.fingerprint != shapeFingerprint { throw .packed(.description) }
    try checkLayerInputs(of: shape)
    return shape
  }
}

extension PackedModel {
  private func checkLayerInputs(of shape: ModelShape) throws(ModelError) {
    var expected = 0
    if shape.layerInputLength > 0 {
      guard let type = layerInputs?.type else { throw .packed(.description) }
      let count = shape.layerInputLength * shape.layerCount
      if count % type.blockElementCount != 0 { throw .packed(.description) }
      expected =
        count / type.blockElementCount * type.blockByteCount * shape.vocabularyCount
    }
    let byteCount = layerInputs?.byteCount ?? 0
    if byteCount != expected {
      throw .packed(.part("inputs of layers", byteCount: byteCount, expected: expected))
    }
  }

  /// Reads the head budgets' text from a file that begins like a sound packed model of this version.
  /// - Returns: its bytes; 0 if the file is another one, or has none.
  @export(interface)
  public static func readHeadBudgets(
    of file: borrowing InputFile, into target: UnsafeMutableRawBufferPointer
  ) throws(ModelError) -> Int {
    guard let header = try PackedHeader(file), header.version == PackedHeader.version,
      header.checksum == header.expectedChecksum(), let image = header.headBudgets
    else { return 0 }
    if image.byteCount > target.count { throw .packed(.checksum("head budgets")) }
    let text = unsafe UnsafeMutableRawBufferPointer(rebasing: target[..<image.byteCount])
    unsafe try file.fill(text, at: PackedHeader.byteCount + image.offset)
    var hash = XXHash64()
    unsafe hash.update(UnsafeRawBufferPointer(text))
    if hash.finish() != image.checksum { throw .packed(.checksum("head budgets")) }
    return image.byteCount
  }
}

/// The checksum of packed weights: the sum of their chunks' checksums, so that threads can share the
/// chunks out. That of a chunk is XXH64 of its number and of the XXH64 of its four quarters.
public enum PackedChecksum {
  /// All chunks but the last one, which is a multiple of 128 bytes too.
  public static let chunkByteCount = 1 << 20

  public static func chunkCount(_ byteCount: Int) -> Int {
    (byteCount + chunkByteCount - 1) / chunkByteCount
  }

  @export(interface)
  public static func chunk(_ index: Int, of image: UnsafeRawBufferPointer) -> UInt64 {
    let start = index * chunkByteCount
    let end = min(start + chunkByteCount, image.count)
    var quarters = InlineArray<4, XXHash64> { _ in XXHash64() }
    unsafe XXHash64.updateQuarters(
      &quarters, UnsafeRawBufferPointer(rebasing: image[start..<end]))
    var hash = XXHash64()
    hash.update(UInt64(index))
    for quarter in 0..<4 { hash.update(quarters[quarter].finish()) }
    return hash.finish()
  }
}

/// What is packed of a model beside its metadata.
@safe public struct PackedContents {
  public var weights: UnsafeRawBufferPointer
  public var weightChecksum: UInt64
  /// Empty for a model without a tokenizer that is known.
  public var tokenizer: UnsafeRawBufferPointer
  public var vocabulary: PackedModel.Numbers
  /// The text of a file of head budgets; empty without one.
  public var headBudgets = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
  /// The rows that stay in the file; nil if the model has none.
  public var layerInputs: TensorLocation?
  /// Whether the weights are in the file's own bits.
  public var keepsCodes: Bool

  @export(interface)
  public init(
    weights: UnsafeRawBufferPointer, weightChecksum: UInt64, tokenizer: UnsafeRawBufferPointer,
    vocabulary: PackedModel.Numbers, keepsCodes: Bool
  ) {
    self.keepsCodes = keepsCodes
    unsafe self.weights = unsafe weights
    self.weightChecksum = weightChecksum
    unsafe self.tokenizer = unsafe tokenizer
    self.vocabulary = vocabulary
  }
}

extension ModelFile {
  /// Writes the model as one file, from which it is loaded as it lies in the arena.
  /// - Parameter buffer: as for `init`.
  @export(interface)
  public func writePacked(
    _ contents: PackedContents, to out: inout TextOutput, buffer: UnsafeMutableRawBufferPointer
  ) throws(ModelError) {
    let header = unsafe try makeHeader(contents, buffer)
    var copy = header
    unsafe withUnsafeBytes(of: &copy) { unsafe out.write(raw: $0) }
    out.write(zeros: PackedHeader.byteCount - MemoryLayout<PackedHeader>.size)
    unsafe try withUnsafeMutablePointer(to: &out) { (out) throws(ModelError) in
      var writer = unsafe PartWriter(out: out)
      unsafe try forEachMetadataPart(buffer, &writer)
    }
    out.write(zeros: header.tokenizerOffset - metadataByteCount)
    unsafe out.write(raw: contents.tokenizer)
    let gap = unsafe header.headBudgetsOffset - header.tokenizerOffset - contents.tokenizer.count
    out.write(zeros: gap)
    unsafe out.write(raw: contents.headBudgets)
    let rest = unsafe header.weightOffset - header.headBudgetsOffset - contents.headBudgets.count
    out.write(zeros: rest)
    unsafe out.write(raw: contents.weights)
    if let rows = contents.layerInputs {
      unsafe try withUnsafeMutablePointer(to: &out) { (out) throws(ModelError) in
        var writer = unsafe PartWriter(out: out)
        unsafe try forEachPart(
          of: Int(rows.part), from: rows.fileOffset, byteCount: rows.rowByteCount * rows.rowCount,
          buffer, &writer)
      }
    }
    out.flush()
  }

  private func makeHeader(
    _ contents: PackedContents, _ buffer: UnsafeMutableRawBufferPointer
  ) throws(ModelError) -> PackedHeader {
    var header = PackedHeader()
    var source = PartHasher()
    unsafe try forEachPart(buffer, &source)
    header.sourceHash = source.hash.finish()
    header.sourceByteCount = UInt64(byteCount)
    header.firstByteCount = UInt64(file.byteCount)
    var metadata = PartHasher()
    unsafe try forEachMetadataPart(buffer, &metadata)
    header.metadataByteCount = UInt64(metadataByteCount)
    header.metadataChecksum = metadata.hash.finish()
    header.tokenizerByteCount = unsafe UInt64(contents.tokenizer.count)
    header.tokenizerChecksum = unsafe Self.hash(contents.tokenizer)
    header.headBudgetsByteCount = unsafe UInt64(contents.headBudgets.count)
    header.headBudgetsChecksum = unsafe Self.hash(contents.headBudgets)
    header.vocabulary = contents.vocabulary
    header.weightByteCount = unsafe UInt64(contents.weights.count)
    header.weightChecksum = contents.weightChecksum
    if let rows = contents.layerInputs {
      header.layerInputByteCount = UInt64(rows.rowByteCount * rows.rowCount)
      header.layerInputType = UInt64(rows.type.rawValue)
    }
    header.isOutputTied = shape.isOutputTied ? 1 : 0
    header.hasBias = shape.layer(0).hasBias ? 1 : 0
    header.ropeFactors = shape.foundRopeFactors.rawValue
    header.keepsCodes = contents.keepsCodes ? 1 : 0
    if contents.keepsCodes { header.coded = shape.coded }
    header.shapeFingerprint = shape.fingerprint
    header.checksum = header.expectedChecksum()
    return header
  }

  private static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var hash = XXHash64()
    unsafe hash.update(bytes)
    return hash.finish()
  }

  private func forEachMetadataPart<Visitor: PartVisitor>(
    _ buffer: UnsafeMutableRawBufferPointer, _ visitor: inout Visitor
  ) throws(ModelError) {
    unsafe try forEachPart(of: 0, byteCount: metadataByteCount, buffer, &visitor)
  }

  /// All bytes of all files.
  private func forEachPart<Visitor: PartVisitor>(
    _ buffer: UnsafeMutableRawBufferPointer, _ visitor: inout Visitor
  ) throws(ModelError) {
    for index in 0..<partCount {
      unsafe try forEachPart(of: index, byteCount: byteCount(ofPart: index), buffer, &visitor)
    }
  }

  private func forEachPart<Visitor: PartVisitor>(
    of file: Int, from start: Int = 0, byteCount: Int, _ buffer: UnsafeMutableRawBufferPointer,
    _ visitor: inout Visitor
  ) throws(ModelError) {
    var offset = start
    let end = start + byteCount
    while offset < end {
      let part = unsafe UnsafeMutableRawBufferPointer(
        rebasing: buffer[..<min(buffer.count, end - offset)])
      unsafe try read(into: part, at: offset, part: file)
      unsafe visitor.visit(UnsafeRawBufferPointer(part))
      offset += part.count
    }
  }
}

/// Receives the bytes of files in order.
private protocol PartVisitor {
  mutating func visit(_ bytes: UnsafeRawBufferPointer)
}

private struct PartHasher: PartVisitor {
  var hash = XXHash64()
  mutating func visit(_ bytes: UnsafeRawBufferPointer) { unsafe hash.update(bytes) }
}

@safe private struct PartWriter: PartVisitor {
  private let out: UnsafeMutablePointer<TextOutput>

  /// `out` must stay where it is while this is used.
  init(out: UnsafeMutablePointer<TextOutput>) { unsafe self.out = unsafe out }

  mutating func visit(_ bytes: UnsafeRawBufferPointer) { unsafe out.pointee.write(raw: bytes) }
}

extension TextOutput {
  fileprivate mutating func write(zeros count: Int) {
    for _ in 0..<count { write(byte: 0) }
  }
}
