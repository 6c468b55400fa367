import Foundation
import Platform
import Profile
import TestSupport

@testable import Board

/// What was found, copied out of `BoardFacts`.
struct Found {
  var profile: DeviceProfile?
  var profileError: BoardError?
  var cores: [Core]
  var chosen: [Int]
  var notes: Set<BoardNote>
  var instructions: Instructions
  var sveWidthBits: Int
  var memory: MemoryFacts
  var name: String
}

/// What `body` makes of a file of the tree, or of its root.
func read<Result>(
  _ tree: KernelTree, _ name: String = "", _ body: (KernelPath) throws -> Result
) rethrows -> Result {
  try withExtendedLifetime(tree) {
    let root = KernelPath(root: Array(tree.path.utf8).span)!
    return try body(root.appending(Array(name.utf8).span))
  }
}

/// Probes a recorded machine; `reserveMiB` as of `--reserve-mib`.
func probe(_ tree: KernelTree, reserveMiB: Int? = nil) throws(BoardError) -> Found {
  let facts = try BoardFacts(below: KernelPath(root: Array(tree.path.utf8).span)!, nil)
  // The folder is there as long as the object.
  withExtendedLifetime(tree) {}
  var model = FixedText<1024>()
  for byte in "SmolLM2-135M-Instruct.Q4_1.gguf".utf8 { model.append(byte) }
  var (profile, failure): (DeviceProfile?, BoardError?)
  do throws(BoardError) {
    profile = try facts.profile(ProfileWishes(model: model, reserveMiB: reserveMiB))
  } catch {
    failure = error
  }
  return Found(
    profile: profile, profileError: failure, cores: (0..<facts.cores.count).map { facts.cores[$0] },
    chosen: (0..<CoreSet.limit).filter { facts.cores.chosen.contains($0) },
    notes: Set((0..<BoardNote.count).map { BoardNote(rawValue: $0)! }.filter(facts.notes.contains)),
    instructions: facts.instructions, sveWidthBits: facts.sveWidthBits, memory: facts.memory,
    name: String(
      decoding: (0..<facts.name.count).map { facts.name[$0] }, as: UTF8.self))
}

/// The profile's JSON text.
func text(_ profile: DeviceProfile) -> String {
  written { profile.writeJSON(to: &$0) }
}

/// The code that probing ends with, `success` if it does not fail.
func exitCode(_ tree: KernelTree) -> ExitCode {
  do throws(BoardError) { _ = try probe(tree) } catch { return error.exitCode }
  return .success
}
