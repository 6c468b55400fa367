import Foundation
import LabResults
import LabTasks
import TestSupport
import Testing

@testable import edge_lab

extension Files {
  static var edgeLab: String? {
    existing(repository.appendingPathComponent(".build/debug/edge-lab"))
  }
}

/// The standard output of a command that succeeds.
func printed(by command: [String]) throws -> String {
  let outcome = try TestSupport.run(command)
  #expect(outcome.code == 0, "\(outcome.error)")
  return outcome.output
}

/// What the command line would give.
func evaluation(_ words: String...) throws -> Evaluation {
  try Evaluation(
    LabArguments(
      ["--model", Files.stories!, "--quiet", "--threads", "1"] + words,
      options: Evaluation.options))
}

/// Stories of different lengths, whose answers are scored by their length.
func storyItems(_ count: Int) -> [TaskItem] {
  (0..<count).map { index in
    let sentences = (0...index * 3).map { "Lily had \($0) red balls and a small dog. " }.joined()
    return TaskItem(
      item: ["sample": .number(Double(index))], prompt: sentences + "She", usesTemplate: false,
      maxTokens: 6, expected: " was very happy"
    ) { answer in ["bytes": Double(answer.utf8.count)] }
  }
}

/// A line but for its time.
func timeless(_ line: ResultLine) throws -> String {
  var line = line
  line.seconds = 0
  let encoder = JSONEncoder()
  encoder.outputFormatting = .sortedKeys
  return String(decoding: try encoder.encode(line), as: UTF8.self)
}
