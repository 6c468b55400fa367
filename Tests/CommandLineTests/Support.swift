import Foundation
import Text

@testable import CommandLine

let allCommands = (0..<Command.count).map { Command(rawValue: $0)! }
let allOptions = (0..<Option.count).map { Option(rawValue: $0)! }

struct Written: ByteSink {
  private(set) var bytes: [UInt8] = []

  mutating func write(byte: UInt8) { bytes.append(byte) }
}

func help(_ command: Command) -> String {
  var sink = Written()
  Help.write(command, to: &sink)
  return String(decoding: sink.bytes, as: UTF8.self)
}

/// The words that name a command.
func words(_ command: Command) -> [String] {
  "\(command.name)".split(separator: " ").map(String.init)
}

enum Parsed {
  case arguments(Arguments)
  case failure(UsageError)

  var arguments: Arguments? { if case .arguments(let value) = self { value } else { nil } }
  var error: UsageError? { if case .failure(let error) = self { error } else { nil } }
}

/// The strings stay: what is parsed points into them.
func parse(_ words: [String]) -> Parsed {
  let values = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(
    capacity: words.count + 2)
  for (index, word) in (["edge-infer"] + words).enumerated() { values[index] = strdup(word) }
  values[words.count + 1] = nil
  do { return .arguments(try Arguments(count: words.count + 1, values: values)) } catch {
    return .failure(error)
  }
}
