/// Arrays of one value, as literals: `InlineArray(repeating:)` is a call, before which a caller puts all its
/// registers on the stack.

@inline(__always)
func twice<Value: BitwiseCopyable>(_ value: Value) -> InlineArray<2, Value> { [value, value] }

@inline(__always)
func fourTimes<Value: BitwiseCopyable>(_ value: Value) -> InlineArray<4, Value> {
  [value, value, value, value]
}

@inline(__always)
func eightTimes<Value: BitwiseCopyable>(_ value: Value) -> InlineArray<8, Value> {
  [value, value, value, value, value, value, value, value]
}

@inline(__always)
func sixteenTimes<Value: BitwiseCopyable>(_ value: Value) -> InlineArray<16, Value> {
  [
    value, value, value, value, value, value, value, value, value, value, value, value, value,
    value, value, value,
  ]
}
