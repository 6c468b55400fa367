import Memory
import Platform

/// An arena that is unmapped with its owner. To be declared after what uses it: properties end in
/// their order.
final class ArenaOwner {
  private var mapped: Arena?

  init(_ arena: consuming Arena) { mapped = consume arena }

  /// For loading into the arena.
  func with<Result>(_ body: (borrowing Arena) throws -> Result) rethrows -> Result {
    switch mapped {
    case .some(let arena): return try body(arena)
    case .none: preconditionFailure("the arena is there as long as its owner")
    }
  }

  deinit { mapped.take()?.unmap() }
}

func mapArena(_ plan: MemoryPlan) throws(LabFailure) -> Arena {
  do throws(SystemFailure) {
    return try Arena(plan: plan)
  } catch {
    throw LabFailure(error)
  }
}
