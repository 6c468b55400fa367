/// Sixteen columns of a product's right side, stored side by side for each step of the sums:
/// `[k][16]`.
enum FloatPanel {
  static let width = 16

  static func padded(_ count: Int) -> Int { (count + width - 1) / width * width }

  /// out[row][0..<16] = x[row] · panel for all rows. Each sum is taken in the order of k, so its bits
  /// do not depend on how many rows there are.
  /// - Parameters:
  ///   - stride: of `x`; `outStride` of `out`; in elements.
  static func multiply(
    _ x: UnsafePointer<Float>, stride: Int, rowCount: Int, _ panel: UnsafePointer<Float>, k: Int,
    into out: UnsafeMutablePointer<Float>, outStride: Int
  ) {
    var row = 0
    while row + 8 <= rowCount {
      FloatTile<8>(x + row * stride, stride: stride, panel, k: k)
        .store(out + row * outStride, stride: outStride)
      row += 8
    }
    while row + 2 <= rowCount {
      FloatTile<2>(x + row * stride, stride: stride, panel, k: k)
        .store(out + row * outStride, stride: outStride)
      row += 2
    }
    if row < rowCount {
      FloatTile<1>(x + row * stride, stride: stride, panel, k: k)
        .store(out + row * outStride, stride: outStride)
    }
  }
}

/// The product of some rows with a panel, held in registers.
private struct FloatTile<let rows: Int> {
  private var sums = InlineArray<rows, SIMD16<Float>>(repeating: .zero)

  @inline(__always)
  init(_ x: UnsafePointer<Float>, stride: Int, _ panel: UnsafePointer<Float>, k: Int) {
    for index in 0..<k {
      let lanes = UnsafeRawPointer(panel + index &* FloatPanel.width)
        .loadUnaligned(as: SIMD16<Float>.self)
      for row in 0..<rows {
        sums[unchecked: row] += lanes * SIMD16(repeating: x[row &* stride &+ index])
      }
    }
  }

  @inline(__always)
  func store(_ out: UnsafeMutablePointer<Float>, stride: Int) {
    for row in 0..<rows {
      UnsafeMutableRawPointer(out + row &* stride)
        .storeBytes(of: sums[unchecked: row], as: SIMD16<Float>.self)
    }
  }
}

/// A weight matrix in panels: `[outputs / 16][k][16]`, zeros in the last panel's rest.
struct FloatMatrix {
  let outputCount: Int
  let k: Int
  private let buffer: FloatBuffer

  init(outputCount: Int, k: Int) {
    self.outputCount = outputCount
    self.k = k
    buffer = FloatBuffer(count: FloatPanel.padded(outputCount) * k)
  }

  private var panelCount: Int { FloatPanel.padded(outputCount) / FloatPanel.width }

  private func first(_ output: Int) -> UnsafeMutablePointer<Float> {
    let (panel, lane) = (output / FloatPanel.width, output % FloatPanel.width)
    return buffer.start + panel * k * FloatPanel.width + lane
  }

  func setRow(_ output: Int, from row: UnsafePointer<Float>) {
    let target = first(output)
    for index in 0..<k { target[index * FloatPanel.width] = row[index] }
  }

  func getRow(_ output: Int, into row: UnsafeMutablePointer<Float>) {
    let source = first(output)
    for index in 0..<k { row[index] = source[index * FloatPanel.width] }
  }

  /// out = x · Wᵀ, or + bias.
  /// - Parameter bias: one for each output.
  func multiply(
    _ x: FloatRows, firstRow: Int = 0, rowCount: Int, plus bias: [Float]? = nil,
    into out: FloatRows, _ workers: Workers
  ) {
    workers.forEach(panelCount) { _, panel in
      let column = panel * FloatPanel.width
      FloatPanel.multiply(
        x[firstRow], stride: x.stride, rowCount: rowCount, buffer.start + column * k, k: k,
        into: out[0] + column, outStride: out.stride)
      guard let bias else { return }
      for row in 0..<rowCount {
        for output in column..<min(column + FloatPanel.width, outputCount) {
          out[row][output] += bias[output]
        }
      }
    }
  }
}
