/// log(sum(exp(values))), computed relative to the largest value.
public func logSumExp(_ values: UnsafePointer<Float>, count: Int) -> Float {
  let width = NativeFloats.scalarCount
  var greatest = NativeFloats(repeating: values[0])
  var index = 0
  while index + width <= count {
    greatest = maximum(greatest, .load(values + index))
    index += width
  }
  var peak = greatest[0]
  for lane in 1..<width { peak = max(peak, greatest[lane]) }
  for rest in index..<count { peak = max(peak, values[rest]) }

  // The sum of many small terms is kept in Double, a vector at a time.
  var sum = 0.0
  index = 0
  while index + width <= count {
    sum += Double(total(exp2((NativeFloats.load(values + index) - peak) * log2OfE)))
    index += width
  }
  for rest in index..<count {
    sum += Double(exp2(NativeFloats(repeating: (values[rest] - peak) * log2OfE))[0])
  }
  return peak + Float(Elementary.log(sum))
}
