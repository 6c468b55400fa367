import Testing

@testable import Service

/// Small parts of the loop.
@Suite struct PartTests {
  @Test func patienceIsSpentByWaitingAlone() {
    let second = ServiceTimes.second
    var patience = Patience(limit: 2 * second)
    patience.wait(from: 0, moved: 0)
    #expect(patience.deadline == 2 * second && !patience.isAtEnd)
    patience.end(at: second, moved: 0)
    #expect(patience.deadline == .max)
    patience.wait(from: 100 * second, moved: 0)
    #expect(patience.deadline == 101 * second)
    // 1024 bytes are worth a second.
    patience.wait(from: 101 * second, moved: 1024)
    #expect(!patience.isAtEnd && patience.deadline == 102 * second)
    patience.wait(from: 102 * second, moved: 1024)
    #expect(patience.isAtEnd)
  }

  @Test func theQueueIsARing() {
    let memory = UnsafeMutablePointer<Int>.allocate(capacity: 3)
    defer { memory.deallocate() }
    var queue = RequestQueue(memory, capacity: 3)
    for round in 0..<5 {
      let taken = (0..<4).map { queue.append(10 * round + $0, countMax: 3) }
      #expect(taken == [true, true, true, false])
      queue.remove(10 * round + 1)
      #expect(queue.count == 2)
      let given = (0..<3).map { _ in queue.popFirst() }
      #expect(given == [10 * round, 10 * round + 2, nil])
      let isTaken = queue.append(1, countMax: 0)
      #expect(!isTaken)
    }
  }

  private static func bytes(of buffer: borrowing AnswerBuffer) -> [UInt8] {
    let piece = buffer.piece()
    return (0..<piece.count).map { piece[$0] }
  }

  /// Text is cut between characters.
  @Test func piecesAreWholeCharacters() {
    let text = Array(String(repeating: "aé€😀", count: 500).utf8)
    let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: text.count)
    defer { memory.deallocate() }
    for shift in 0..<4 {
      var buffer = AnswerBuffer(memory, capacity: text.count)
      let given = Array(repeating: UInt8(ascii: "x"), count: shift) + text.dropLast(10)
      for byte in given { buffer.write(byte: byte) }
      var received: [UInt8] = []
      while !buffer.isEmpty {
        let bytes = Self.bytes(of: buffer)
        #expect(bytes.count <= AnswerBuffer.pieceByteCountMax)
        #expect(String(validating: bytes, as: UTF8.self) != nil)
        received += bytes
        buffer.removePiece()
      }
      #expect(received == given)
    }
  }
}
