import Foundation
import TestSupport
import Testing

/// The man page is the help of every command.
@Suite(.enabled(if: Files.program != nil, "needs swift build -c release"))
struct HelpTests {
  private static let commands = [
    ["run"], ["chat"], ["serve"], ["plan"], ["bench", "speed"], ["bench", "scoring"],
    ["bench", "ttft"], ["profile-run"], ["score"], ["pack"], ["probe"], ["tokenize"], ["inspect"],
  ]

  @Test func theManPageHasEachLine() throws {
    let script = Files.repository.appendingPathComponent("Toolchain/make-man-page").path
    let page = try run(["/usr/bin/env", "python3", script, Files.program!])
    #expect(page.code == 0, "\(page.error)")
    let text = page.output.replacingOccurrences(of: "\\-", with: "-")
      .replacingOccurrences(of: "\\e", with: "\\")
    for command in Self.commands {
      let help = try run([Files.program!] + command + ["--help"])
      #expect(help.code == 0 && help.error.isEmpty)
      // The page says the first line of the program's own help in another form, as its name.
      for line in help.output.split(separator: "\n").dropFirst(command == ["run"] ? 1 : 0) {
        #expect(text.contains(line), "\(command): \(line)")
      }
    }
  }

  @Test func chatNamesItsCommandsAndPositions() throws {
    let help = try run([Files.program!, "chat", "--help"]).output
    for word in ["/save FILE", "/load FILE", "--positions HOW"] { #expect(help.contains(word)) }
  }
}
