import Foundation
import Memory
import Text

@testable import Constraint

/// A constraint in an arena of its own, with the calls that tests need.
final class Checker {
  private let arena: Arena
  private var constraint: Constraint

  init(kibibytes: Int = 1024) throws {
    var measuring = Carver.measuring
    _ = Constraint(carver: &measuring, byteCount: kibibytes << 10)
    arena = try Arena(plan: measuring.measured())
    var carver = arena.carver()
    constraint = Constraint(carver: &carver, byteCount: kibibytes << 10)
    carver.seal()
  }

  /// - Returns: the error as a sentence; nil if there is none.
  func useSchema(_ text: String) -> String? { useSchema(Array(text.utf8)) }

  func useSchema(_ text: [UInt8]) -> String? {
    do throws(ConstraintError) {
      try constraint.useSchema(text.span)
      return nil
    } catch {
      return message(error)
    }
  }

  func useGrammar(_ text: String) -> String? { useGrammar(Array(text.utf8)) }

  func useGrammar(_ text: [UInt8]) -> String? {
    do throws(ConstraintError) {
      try constraint.useGrammar(text.span)
      return nil
    } catch {
      return message(error)
    }
  }

  /// - Parameter chosen: the one tool that is to be called.
  func useTools(
    _ text: String, _ family: ToolFamily, isParallel: Bool = true, isLazy: Bool = false,
    chosen: String? = nil, other: String? = nil
  ) -> String? {
    do throws(ConstraintError) {
      try constraint.useTools(
        text, family, chosen, isLazy: isLazy || other != nil, isParallel: isParallel, other: other)
      return nil
    } catch {
      return message(error)
    }
  }

  func argument(_ tool: String, _ key: String, _ outer: Argument?) -> Argument? {
    constraint.argument(fixedText(key), of: fixedText(tool), in: outer)
  }

  private func message(_ error: ConstraintError) -> String {
    var written = Bytes()
    constraint.write(error, to: &written)
    return String(decoding: written.bytes, as: UTF8.self)
  }

  /// Whether the whole text is taken and may end.
  func accepts(_ text: String) -> Bool { acceptedCount(text) == text.utf8.count && acceptsEnd }

  /// Bytes that are taken.
  func acceptedCount(_ text: String) -> Int {
    constraint.restart()
    var count = 0
    for byte in text.utf8 {
      if !constraint.take(byte) { return count }
      count += 1
    }
    return count
  }

  func restart() { constraint.restart() }
  func take(_ byte: UInt8) -> Bool { constraint.take(byte) }
  var acceptsEnd: Bool { constraint.acceptsEnd() }
  var mustEnd: Bool { constraint.mustEnd }
  var distance: Int { constraint.distance }
  var usedByteCount: Int { constraint.usedByteCount }
}

extension Constraint {
  /// Binds answers to calls, which are free before them if no choice is made.
  private mutating func takeJSON(_ text: String) throws(ConstraintError) {
    var tokenizer = JSONTokenizer()
    let bytes = Array(text.utf8)
    var offset = 0
    while offset < bytes.count {
      guard let event = try? tokenizer.next(bytes.span, at: &offset) else { break }
      try take(event, bytes.span)
    }
  }

  /// - Parameter other: the schema of an answer without calls.
  mutating func useTools(
    _ text: String, _ family: ToolFamily, _ chosen: String?, isLazy: Bool = false,
    isParallel: Bool = true, other: String? = nil
  ) throws(ConstraintError) {
    beginTools()
    try takeJSON(text)
    if let other {
      beginOther()
      try takeJSON(other)
    }
    try finishTools(
      family, chosen != nil ? .named : isLazy ? .auto : .required,
      chosen: fixedText(chosen ?? ""), isParallel: isParallel)
  }
}

func fixedText(_ text: String) -> FixedText<65> {
  var result = FixedText<65>()
  for byte in text.utf8 { result.append(byte) }
  return result
}

struct Bytes: ByteSink {
  var bytes: [UInt8] = []
  mutating func write(byte: UInt8) { bytes.append(byte) }
}
