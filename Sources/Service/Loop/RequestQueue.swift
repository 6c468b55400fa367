/// Connections whose requests wait for their turn, in a ring.
@safe struct RequestQueue {
  private let places: UnsafeMutablePointer<Int>
  private let capacity: Int
  private var start = 0
  private(set) var count = 0

  /// - Parameter places: room for `capacity` connections.
  init(_ places: UnsafeMutablePointer<Int>, capacity: Int) {
    unsafe self.places = unsafe places
    self.capacity = capacity
  }

  /// - Parameter countMax: so many may wait, at most `capacity`.
  /// - Returns: false if so many wait already.
  mutating func append(_ connection: Int, countMax: Int) -> Bool {
    precondition(countMax <= capacity)
    if count >= countMax { return false }
    unsafe places[(start + count) % capacity] = connection
    count += 1
    return true
  }

  /// The connection that so many wait before.
  subscript(place: Int) -> Int {
    precondition(place >= 0 && place < count)
    return unsafe places[(start + place) % capacity]
  }

  /// The one that has waited for the longest time, which is taken out.
  mutating func popFirst() -> Int? {
    if count == 0 { return nil }
    let first = unsafe places[start]
    start = (start + 1) % capacity
    count -= 1
    return first
  }

  /// Takes a connection out of those that wait.
  mutating func remove(_ connection: Int) {
    var kept = 0
    for place in 0..<count {
      let index = unsafe places[(start + place) % capacity]
      if index == connection { continue }
      unsafe places[(start + kept) % capacity] = index
      kept += 1
    }
    count = kept
  }
}
