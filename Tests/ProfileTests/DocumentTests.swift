import Foundation
import Platform
import TestSupport
import Testing

@testable import Profile

@Suite struct DocumentTests {
  @Test func rejectsTextThatIsNotOneObject() {
    let cases = [
      ("", "the text ends where a value is needed"), ("[]", "found '[' where '{' is needed"),
      ("12", "found '12' where '{' is needed"), ("{} x", "nothing may follow the end"),
      ("\u{feff}{}", "byte order mark"), ("{\"threads\": 01}", "'01': a number may not begin"),
      ("{\"threads\": NaN}", "found 'NaN' where a value is needed"),
      ("{\"threads\": 1,}", "remove the comma"), ("{// x\n}", "JSON has no comments"),
      ("{\"board\": \"a", "the text ends where the quotation mark"),
      ("{\"board\": \"\\ud800\"}", "half of a surrogate pair"),
      ("{\"threads\": -}", "the number is not complete"), ("{\"fp16\": yes}", "found 'yes' where"),
    ]
    for (text, part) in cases {
      let found = parse(text).error.map(message) ?? "no error"
      #expect(found.contains(part), "\(text): \(found)")
    }
    let latin1 = Array("{\"board\": \"".utf8) + [0xe9] + Array("\"}".utf8)
    #expect(
      parse(latin1).error.map(message) == "line 1: the text is not valid UTF-8; save it as UTF-8")
    let trailing = ProfileText().text + ","
    #expect(parse(trailing).error.map(message)?.contains("nothing may follow") == true)
  }

  @Test func everyErrorIsOneLineAndHasItsExitCode() throws {
    let texts = [
      "", "[", "\u{feff}", ProfileText().without("board").text,
      ProfileText().adding("a\nb", "1").text, ProfileText().with("board", "\"\\n\"").text,
      ProfileText().with("threads", "\"a\\nb\"").text, ProfileText().with("threads", "0").text,
    ]
    for text in texts {
      let error = try #require(parse(text).error)
      #expect(error.exitCode == .configuration)
      #expect(!message(error).contains("\n"))
      #expect(!message(error).isEmpty)
    }
  }

  @Test func refusesLargeFiles() {
    let text = ProfileText().text
    let padding = DeviceProfile.fileByteCountMax - text.utf8.count
    #expect(parse(text + String(repeating: "\n", count: padding)).profile != nil)
    #expect(
      parse(text + String(repeating: "\n", count: padding + 1)).error.map(message)
        == "line 1: the text is larger than 65536 bytes")
  }

  @Test func everyTruncationIsAnError() throws {
    for text in [
      ProfileText(), ProfileText.host, ProfileText().with("board", "\"é😀\\ud83d\\ude00\""),
    ] {
      let bytes = Array(text.text.utf8)
      #expect(parse(bytes).profile != nil)
      for count in 0..<bytes.count {
        let error = try #require(parse(Array(bytes[..<count])).error)
        #expect(error.exitCode == .configuration)
      }
    }
  }

  @Test func writesWhatItReads() throws {
    let awkward = ProfileText().with("board", "\"a \\\" \\\\ é 😀\"").with("cores", "[]")
    for text in [ProfileText(), ProfileText.host, awkward] {
      let profile = try #require(parse(text).profile)
      let json = written { profile.writeJSON(to: &$0) }
      let again = try #require(parse(json).profile)
      #expect(written { again.writeJSON(to: &$0) } == json)
      #expect(string(again.board) == string(profile.board))
    }
    let profile = try #require(parse(ProfileText()).profile)
    #expect(written { profile.writeJSON(to: &$0) } == ProfileText().text)
    let nested = written { profile.writeJSON(to: &$0, indentation: 2) }
    #expect(nested == ProfileText().text.replacingOccurrences(of: "\n", with: "\n  "))
  }
}

@Suite struct BoardProfileTests {
  static let names = [
    "host", "host-avx512", "pi-zero-2w", "pi4", "pi5", "pi5-16gb", "jetson-nano",
    "jetson-orin-nano", "rk3588",
  ]

  @Test func folderHasJustTheBoards() throws {
    let files = try FileManager.default.contentsOfDirectory(
      atPath: Files.repository.appendingPathComponent("Profiles").path)
    #expect(files.filter { $0 != "heads" }.sorted() == Self.names.map { "\($0).json" }.sorted())
  }

  @Test(arguments: names)
  func loads(_ name: String) throws {
    let data = try Data(
      contentsOf: Files.repository.appendingPathComponent("Profiles").appendingPathComponent(
        "\(name).json"))
    let parsed = parse([UInt8](data))
    let profile = try #require(parsed.profile, "\(parsed.error.map(message) ?? "")")
    #expect(written { profile.writeJSON(to: &$0) } + "\n" == String(decoding: data, as: UTF8.self))
    #expect(string(profile.model) == "SmolLM2-135M-Instruct.Q4_1.gguf")
    #expect(cores(profile).count == profile.threads)
    switch name {
    case "host": #expect(profile.vectorWidth == .avx(bits: 256))
    case "host-avx512": #expect(profile.vectorWidth == .avx(bits: 512))
    default: #expect(profile.vectorWidth == .neon(bits: 128))
    }
    #expect(profile.fp16 == profile.dotProduct)
    #expect(!profile.i8mm)
    for byteCount in 0..<(data.count - 1) {
      #expect(parse([UInt8](data.prefix(byteCount))).profile == nil)
    }
  }
}
