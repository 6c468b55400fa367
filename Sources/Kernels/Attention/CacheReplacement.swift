import CInstructions

// Tokens of the last slots take the places of tokens that leave.

extension CacheRows {
  /// Slots whose keys are moved together.
  private static let octet = 8

  /// Each slot of the range goes to its target; the key that was there is subtracted from `sum`,
  /// where there is one. A slot that is its own target leaves: its key is subtracted.
  /// - Parameters:
  ///   - targets: one for each slot of the range, all different: below the range, or the slot.
  ///   - sum: `headDim` values, exact as in `addKeys`.
  @export(interface)
  public func replace(
    _ targets: UnsafePointer<UInt32>, with slots: Range<Int>,
    subtractingFrom sum: UnsafeMutablePointer<Double>?
  ) {
    var slot = slots.lowerBound
    var place = unsafe targets
    while slot < slots.upperBound {
      let tileEnd = roundUp(slot &+ 1, to: Self.tileSlots)
      if slot &+ Self.octet <= min(tileEnd, slots.upperBound) {
        unsafe replaceKeys(place, withOctet: slot, sum)
        slot &+= Self.octet
        unsafe place += Self.octet
      } else {
        unsafe replaceKey(Int(place[0]), with: slot, sum)
        slot &+= 1
        unsafe place += 1
      }
    }
    unsafe moveValues(slots, to: targets)
  }

  /// For eight slots that lie side by side.
  @inline(__always)
  private func replaceKeys(
    _ targets: UnsafePointer<UInt32>, withOctet slot: Int, _ sum: UnsafeMutablePointer<Double>?
  ) {
    var places = unsafe edge_places8(
      p0: key(Int(targets[0])), p1: key(Int(targets[1])), p2: key(Int(targets[2])),
      p3: key(Int(targets[3])), p4: key(Int(targets[4])), p5: key(Int(targets[5])),
      p6: key(Int(targets[6])), p7: key(Int(targets[7])))
    var source = unsafe UnsafeRawPointer(key(slot))
    let distance = Self.tileSlots &* MemoryLayout<UInt16>.stride
    guard let sum = unsafe sum else {
      for _ in 0..<headDim {
        _ = unsafe edge_exchange_f16x8(&places, distance, source)
        unsafe source += distance
      }
      return
    }
    for index in 0..<headDim {
      let leaving = unsafe edge_f16x8_to_f64(edge_exchange_f16x8(&places, distance, source))
      unsafe source += distance
      let four = leaving.lowHalf + leaving.highHalf
      let two = four.lowHalf + four.highHalf
      unsafe sum[index] -= two[0] + two[1]
    }
  }

  private func replaceKey(_ target: Int, with slot: Int, _ sum: UnsafeMutablePointer<Double>?) {
    let (from, to) = unsafe (key(slot), key(target))
    for index in 0..<headDim {
      let place = unsafe to + index &* Self.tileSlots
      if let sum = unsafe sum { unsafe sum[index] -= Double(Float16(bitPattern: place[0])) }
      unsafe place[0] = from[index &* Self.tileSlots]
    }
  }

  private func moveValues(_ slots: Range<Int>, to targets: UnsafePointer<UInt32>) {
    let stride = valueStride
    for index in 0..<slots.count {
      let (slot, target) = unsafe (slots.lowerBound &+ index, Int(targets[index]))
      if slot == target { continue }
      let from = unsafe UnsafeRawPointer(values + slot &* stride)
      let to = unsafe UnsafeMutableRawPointer(values + target &* stride)
      var offset = 0
      while offset < stride &* MemoryLayout<UInt16>.stride {
        unsafe to.storeBytes(
          of: from.loadUnaligned(fromByteOffset: offset, as: SIMD16<Float>.self),
          toByteOffset: offset, as: SIMD16<Float>.self)
        offset &+= MemoryLayout<SIMD16<Float>>.size
      }
    }
  }
}
