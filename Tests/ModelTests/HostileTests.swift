import Foundation
import TestSupport
import Testing
import Tokenizer

@testable import Model

/// Malformed files by the thousand: each is refused with an error of its own kind, or is a model that
/// runs. A trap would end the test process.
@Suite struct HostileTests {
  private static let secondsMax = 1.0

  /// Tries all files and says how many there were, were refused, and ran.
  private func tryAll(_ title: String, _ files: [HostileFile]) {
    let (file, buffer) = (TemporaryFile(), ReadBuffer())
    var counts = (refused: 0, ran: 0, overCap: 0)
    for (index, hostile) in files.enumerated() {
      file.write(hostile.bytes)
      let start = Date()
      let use = ModelUse(threadCount: 1 + index % 2, keepsCodes: index % 3 == 0)
      do {
        switch try file.path.withCString({ unsafe try use.run($0, buffer: buffer.bytes) }) {
        case .ran: counts.ran += 1
        case .overCap: counts.overCap += 1
        }
        #expect(!hostile.mustFail, "\(hostile.name) was taken")
      } catch let error as ModelError {
        counts.refused += 1
        #expect(error.exitCode == .malformedData, "\(hostile.name)")
        if index % 7 == 0 { _ = message(error) }
      } catch let error as TokenizerError {
        counts.refused += 1
        #expect(error.exitCode == .malformedData, "\(hostile.name)")
      } catch {
        Issue.record("\(hostile.name): \(error)")
      }
      let seconds = Date().timeIntervalSince(start)
      #expect(seconds < Self.secondsMax, "\(hostile.name) took \(seconds) s")
    }
    print(
      "\(title): \(files.count) files, \(counts.refused) refused, \(counts.ran) ran,",
      "\(counts.overCap) too large to run here")
  }

  @Test(arguments: 0..<3) func theBasesAreSound(base: Int) throws {
    let (file, buffer) = (TemporaryFile(HostileFiles.bases[base].builder.build()), ReadBuffer())
    let outcome = try file.path.withCString { unsafe try ModelUse().run($0, buffer: buffer.bytes) }
    #expect(outcome == .ran)
  }

  @Test(arguments: 0..<3) func everyField(base: Int) {
    let (name, builder) = HostileFiles.bases[base]
    tryAll("fields of \(name)", HostileFiles.fields(of: builder))
  }

  @Test(arguments: 0..<3) func everyTruncation(base: Int) {
    let (name, builder) = HostileFiles.bases[base]
    tryAll("truncations of \(name)", HostileFiles.truncations(of: builder))
  }

  @Test(arguments: 0..<3) func everyValueType(base: Int) {
    let (name, builder) = HostileFiles.bases[base]
    tryAll("value types in \(name)", HostileFiles.valueTypes(of: builder))
  }

  @Test(arguments: 0..<3) func everyNumber(base: Int) {
    let (name, builder) = HostileFiles.bases[base]
    tryAll("numbers in \(name)", HostileFiles.numbers(of: builder))
  }

  @Test(arguments: 0..<3) func everyName(base: Int) {
    let (name, builder) = HostileFiles.bases[base]
    tryAll("names in \(name)", HostileFiles.names(of: builder))
  }
}
