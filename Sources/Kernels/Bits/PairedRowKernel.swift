import CInstructions

#if !arch(x86_64)
  /// One token by groups of eight outputs, two groups at a time. Codes are bytes, stand for levels, lie in pairs in a
  /// byte (`hasPairedOutputs`) or share bytes with other codes' bits (`hasSpreadCodes`).
  ///
  /// With a byte b = 16 high + low, and one half taken from it, the sums of b by activations and of that
  /// half give those of both outputs: two products for each 32 codes and one instruction that takes a
  /// half, where each half by itself would take one more. The sums of the outputs of high halves are 16
  /// times what they stand for, and so are their products until they are stored.
  enum PairedRowKernel<Kind: PackedType> {
    /// - Parameters:
    ///   - x: one token.
    ///   - weights: packed blocks of groups, `groupByteCount` bytes each.
    ///   - out: `[groups][G]`, the products.
    static func run(
      _ x: BlockRows, _ weights: UnsafeRawPointer, groupByteCount: Int, groupCount: Int,
      into out: UnsafeMutablePointer<Float>
    ) {
      var (weights, out) = unsafe (weights, out)
      let places = FactorPlaces()
      for _ in 0..<groupCount / 2 {
        var first = unsafe PairedGroup<Kind>(weights)
        var second = unsafe PairedGroup<Kind>(weights + groupByteCount)
        var activations = PairedActivations<Kind>(x)
        repeat {
          if Kind.format.hasGroupFactors {
            addLong(&first, &second, &activations, places)
          } else {
            let scale = activations.nextScale()
            let (unit, sum) = activations.nextShort()
            first.addShort(unit, sum, scale: scale)
            second.follow(first)
            second.addShort(unit, sum, scale: scale)
          }
        } while !activations.isAtEnd
        unsafe first.store(out)
        unsafe second.store(out + BitsGeometry.outputs)
        unsafe weights += 2 &* groupByteCount
        unsafe out += 2 &* BitsGeometry.outputs
      }
      if groupCount % 2 != 0 {
        var group = unsafe PairedGroup<Kind>(weights)
        var activations = PairedActivations<Kind>(x)
        repeat {
          if Kind.format.hasGroupFactors {
            addLong(&group, &activations, places)
          } else {
            let scale = activations.nextScale()
            let (unit, sum) = activations.nextShort()
            group.addShort(unit, sum, scale: scale)
          }
        } while !activations.isAtEnd
        unsafe group.store(out)
      }
    }

    /// A long block of two groups.
    @inline(__always)
    private static func addLong(
      _ first: inout PairedGroup<Kind>, _ second: inout PairedGroup<Kind>,
      _ activations: inout PairedActivations<Kind>, _ places: FactorPlaces
    ) {
      let scale = activations.nextScale()
      var (firstTotals, secondTotals) = (first.startLong(), second.startLong())
      if Kind.format.hasFactorRuns {
        add(0, &first, &second, &activations, places, &firstTotals, &secondTotals)
        add(1, &first, &second, &activations, places, &firstTotals, &secondTotals)
        add(2, &first, &second, &activations, places, &firstTotals, &secondTotals)
        add(3, &first, &second, &activations, places, &firstTotals, &secondTotals)
        add(4, &first, &second, &activations, places, &firstTotals, &secondTotals)
        add(5, &first, &second, &activations, places, &firstTotals, &secondTotals)
        add(6, &first, &second, &activations, places, &firstTotals, &secondTotals)
        add(7, &first, &second, &activations, places, &firstTotals, &secondTotals)
      } else {
        for _ in 0..<Kind.format.unitsPerBlock {
          let unit = activations.nextLong()
          first.addUnit(unit, &firstTotals)
          second.follow(firstTotals)
          second.addUnit(unit, &secondTotals)
        }
      }
      let parts = activations.nextParts()
      firstTotals.follow(secondTotals)
      first.endLong(firstTotals, parts, scale: scale)
      secondTotals.follow(first)
      second.endLong(secondTotals, parts, scale: scale)
    }

    /// A unit of two groups whose factors lie in fours.
    @inline(__always)
    private static func add(
      _ index: Int, _ first: inout PairedGroup<Kind>, _ second: inout PairedGroup<Kind>,
      _ activations: inout PairedActivations<Kind>, _ places: FactorPlaces,
      _ firstTotals: inout PairedTotals, _ secondTotals: inout PairedTotals
    ) {
      if index % PackedLayout.factorRun == 0 {
        first.loadFactors(index / PackedLayout.factorRun, &firstTotals)
        second.loadFactors(index / PackedLayout.factorRun, &secondTotals)
      }
      let unit = activations.nextLong()
      first.addUnit(unit, index, places, &firstTotals)
      second.follow(firstTotals)
      second.addUnit(unit, index, places, &secondTotals)
      first.follow(secondTotals)
      activations.follow(secondTotals)
    }

    /// A long block of one group.
    @inline(__always)
    private static func addLong(
      _ group: inout PairedGroup<Kind>, _ activations: inout PairedActivations<Kind>,
      _ places: FactorPlaces
    ) {
      let scale = activations.nextScale()
      var totals = group.startLong()
      if Kind.format.hasFactorRuns {
        group.loadFactors(0, &totals)
        group.addUnit(activations.nextLong(), 0, places, &totals)
        group.addUnit(activations.nextLong(), 1, places, &totals)
        group.addUnit(activations.nextLong(), 2, places, &totals)
        group.addUnit(activations.nextLong(), 3, places, &totals)
        group.loadFactors(1, &totals)
        group.addUnit(activations.nextLong(), 4, places, &totals)
        group.addUnit(activations.nextLong(), 5, places, &totals)
        group.addUnit(activations.nextLong(), 6, places, &totals)
        group.addUnit(activations.nextLong(), 7, places, &totals)
      } else {
        for _ in 0..<Kind.format.unitsPerBlock { group.addUnit(activations.nextLong(), &totals) }
      }
      group.endLong(totals, activations.nextParts(), scale: scale)
    }
  }
#endif
