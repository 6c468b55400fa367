/// A field of a large value that is not copyable: with it, whoever borrows the value gets its address.
///
/// The compiler may hand over a borrowed value by its fields, and where there are too many of them it
/// copies the value to the stack for each call. A type with a raw layout has no fields to hand over.
@_rawLayout(size: 1, alignment: 1)
public struct InPlace: ~Copyable {
  public init() {}

  // Without it the compiler takes the deinit of a value that has such a field for invisible.
  deinit {}
}
