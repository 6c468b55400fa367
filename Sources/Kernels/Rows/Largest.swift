import CInstructions

/// The index of the largest of `count` numbers, the lowest index of equal ones.
@export(interface)
public func firstOfLargest(_ values: UnsafePointer<Float>, count: Int) -> Int {
  // The largest of each stretch, then a search in the first stretch that has the largest of all.
  let stretch = 1024
  var best = 0
  var maximum = -Float.infinity
  var start = 0
  while start < count {
    let candidate = unsafe largest(values + start, count: min(stretch, count &- start))
    if candidate > maximum {
      maximum = candidate
      best = start
    }
    start &+= stretch
  }
  let end = min(best &+ stretch, count)
  for index in best..<end where unsafe values[index] == maximum { return index }
  return best
}

/// The largest of at least one number.
func largest(_ values: UnsafePointer<Float>, count: Int) -> Float {
  var peak = unsafe values[0]
  var index = 0
  if count >= 16 {
    var greatest = unsafe values.lanes(0)
    index = 16
    while index &+ 32 <= count {
      greatest = unsafe edge_max_f32x16(
        greatest, edge_max_f32x16(values.lanes(index), values.lanes(index &+ 16)))
      index &+= 32
    }
    while index &+ 16 <= count {
      greatest = unsafe edge_max_f32x16(greatest, values.lanes(index))
      index &+= 16
    }
    peak = largest(greatest)
  }
  while index < count {
    peak = unsafe max(peak, values[index])
    index &+= 1
  }
  return peak
}
