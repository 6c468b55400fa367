/// The bodies of requests between their arrival and their turn, in blocks of memory that all
/// connections share.
///
/// Some of the blocks are a reserve of the size of the largest body. One body at a time draws on the
/// reserve, so that it can become whole whatever the others hold; the others wait for blocks.
@safe struct BodyStore: ~Copyable {
  static let blockByteCount = 16_384

  private let bytes: UnsafeMutablePointer<UInt8>
  /// Of each block: the next one of its body, or of the free ones; -1 for the last one.
  private let following: UnsafeMutablePointer<Int32>
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
    unsafe bytes = unsafe layout.bodyBytes
    unsafe following = unsafe layout.bodyBlocks
    reserveCount = Self.reserveCount(settings)
    freeCount = Self.blockCount(settings)
    firstFree = 0
    for block in 0..<freeCount {
      unsafe following[block] = block + 1 == freeCount ? -1 : Int32(block + 1)
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
    firstFree = unsafe following[Int(block)]
    freeCount -= 1
    return block
  }

  private func append(_ block: Int32, to body: inout StoredBody) {
    unsafe following[Int(block)] = -1
    if body.first < 0 {
      (body.first, body.writing) = (block, block)
    } else {
      var last = body.writing
      while unsafe following[Int(last)] >= 0 { last = unsafe following[Int(last)] }
      unsafe following[Int(last)] = block
    }
    body.capacity += Self.blockByteCount
  }

  /// Stores a piece that `makeRoom` has made room for.
  func append(_ piece: Span<UInt8>, to body: inout StoredBody) {
    precondition(piece.count <= body.capacity - body.byteCount)
    for index in 0..<piece.count {
      let place = body.byteCount % Self.blockByteCount
      if place == 0 && body.byteCount > 0 {
        body.writing = unsafe following[Int(body.writing)]
      }
      unsafe bytes[Int(body.writing) * Self.blockByteCount + place] = piece[index]
      body.byteCount += 1
    }
  }

  /// The next piece of a body, and the place behind it; empty at its end.
  func piece(of body: StoredBody, at place: inout StoredPlace) -> UnsafeBufferPointer<UInt8> {
    let offset = place.byteCount % Self.blockByteCount
    if place.byteCount == 0 {
      place.block = body.first
    } else if offset == 0 && place.byteCount < body.byteCount {
      place.block = unsafe following[Int(place.block)]
    }
    let inBlock = min(body.byteCount - place.byteCount, Self.blockByteCount - offset)
    let count = min(inBlock, Connection.pieceByteCountMax)
    if count == 0 { return unsafe UnsafeBufferPointer(start: nil, count: 0) }
    place.byteCount += count
    return unsafe UnsafeBufferPointer(
      start: bytes + Int(place.block) * Self.blockByteCount + offset, count: count)
  }

  /// Gives the blocks of a body back.
  mutating func release(_ body: inout StoredBody, of connection: Int) {
    while body.first >= 0 {
      let block = body.first
      body.first = unsafe following[Int(block)]
      unsafe following[Int(block)] = firstFree
      firstFree = block
      freeCount += 1
      isWanted = false
    }
    body = StoredBody()
    if owner == connection { (owner, reserveTaken) = (nil, 0) }
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
