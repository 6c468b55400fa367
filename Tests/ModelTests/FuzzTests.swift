import Foundation
import Memory
import TestSupport
import Testing

@testable import Model

/// Spoiled files must give an error or a model, never a trap, and never take long.
@Suite struct FuzzTests {
  private static let roundCount = 1500
  private static let secondsMax = 1.0

  @Test(arguments: 0..<8 as Range<UInt64>) func spoiledFiles(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let types: [TensorType] = [.q4_1, .q8_0, .float16, .q5_0, .q4_k, .q6_k, .iq4_xs, .q2_k]
    let type = types[Int(seed % 8)]
    let builder = GGUFBuilder(type: type, layerCount: 1, isTied: seed % 2 == 0)
    let bytes = builder.build()
    let headerByteCount = builder.header.count
    let file = TemporaryFile()
    let buffer = ReadBuffer()
    var acceptedCount = 0
    for _ in 0..<Self.roundCount {
      file.write(spoil(bytes, headerByteCount, &generator))
      let start = Date()
      do throws(ModelError) {
        try useAll(file.path, buffer)
        acceptedCount += 1
      } catch {
        #expect(error.exitCode == .malformedData)
        _ = message(error)
      }
      #expect(Date().timeIntervalSince(start) < Self.secondsMax)
    }
    // Some changes touch nothing of importance, most must be noticed.
    #expect(acceptedCount > 0 && acceptedCount < Self.roundCount)
  }

  /// One to four changes: a byte, a word of a telling value, a piece left out, doubled or moved.
  private func spoil(
    _ bytes: [UInt8], _ headerByteCount: Int, _ generator: inout SeededGenerator
  ) -> [UInt8] {
    var out = bytes
    for _ in 0..<Int.random(in: 1...4, using: &generator) {
      let place = Int.random(in: 0..<min(headerByteCount, out.count), using: &generator)
      let end = min(place + Int.random(in: 1...64, using: &generator), out.count)
      switch Int.random(in: 0..<6, using: &generator) {
      case 0: out[place] = UInt8.random(in: 0...255, using: &generator)
      case 1: out[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      case 2:
        let words: [UInt64] = [
          0, 1, 8, 12, 0xFFFF, 1 << 16, 1 << 31, 1 << 32, 1 << 61, 1 << 63, .max, .max - 7,
        ]
        let word = littleEndian(words.randomElement(using: &generator)!)
        let last = min(place + 8, out.count)
        out.replaceSubrange(place..<last, with: word[..<(last - place)])
      case 3: out.removeSubrange(place..<end)
      case 4: out.insert(contentsOf: out[place..<end], at: place)
      default: out.removeSubrange((out.count - (end - place))...)
      }
    }
    return out
  }

  /// Opens the file and does everything that can be done with it.
  private func useAll(_ path: String, _ buffer: ReadBuffer) throws(ModelError) {
    let model = unsafe try ModelFile(path: path, buffer: buffer.bytes)
    var list = TokenList()
    unsafe try model.forEachToken(buffer: buffer.bytes, &list)
    list = TokenList()
    unsafe try model.forEachMerge(buffer: buffer.bytes, &list)
    let text = ReadBuffer(byteCount: GGUF.chatTemplateByteCountMax)
    _ = unsafe try model.readChatTemplate(into: text.bytes)
    var measuring = Carver.measuring
    _ = TensorTable(shape: model.shape, carver: &measuring)
    guard let arena = try? Arena(plan: measuring.measured()) else { return }
    var carver = arena.carver()
    var table = TensorTable(shape: model.shape, carver: &carver)
    unsafe try table.fill(from: model, buffer: buffer.bytes)
    try readRows(table, of: model)
  }

  private func readRows(_ table: TensorTable, of model: borrowing ModelFile) throws(ModelError) {
    for layer in 0..<table.shape.layerCount {
      let tensor = table[.layer(layer, .down)]
      let row = ReadBuffer(byteCount: tensor.rowByteCount)
      unsafe try model.read(into: row.bytes, at: tensor.fileOffset(row: tensor.rowCount - 1))
      var values = [Float](repeating: 0, count: tensor.columnCount)
      unsafe values.withUnsafeMutableBufferPointer {
        unsafe dequantize(
          tensor.type, from: row.bytes.baseAddress!, count: tensor.columnCount,
          into: $0.baseAddress!)
      }
    }
  }
}
