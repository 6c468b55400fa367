// One slot's key and value, to and from memory in which they lie side by side.

extension CacheRows {
  /// Copies a slot's key and value, `headDim` elements each.
  @export(interface)
  public func read(
    _ slot: Int, key: UnsafeMutablePointer<UInt16>, value: UnsafeMutablePointer<UInt16>
  ) {
    let (keys, values) = unsafe (self.key(slot), self.value(slot))
    for index in 0..<headDim { unsafe key[index] = keys[index &* Self.tileSlots] }
    for index in 0..<headDim { unsafe value[index] = values[index] }
  }

  /// Writes a slot's key and value, as `read` gave them.
  @export(interface)
  public func write(
    _ slot: Int, key: UnsafePointer<UInt16>, value: UnsafePointer<UInt16>
  ) {
    let (keys, values) = unsafe (self.key(slot), self.value(slot))
    for index in 0..<headDim { unsafe keys[index &* Self.tileSlots] = key[index] }
    for index in 0..<headDim { unsafe values[index] = value[index] }
  }

  /// A slot's key and value, and those in memory, take each other's places.
  @export(interface)
  public func exchange(
    _ slot: Int, key: UnsafeMutablePointer<UInt16>, value: UnsafeMutablePointer<UInt16>
  ) {
    let (keys, values) = unsafe (self.key(slot), self.value(slot))
    for index in 0..<headDim { unsafe swap(&keys[index &* Self.tileSlots], &key[index]) }
    for index in 0..<headDim { unsafe swap(&values[index], &value[index]) }
  }

  /// Copies a slot's key and value to another slot.
  @export(interface)
  public func copy(_ slot: Int, to target: Int) {
    let (fromKey, toKey) = unsafe (key(slot), key(target))
    for index in 0..<headDim {
      unsafe toKey[index &* Self.tileSlots] = fromKey[index &* Self.tileSlots]
    }
    let (fromValue, toValue) = unsafe (value(slot), value(target))
    for index in 0..<headDim { unsafe toValue[index] = fromValue[index] }
  }
}
