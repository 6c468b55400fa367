import CInstructions

// What all decoders take sixteen elements at a time with.

typealias Bytes = SIMD16<UInt8>
typealias Floats = SIMD16<Float>

/// A Float16 of the file in every lane.
@inline(__always)
func broadcast(_ source: UnsafeRawPointer) -> Floats {
  Floats(repeating: Float(unsafe source.loadUnaligned(as: Float16.self)))
}

@inline(__always)
func lowHalves(_ packed: Bytes) -> Bytes { packed & Bytes(repeating: 15) }

@inline(__always)
func highHalves(_ packed: Bytes) -> Bytes { packed &>> Bytes(repeating: 4) }

@inline(__always)
func load(_ source: UnsafeRawPointer) -> Bytes { unsafe source.loadUnaligned(as: Bytes.self) }

/// The bytes, taken as signed, as floats.
@inline(__always)
func floats(_ bytes: Bytes) -> Floats {
  edge_convert_i8_to_f32(unsafe unsafeBitCast(bytes, to: SIMD16<Int8>.self))
}

@inline(__always)
func store(_ values: Floats, _ target: UnsafeMutablePointer<Float>) {
  unsafe UnsafeMutableRawPointer(target).storeBytes(of: values, as: Floats.self)
}
