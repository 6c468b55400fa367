/// The definition, in plain integer arithmetic, in the layouts of another path.
public enum PortableKernel<Twin: Int8Kernel>: Int8Kernel {
  public static var tileRows: Int { Twin.tileRows }
  public static var groupOutputs: Int { Twin.groupOutputs }
  public static var run: Int { Twin.run }
  public static var activationBias: UInt8 { Twin.activationBias }

  public static func tiles(
    _ activations: UnsafePointer<Int8>, _ weights: UnsafePointer<Int8>,
    _ starts: UnsafePointer<Int32>, kPadded: Int, tileCount: Int, into sink: some SumSink
  ) {
    let vectors = groupOutputs / SumVector.scalarCount
    for tile in 0..<tileCount {
      var sums = sixteenTimes(SumVector())
      for row in 0..<tileRows {
        for vector in 0..<vectors {
          sums[row * vectors + vector] = unsafe products(
            activations + tile * tileRows * kPadded + row * run, runStride: tileRows * run,
            weights, kPadded: kPadded, output: vector * SumVector.scalarCount)
        }
      }
      sink.put(sums, rows: tileRows, firstRow: tile * tileRows, group: 0)
    }
  }

  public static func row(
    _ activations: UnsafePointer<Int8>, _ weights: UnsafePointer<Int8>,
    _ starts: UnsafePointer<Int32>, kPadded: Int, groupCount: Int, into sink: some SumSink
  ) {
    for group in 0..<groupCount {
      var sums = twice(SumVector())
      for vector in 0..<groupOutputs / SumVector.scalarCount {
        sums[vector] = unsafe products(
          activations, runStride: run, weights + group * groupOutputs * kPadded,
          kPadded: kPadded, output: vector * SumVector.scalarCount)
      }
      sink.put(sums, rows: 1, firstRow: 0, group: group)
    }
  }

  public static func rows(
    _ activations: UnsafePointer<Int8>, rowCount: Int, _ weights: UnsafePointer<Int8>,
    _ starts: UnsafePointer<Int32>, kPadded: Int, groupCount: Int, into sink: some SumSink
  ) {
    let vectors = groupOutputs / SumVector.scalarCount
    for group in 0..<groupCount {
      var sums = sixteenTimes(SumVector())
      for place in 0..<rowCount * vectors {
        sums[place] = unsafe products(
          activations + place / vectors * kPadded, runStride: run,
          weights + group * groupOutputs * kPadded, kPadded: kPadded,
          output: place % vectors * SumVector.scalarCount)
      }
      sink.put(sums, rows: rowCount, firstRow: 0, group: group)
    }
  }

  /// The sums of one row and a vector of outputs.
  private static func products(
    _ activations: UnsafePointer<Int8>, runStride: Int, _ weights: UnsafePointer<Int8>,
    kPadded: Int, output: Int
  ) -> SumVector {
    var sums = SumVector()
    for lane in 0..<SumVector.scalarCount {
      var sum: Int32 = 0
      for index in 0..<kPadded {
        let stored = unsafe UInt8(bitPattern: activations[index / run * runStride + index % run])
        let w = unsafe weights[
          index / run * groupOutputs * run + (output + lane) * run + index % run]
        sum &+= Int32(Int8(bitPattern: stored ^ activationBias)) &* Int32(w)
      }
      sums[lane] = sum
    }
    return sums
  }
}
