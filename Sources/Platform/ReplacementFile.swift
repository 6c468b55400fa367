import CPlatform

/// A file that appears under its name only when it is whole: it is written beside its place,
/// synced, and renamed. Dropped before `commit`, it leaves nothing behind. If the name is a link, the
/// file that it leads to is replaced, and the link stays.
///
/// A device, a named pipe, and what standard output or standard error already goes to are no files
/// that could be replaced: they are written to as the text comes.
@safe public struct ReplacementFile: ~Copyable {
  public static let pathByteCountMax = 4096
  private static let suffix: StaticString = ".partial"
  /// The place, and the name beside it; both are empty if the text is written through.
  private var path = PathBuffer()
  private var partialPath = PathBuffer()
  private let descriptor: Int32
  private let isOwned: Bool
  private var isCommitted = false
  public var text: TextOutput

  @export(interface)
  public init(path: UnsafePointer<CChar>) throws(SystemFailure) {
    let target = unsafe try Self.target(of: path)
    descriptor = target.descriptor
    isOwned = target.isOwned
    self.path = target.path
    partialPath = target.partialPath
    text = TextOutput(descriptor: target.descriptor)
  }

  deinit {
    if isCommitted { return }
    if isOwned { _ = edge_close(descriptor) }
    if partialPath.isEmpty { return }
    _ = unsafe partialPath.withPointer { unsafe edge_unlink($0) }
  }

  /// Writes the rest, syncs and renames. After a failure the old file is still in place.
  @export(interface)
  public mutating func commit() throws(SystemFailure) {
    text.flush()
    if text.failure != 0 { throw SystemFailure("write", code: text.failure) }
    if !partialPath.isEmpty { try replace() }
    isCommitted = true
    if isOwned { _ = edge_close(descriptor) }
  }

  private func replace() throws(SystemFailure) {
    let synced = edge_sync(descriptor)
    // Some file systems cannot sync; they hold nothing that could be lost.
    if synced < 0 && synced != -EINVAL { throw SystemFailure("sync", code: -synced) }
    let renamed = unsafe partialPath.withPointer { from in
      unsafe path.withPointer { unsafe edge_rename(from, $0) }
    }
    if renamed < 0 { throw SystemFailure("rename", code: -renamed) }
  }
}

/// Where the text goes.
extension ReplacementFile {
  private struct Target {
    var descriptor: Int32 = -1
    var isOwned = true
    var path = PathBuffer()
    var partialPath = PathBuffer()
  }

  private static func target(of path: UnsafePointer<CChar>) throws(SystemFailure) -> Target {
    switch unsafe edge_file_kind(path) {
    case edge_kind_folder: throw SystemFailure("create", code: EISDIR)
    case edge_kind_pipe: return unsafe try openPipe(path)
    case edge_kind_special: return unsafe try opened(ownOutput(path) ?? openThrough(path))
    default: break
    }
    if let own = unsafe ownOutput(path) { return own }
    return unsafe try besidePlace(path)
  }

  /// Standard output or standard error, if `path` leads to what one of them goes to.
  private static func ownOutput(_ path: UnsafePointer<CChar>) -> Target? {
    for descriptor: Int32 in 1...2 where unsafe edge_is_same_file(path, descriptor) != 0 {
      return Target(descriptor: descriptor, isOwned: false)
    }
    return nil
  }

  private static func openThrough(_ path: UnsafePointer<CChar>) -> Target {
    Target(descriptor: unsafe edge_open_through(path, 0))
  }

  /// A pipe that nobody reads is refused, because its opening would wait without end.
  private static func openPipe(_ path: UnsafePointer<CChar>) throws(SystemFailure) -> Target {
    if let own = unsafe ownOutput(path) { return own }
    let probe = unsafe try opened(Target(descriptor: edge_open_through(path, O_NONBLOCK)))
    defer { _ = edge_close(probe.descriptor) }
    return unsafe try opened(openThrough(path))
  }

  private static func besidePlace(_ path: UnsafePointer<CChar>) throws(SystemFailure) -> Target {
    var target = Target()
    target.path = unsafe try PathBuffer(path).withoutLinks()
    target.partialPath = target.path
    try target.partialPath.append(suffix)
    target.descriptor = unsafe target.partialPath.withPointer { unsafe edge_open_create($0) }
    return try opened(target)
  }

  private static func opened(_ target: Target) throws(SystemFailure) -> Target {
    if target.descriptor < 0 { throw SystemFailure("create", code: -target.descriptor) }
    return target
  }
}

/// A path in memory of its own.
private struct PathBuffer {
  private static let linkCountMax = 16
  private var bytes = InlineArray<4096, CChar>(repeating: 0)
  private var count = 0

  var isEmpty: Bool { count == 0 }

  init() {}

  init(_ path: UnsafePointer<CChar>) throws(SystemFailure) {
    var index = 0
    while unsafe path[index] != 0 {
      try append(unsafe path[index])
      index += 1
    }
  }

  private mutating func append(_ byte: CChar) throws(SystemFailure) {
    if count + 1 >= ReplacementFile.pathByteCountMax {
      throw SystemFailure("create", code: ENAMETOOLONG)
    }
    bytes[count] = byte
    count += 1
    bytes[count] = 0
  }

  mutating func append(_ text: StaticString) throws(SystemFailure) {
    for index in 0..<text.utf8CodeUnitCount {
      try append(unsafe CChar(bitPattern: text.utf8Start[index]))
    }
  }

  func withPointer(_ body: (UnsafePointer<CChar>) -> Int32) -> Int32 {
    unsafe withUnsafePointer(to: bytes) {
      unsafe body(UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
    }
  }

  /// The path that this one leads to if it is a link, and a link to a link, and so on. The last one
  /// need not be there.
  func withoutLinks() throws(SystemFailure) -> PathBuffer {
    var path = self
    for _ in 0..<Self.linkCountMax {
      guard let next = try path.linkTarget() else { return path }
      path = next
    }
    throw SystemFailure("create", code: ELOOP)
  }

  private func linkTarget() throws(SystemFailure) -> PathBuffer? {
    var read = PathBuffer()
    let length = unsafe withUnsafeMutablePointer(to: &read.bytes) { to in
      unsafe withPointer {
        unsafe edge_read_link($0, UnsafeMutableRawPointer(to), ReplacementFile.pathByteCountMax - 1)
      }
    }
    if length <= 0 { return nil }
    read.count = Int(length)
    if read.bytes[0] == CChar(UInt8(ascii: "/")) { return read }
    var target = self
    while target.count > 0 && target.bytes[target.count - 1] != CChar(UInt8(ascii: "/")) {
      target.count -= 1
    }
    for index in 0..<read.count { try target.append(read.bytes[index]) }
    return target
  }
}
