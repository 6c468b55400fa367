import Platform

/// The format's constants and this reader's limits.
public enum GGUF {
  /// "GGUF", read as a little-endian word.
  static let magic: UInt32 = 0x4655_4747
  /// Versions 2 and 3 have one layout; version 3 adds big-endian files. Version 1 differs.
  static let versionMin: UInt32 = 2
  static let versionMax: UInt32 = 3
  /// Bytes of a length before a string.
  static let lengthByteCount = 8
  /// Models have some tens of keys.
  public static let keyCountMax = 65_536
  /// The largest layer count needs fewer than 5,000.
  public static let tensorCountMax = 65_536
  /// Files of a split model, which are all open at once. Large models come in some ten.
  public static var partCountMax: Int { FurtherParts.countMax }
  /// GGUF's own limit.
  public static let keyByteCountMax = 65_535
  /// Strings of one array: twice the merges of the largest vocabulary that is taken.
  public static let stringCountMax = 1 << 22
  /// Keys with their values; the largest vocabularies take some 20 MiB. It bounds the time for a
  /// file of any size, which may be sparse.
  public static let metadataByteCountMax = 128 << 20
  /// GGUF's own limit.
  public static let tensorNameByteCountMax = 64
  public static let alignmentDefault = 32
  public static let alignmentMin = 8
  public static let alignmentMax = 1 << 20
  /// Tokens of real vocabularies have at most some hundreds of bytes.
  public static let tokenByteCountMax = 4096
  /// Two tokens and the space between them.
  public static let mergeByteCountMax = 2 * tokenByteCountMax + 1
  public static let chatTemplateByteCountMax = 64 * 1024
  /// Half of it holds the longest token, all of it the longest merge.
  public static let bufferByteCountMin = 16 * 1024
}

/// The fixed part at the start of the file.
struct Preamble {
  let version: UInt32
  let tensorCount: Int
  let keyCount: Int

  init(_ cursor: inout FileCursor, of file: borrowing InputFile) throws(ModelError) {
    let magic = try cursor.integer(UInt32.self, "the magic number", of: file)
    if magic == GGUF.magic.byteSwapped { throw .bigEndian }
    if magic != GGUF.magic { throw .notGGUF(magic) }
    version = try cursor.integer(UInt32.self, "the version", of: file)
    let swapped = version.byteSwapped
    if swapped >= 1 && swapped <= GGUF.versionMax { throw .bigEndian }
    if version < GGUF.versionMin || version > GGUF.versionMax { throw .version(version) }
    tensorCount = try cursor.count(
      "the count of tensors", minimum: 0, maximum: GGUF.tensorCountMax, of: file)
    keyCount = try cursor.count(
      "the count of keys", minimum: 0, maximum: GGUF.keyCountMax, of: file)
  }
}
