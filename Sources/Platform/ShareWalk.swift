/// A member's walk over a sequence of jobs that are shared out as one: each job has some shares,
/// and share numbers run on from job to job.
public struct ShareWalk {
  public let member: Member
  private var current: Int
  private var base = 0

  public init(member: Member) {
    self.member = member
    current = member.nextShare()
  }

  /// This member's next share of a job of `count` shares, or nil.
  @export(interface)
  public mutating func take(of count: Int) -> Int? {
    if current >= base + count { return nil }
    let share = current - base
    current = member.nextShare()
    return share
  }

  /// Goes on to the next job.
  public mutating func pass(_ count: Int) { base += count }
}
