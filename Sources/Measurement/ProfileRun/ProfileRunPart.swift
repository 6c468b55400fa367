/// A part of `profile-run`: what is measured by one routine and goes into one file, in the order in
/// which they are done. A further part is a case here, with its name, its work and its routine.
public enum ProfileRunPart: Int, Sendable {
  case memory
  case speed
  case scoring
  case ttft

  public static let count = 4

  public var name: StaticString {
    switch self {
    case .memory: "memory"
    case .speed: "speed"
    case .scoring: "scoring"
    case .ttft: "ttft"
    }
  }

  public var fileName: StaticString {
    switch self {
    case .memory: "memory.json"
    case .speed: "speed.json"
    case .scoring: "scoring.json"
    case .ttft: "ttft.json"
    }
  }
}
