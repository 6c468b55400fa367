/// The bodies of requests between their arrival and their turn, in blocks of memory that all
/// connections share.
///
/// Some of the blocks are a reserve of the size of the largest body. One body at a time draws on the
/// reserve, so that it can become whole whatever the others hold; the others wait for blocks.
@safe struct BodyStore: ~Copyable {
  static let blockByteCount = 16_384

  let blocks: BodyBlocks
  private var firstFree: Int32
  private(set) var freeCount: Int
  /// Blocks of the reserve.
  private let reserveCount: Int
  /// Blocks of the reserve that its owner has taken.
  private var reserveTaken = 0
  /// The connection whose body draws on the reserve; nil if there is none.
  private(set) var owner: Int?
  /// A body has waited for a block since one was last given back.
  private(set) var isWanted = false

  /// Blocks for the largest body, and one for each connection.
  static func blockCount(_ settings: ServiceSettings) -> Int {
    reserveCount(settings) + settings.connectionCount
  }

  private static func reserveCount(_ settings: ServiceSettings) -> Int {
    // Room is made for a piece before it is known how long the piece is.
    (settings.bodyByteCountMax + Connection.pieceByteCountMax + blockByteCount - 1) / blockByteCount
  }

  init(_ layout: ServiceLayout, _ settings: ServiceSettings) {
    blocks = unsafe BodyBlocks(bytes: layout.bodyBytes, following: layout.bodyBlocks)
    reserveCount = Self.reserveCount(settings)
    freeCount = Self.blockCount(settings)
    firstFree = 0
    for block in 0..<freeCount {
      blocks.setNext(of: Int32(block), block + 1 == freeCount ? -1 : Int32(block + 1))
    }
  }

  /// Makes room for a piece of `Connection.pieceByteCountMax` bytes.
  /// - Returns: false if there are no blocks for this body now.
  mutating func makeRoom(in body: inout StoredBody, of connection: Int) -> Bool {
    while body.capacity - body.byteCount < Connection.pieceByteCountMax {
      if freeCount <= reserveCount - reserveTaken {
        if let owner, owner != connection {
          isWanted = true
          return false
        }
        owner = connection
        reserveTaken += 1
      }
      append(takeBlock(), to: &body)
    }
    return true
  }

  private mutating func takeBlock() -> Int32 {
    precondition(freeCount > 0)
    let block = firstFree
    firstFree = blocks.next(of: block)
    freeCount -= 1
    return block
  }

  private func append(_ block: Int32, to body: inout StoredBody) {
    blocks.setNext(of: block, -1)
    if body.first < 0 {
      (body.first, body.writing) = (block, block)
    } else {
      var last = body.writing
      while blocks.next(of: last) >= 0 { last = blocks.next(of: last) }
      blocks.setNext(of: last, block)
    }
    body.capacity += Self.blockByteCount
  }

  /// Stores a piece that `makeRoom` has made room for.
  func append(_ piece: Span<UInt8>, to body: inout StoredBody) {
    precondition(piece.count <= body.capacity - body.byteCount)
    for index in 0..<piece.count {
      let place = body.byteCount % Self.blockByteCount
      if place == 0 && body.byteCount > 0 {
        body.writing = blocks.next(of: body.writing)
      }
      blocks.store(piece[index], at: place, of: body.writing)
      body.byteCount += 1
    }
  }

  /// Gives the blocks of a body back.
  mutating func release(_ body: inout StoredBody, of connection: Int) {
    while body.first >= 0 {
      let block = body.first
      body.first = blocks.next(of: block)
      blocks.setNext(of: block, firstFree)
      firstFree = block
      freeCount += 1
      isWanted = false
    }
    body = StoredBody()
    if owner == connection { (owner, reserveTaken) = (nil, 0) }
  }
}

/// The memory of a store. The pieces of a body stay there until its blocks are given back.
@safe struct BodyBlocks {
  private let bytes: UnsafeMutablePointer<UInt8>
  /// Of each block: the next one of its body, or of the free ones; -1 for the last one.
  private let following: UnsafeMutablePointer<Int32>

  /// - Parameters:
  ///   - bytes: of all blocks, one behind the other.
  ///   - following: a number for each block.
  init(bytes: UnsafeMutablePointer<UInt8>, following: UnsafeMutablePointer<Int32>) {
    unsafe self.bytes = unsafe bytes
    unsafe self.following = unsafe following
  }

  fileprivate func next(of block: Int32) -> Int32 { unsafe following[Int(block)] }

  fileprivate func setNext(of block: Int32, _ next: Int32) {
    unsafe following[Int(block)] = next
  }

  fileprivate func store(_ byte: UInt8, at offset: Int, of block: Int32) {
    unsafe bytes[Int(block) * BodyStore.blockByteCount + offset] = byte
  }

  /// The next piece of a body, and the place behind it; empty at its end.
  func piece(of body: StoredBody, at place: inout StoredPlace) -> UnsafeBufferPointer<UInt8> {
    let offset = place.byteCount % BodyStore.blockByteCount
    if place.byteCount == 0 {
      place.block = body.first
    } else if offset == 0 && place.byteCount < body.byteCount {
      place.block = next(of: place.block)
    }
    let inBlock = min(body.byteCount - place.byteCount, BodyStore.blockByteCount - offset)
    let count = min(inBlock, Connection.pieceByteCountMax)
    if count == 0 { return unsafe UnsafeBufferPointer(start: nil, count: 0) }
    place.byteCount += count
    return unsafe UnsafeBufferPointer(
      start: bytes + Int(place.block) * BodyStore.blockByteCount + offset, count: count)
  }

  /// The place behind so many bytes of a body, which has them.
  func place(behind byteCount: Int, of body: StoredBody) -> StoredPlace {
    precondition(byteCount >= 0 && byteCount <= body.byteCount)
    if byteCount == 0 { return StoredPlace() }
    var block = body.first
    for _ in 0..<(byteCount - 1) / BodyStore.blockByteCount { block = next(of: block) }
    return StoredPlace(byteCount: byteCount, block: block)
  }
}

/// A body in a store.
struct StoredBody {
  fileprivate(set) var byteCount = 0
  /// Bytes that its blocks have room for.
  fileprivate var capacity = 0
  /// The first block, and the one that bytes are added to; -1 if there is none.
  fileprivate var first: Int32 = -1
  fileprivate var writing: Int32 = -1
}

/// How far a body in a store has been read.
struct StoredPlace {
  fileprivate(set) var byteCount = 0
  fileprivate var block: Int32 = -1
}
