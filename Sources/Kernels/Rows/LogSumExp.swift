/// log(sum(exp(values))), computed relative to the largest value.
@export(interface)
public func logSumExp(_ values: UnsafePointer<Float>, count: Int) -> Float {
  let width = 16
  let peak = unsafe largest(values, count: count)
  // The sum of many small terms is kept in Double, sixteen at a time.
  var sum = 0.0
  var index = 0
  while index + width <= count {
    var terms = unsafe SixteenFloats.load(values + index)
    for part in 0..<SixteenFloats.partCount {
      unsafe terms.parts[unchecked: part] = exp2((terms.parts[unchecked: part] - peak) * log2OfE)
    }
    sum += Double(terms.total)
    index += width
  }
  for rest in index..<count {
    unsafe sum += Double(exp2(NativeFloats(repeating: (values[rest] - peak) * log2OfE))[0])
  }
  return peak + Float(Elementary.log(sum))
}
