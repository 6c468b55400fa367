import CPlatform

/// A system call that failed: what was tried, and the errno.
public struct SystemFailure: Error {
  public let operation: StaticString
  public let code: Int32

  public init(_ operation: StaticString, code: Int32) {
    self.operation = operation
    self.code = code
  }

  public var isMissingFile: Bool { code == ENOENT || code == ENOTDIR }

  /// The usual sentence for the errno, for the codes that a user is likely to meet.
  public var reason: StaticString {
    @export(interface) get {
      switch code {
      case ENOENT: "no such file or directory"
      case ENOTDIR: "a part of the path is not a directory"
      case EACCES, EPERM: "permission denied"
      case EISDIR: "it is a directory"
      case EINVAL: "it is not a regular file"
      case EEXIST: "something else has this name"
      case ENOSPC: "no space left on the device"
      case EIO: "input/output error"
      case EPIPE: "the reader went away"
      case ENOMEM: "not enough memory"
      case EBUSY: "another process uses it"
      case EAGAIN: "the resource is temporarily unavailable"
      case EROFS: "the file system is read-only"
      case EMFILE, ENFILE: "too many open files"
      case EADDRINUSE: "the address is in use"
      case EADDRNOTAVAIL: "this machine has no such address"
      case EFBIG: "the file is larger than the limit of file sizes"
      default: "system error"
      }
    }
  }
}

/// Makes a folder; one that is there is as good. Those above it must be there.
@export(interface)
public func makeFolder(_ path: UnsafePointer<CChar>) throws(SystemFailure) {
  let made = unsafe edge_make_folder(path)
  if made >= 0 { return }
  if unsafe edge_file_kind(path) == edge_kind_folder { return }
  throw SystemFailure("make the folder", code: -made)
}

/// A regular file, or a part of one, open for reading at given offsets. Its size is taken once, when
/// it is opened.
public struct InputFile: ~Copyable {
  let descriptor: Int32
  /// Where the part begins.
  private(set) var start = 0
  public private(set) var byteCount: Int

  @export(interface)
  public init(path: UnsafePointer<CChar>) throws(SystemFailure) {
    try self.init(opened: unsafe edge_open_file(path))
  }

  /// - Parameter opened: the descriptor, or a negated errno.
  init(opened: Int32) throws(SystemFailure) {
    if opened < 0 { throw SystemFailure("open", code: -opened) }
    let size = edge_regular_file_size(opened)
    if size < 0 {
      _ = edge_close(opened)
      throw SystemFailure("open", code: Int32(-size))
    }
    descriptor = opened
    byteCount = Int(size)
  }

  deinit { _ = edge_close(descriptor) }

  /// From here on offsets are counted from `start`, and `byteCount` is what its user takes for the
  /// size; what lies behind it in the file can still be read.
  public mutating func selectPart(from start: Int, byteCount: Int) {
    self.start = start
    self.byteCount = byteCount
  }

  /// Puts pages of the file in place of mapped memory, read-only and shared with the page cache.
  /// - Parameters:
  ///   - target: whole pages of the system.
  ///   - offset: a multiple of a page, counted from the start of the file.
  /// - Returns: false where the system or the file system does not do it; the memory is then as it
  ///   was.
  public func map(over target: UnsafeMutableRawBufferPointer, at offset: Int) -> Bool {
    unsafe edge_map_file(
      target.baseAddress, target.count, descriptor, Int64(start + offset)) == 0
  }

  /// Lets the system take back the memory in which it keeps what was read.
  public func releaseCachedPages() { edge_release_pages(descriptor) }

  /// Reads until `target` is full or the file ends; returns the count of bytes read. Safe to call
  /// from several threads at once.
  @export(interface)
  public func read(
    into target: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(SystemFailure) -> Int {
    var done = 0
    while done < target.count {
      let got = unsafe edge_pread(
        descriptor, target.baseAddress! + done, target.count - done, Int64(start + offset + done))
      if got == Int64(-EINTR) { continue }
      if got < 0 { throw SystemFailure("read", code: Int32(-got)) }
      if got == 0 { break }
      done += Int(got)
    }
    return done
  }
}

/// Bytes that come in order and may not end: a file, a pipe or standard input.
public struct InputStream: ~Copyable {
  private let descriptor: Int32
  private let isOwned: Bool
  /// The size of a regular file; nil for what has no end of its own.
  public let byteCount: Int?

  public static var standardInput: InputStream { InputStream(descriptor: 0, isOwned: false) }

  private init(descriptor: Int32, isOwned: Bool) {
    self.descriptor = descriptor
    self.isOwned = isOwned
    let size = edge_regular_file_size(descriptor)
    byteCount = size >= 0 ? Int(size) : nil
  }

  @export(interface)
  public init(path: UnsafePointer<CChar>) throws(SystemFailure) {
    let opened = unsafe edge_open_read(path)
    if opened < 0 { throw SystemFailure("open", code: -opened) }
    self.init(descriptor: opened, isOwned: true)
  }

  deinit { if isOwned { _ = edge_close(descriptor) } }

  /// Reads what is there, at least one byte; 0 at the end. An interrupt ends the wait with EINTR.
  @export(interface)
  public func read(into target: UnsafeMutableRawBufferPointer) throws(SystemFailure) -> Int {
    while true {
      if Interrupt.isRaised { throw SystemFailure("read", code: EINTR) }
      let got = unsafe edge_read(descriptor, target.baseAddress, target.count)
      if got == Int64(-EINTR) { continue }
      if got < 0 { throw SystemFailure("read", code: Int32(-got)) }
      return Int(got)
    }
  }
}
