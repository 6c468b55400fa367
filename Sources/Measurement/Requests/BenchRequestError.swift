import Platform
import Profile

/// What is wrong with the numbers and names of a measurement.
public enum BenchRequestError: LineError {
  case number(option: StaticString, Int, maximum: Int)
  /// The text is no list of numbers.
  case list(option: StaticString, Excerpt, maximum: Int, example: StaticString)
  /// The text is no list of policies.
  case policies(Excerpt, PolicyList.Purpose)
  /// A block leaves no slot to keep.
  case slots(Int, blockSize: Int)
  /// Cases of a first token.
  case cases(Int, maximum: Int)

  static func check(
    _ option: StaticString, _ value: Int, maximum: Int
  ) throws(BenchRequestError) {
    if value < 1 || value > maximum { throw .number(option: option, value, maximum: maximum) }
  }

  public var exitCode: ExitCode { .usage }

  @export(interface)
  public func write(to out: inout TextOutput) {
    switch self {
    case .number(let option, let value, let maximum):
      out.write(option)
      out.write(" is ")
      out.write(value)
      out.write("; it must be from 1 to ")
      out.write(maximum)
    case .list(let option, let text, let maximum, let example):
      out.write(option)
      out.write(": ")
      out.write(quoted: text)
      Self.write(maximum: maximum, example: example, to: &out)
    case .policies(let text, let purpose):
      out.write("--policies: ")
      out.write(quoted: text)
      PolicyList.writeNames(for: purpose, to: &out)
    case .slots(let count, let blockSize):
      out.write("--kv: of ")
      out.write(count)
      out.write(" slots a block of ")
      out.write(blockSize)
      out.write(" leaves none to keep; give more, or a smaller --block")
    case .cases(let count, let maximum):
      out.write("bench ttft: prompts, policies and blocks make ")
      out.write(count)
      out.write(" cases; at most ")
      out.write(maximum)
      out.write(" are measured at a time")
    }
  }

  private static func write(maximum: Int, example: StaticString, to out: inout TextOutput) {
    out.write(" is no list of at most ")
    out.write(NumberList.countMax)
    out.write(" numbers from 1 to ")
    out.write(maximum)
    out.write(", such as ")
    out.write(example)
  }
}
