/// A row whose products with all keys of a head the attention pass leaves beside its outcome.
@safe public struct ExtraRow {
  /// `[headDim]`
  public let values: UnsafePointer<Float>
  /// One for each slot, and room up to the next multiple of 16.
  public let products: UnsafeMutablePointer<Float>

  public init(values: UnsafePointer<Float>, products: UnsafeMutablePointer<Float>) {
    unsafe self.values = values
    unsafe self.products = products
  }
}
