import Platform

/// Why a file of token ids cannot be read.
public enum TokenFileError: LineError {
  case system(SystemFailure)
  /// Bytes that are not a number, at a byte of the file.
  case notANumber(Excerpt, byteOffset: Int)
  case outsideVocabulary(Int, byteOffset: Int, vocabularyCount: Int)

  @export(interface)
  public func write(to out: inout TextOutput) {
    switch self {
    case .system(let failure):
      out.write("cannot ")
      out.write(failure.operation)
      out.write(": ")
      out.write(failure.reason)
    case .notANumber(let text, let offset):
      out.write("byte ")
      out.write(offset)
      out.write(": ")
      out.write(quoted: text)
      out.write(" is not a token id: whole numbers separated by white space are right")
    case .outsideVocabulary(let id, let offset, let vocabularyCount):
      out.write("byte ")
      out.write(offset)
      out.write(": the token id ")
      out.write(id)
      out.write(" is outside the model's vocabulary of ")
      out.write(vocabularyCount)
    }
  }

  public var exitCode: ExitCode {
    if case .system(let failure) = self {
      return failure.exitCode
    }
    return .malformedData
  }
}

/// Token ids in decimal, separated by white space.
@safe public struct TokenFile: PromptSource, ~Copyable {
  /// Bytes of the buffer through which a file is read.
  public static let bufferByteCount = 64 * 1024
  /// The longest run of characters that is looked at as one number.
  private static let digitCountMax = 10
  private let stream: InputStream
  private let buffer: UnsafeMutableRawPointer
  private let vocabularyCount: Int
  private var filled = 0
  private var used = 0
  private var offset = 0

  public var fraction: Double? { stream.byteCount.map { Double(offset) / Double(max($0, 1)) } }

  /// - Parameter buffer: `bufferByteCount` bytes.
  @export(interface)
  public init(stream: consuming InputStream, buffer: UnsafeMutableRawPointer, vocabularyCount: Int)
  {
    self.stream = stream
    unsafe self.buffer = unsafe buffer
    self.vocabularyCount = vocabularyCount
  }

  @export(interface)
  public mutating func next() throws(TokenFileError) -> PromptItem {
    var byte = try take()
    while let space = byte, Self.isSpace(space) { byte = try take() }
    guard byte != nil else { return .end }
    let start = offset - 1
    var text = Excerpt()
    var id = 0
    var isNumber = true
    while let digit = byte, !Self.isSpace(digit) {
      text.append(digit)
      if digit < UInt8(ascii: "0") || digit > UInt8(ascii: "9") || text.count > Self.digitCountMax {
        isNumber = false
      } else {
        id = id * 10 + Int(digit - UInt8(ascii: "0"))
      }
      byte = try take()
    }
    if !isNumber { throw .notANumber(text, byteOffset: start) }
    if id >= vocabularyCount {
      throw .outsideVocabulary(id, byteOffset: start, vocabularyCount: vocabularyCount)
    }
    return .token(Int32(id))
  }

  private mutating func take() throws(TokenFileError) -> UInt8? {
    if used == filled {
      do throws(SystemFailure) {
        filled = unsafe try stream.read(
          into: UnsafeMutableRawBufferPointer(start: buffer, count: Self.bufferByteCount))
      } catch {
        throw .system(error)
      }
      used = 0
      if filled == 0 { return nil }
    }
    let byte = unsafe buffer.load(fromByteOffset: used, as: UInt8.self)
    used += 1
    offset += 1
    return byte
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte >= 9 && byte <= 13
  }
}
