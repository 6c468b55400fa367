import Foundation
import Platform
import TestSupport
import Testing

@testable import Profile

/// The whole-number fields with their bounds, as the documentation has them.
private let integerFields: [(name: String, least: Int, most: Int)] = [
  ("ramCapMiB", 16, 1_048_576), ("neonWidthBits", 128, 128), ("threads", 1, 64),
  ("l2CacheKiB", 16, 262_144), ("blockSize", 1, 4096), ("cacheBudget", 1, 1_048_576),
]

@Suite struct FieldTests {
  @Test func readsEveryField() throws {
    let profile = try #require(parse(ProfileText()).profile)
    #expect(string(profile.board) == "Raspberry Pi 5 (8 GB)")
    #expect(profile.ramCapMiB == 6144)
    #expect(profile.ramCapByteCount == 6_442_450_944)
    #expect(profile.vectorWidth == .neon(bits: 128))
    #expect(profile.fp16 && profile.dotProduct && !profile.i8mm)
    #expect(profile.threads == 4)
    #expect(cores(profile) == [0, 1, 2, 3])
    #expect(profile.l2CacheKiB == 512)
    #expect(string(profile.model) == "SmolLM2-135M-Instruct.Q4_1.gguf")
    #expect(profile.model.withCString { String(cString: $0) } == string(profile.model))
    #expect(profile.blockSize == 128)
    #expect(profile.cacheBudget == 2048)
    #expect(profile.policy == .keydiff)
    #expect(parse(ProfileText().with("policy", "\"full\"")).profile?.policy == .full)
  }

  /// Threads of Arm processors without the dot product share a cache; others have one each.
  @Test func cachePerThread() {
    #expect(parse(ProfileText()).profile?.l2ByteCountPerThread == 512 << 10)
    let old = ProfileText().with("dotProduct", "false").with("fp16", "false")
    #expect(parse(old).profile?.l2ByteCountPerThread == 128 << 10)
    #expect(
      parse(ProfileText.host.with("dotProduct", "false")).profile?.l2ByteCountPerThread
        == 512 << 10)
  }

  @Test func readsFieldsInAnyOrderAndEscapedNames() throws {
    var text = ProfileText()
    text.members.reverse()
    #expect(parse(text).profile?.blockSize == 128)
    let escaped = ProfileText().text.replacingOccurrences(of: "threads", with: "thre\\u0061ds")
    #expect(parse(escaped).profile?.threads == 4)
  }

  @Test(arguments: ProfileText().members.map(\.name))
  func missing(_ name: String) {
    let text = message(ProfileText().without(name))
    if name == "neonWidthBits" {
      #expect(text.hasPrefix("neonWidthBits or avxWidthBits is missing; "))
    } else {
      #expect(text.hasPrefix("\(name) is missing; it must be "))
    }
  }

  @Test(arguments: ProfileText().members.map(\.name))
  func repeated(_ name: String) {
    let text = ProfileText()
    let value = text.members.first { $0.name == name }!.value
    let line = text.members.count + 2
    #expect(
      message(text.adding(name, value))
        == "line \(line): \(name) is given a second time; remove one")
    let escaped = text.adding(
      "\\u00\(String(name.utf8.first!, radix: 16))\(name.dropFirst())", value)
    #expect(message(escaped).contains("\(name) is given a second time"))
  }

  @Test(arguments: ProfileText().members.map(\.name))
  func wrongType(_ name: String) throws {
    let isString = ["board", "model", "policy"].contains(name)
    let isBoolean = ["fp16", "dotProduct", "i8mm"].contains(name)
    let values = [
      ("\"128\"", "'\"128\"'"), ("128", "'128'"), ("true", "'true'"), ("[0, 1, 2, 3]", "a list"),
      ("{\"a\": 1}", "an object"), ("null", "null"),
    ]
    for (index, (value, shown)) in values.enumerated() {
      let rightIndex = isString ? 0 : isBoolean ? 2 : name == "cores" ? 3 : 1
      if index == rightIndex { continue }
      let text = ProfileText().with(name, value)
      guard case .wrongType = try #require(parse(text).error) else {
        Issue.record("\(name): \(value)")
        continue
      }
      let start = "line \(text.line(of: name)): \(name) is \(shown); it must be "
      #expect(message(text).hasPrefix(start), "\(message(text))")
    }
  }

  @Test(arguments: integerFields.map(\.name))
  func fractions(_ name: String) {
    for value in ["128.0", "128.5", "1e2", "128E0", "-0.0"] {
      #expect(message(ProfileText().with(name, value)).contains("\(name) is '\(value)'; it must"))
    }
  }

  @Test(arguments: integerFields)
  func ranges(_ name: String, _ least: Int, _ most: Int) {
    for value in [least, most] {
      #expect(parse(ProfileText().with("cores", "[]").with(name, "\(value)")).profile != nil)
    }
    let outside = ["\(least - 1)", "\(most + 1)", "-1", "-0", "99999999999999999999", "-9e9"]
    for value in outside {
      let text = ProfileText().with("cores", "[]").with(name, value)
      let expected = "line \(text.line(of: name)): \(name) is '\(value)'; it must be "
      #expect(message(text).hasPrefix(expected), "\(message(text))")
    }
  }

  @Test func avxWidth() {
    for bits in [256, 512] {
      let profile = parse(ProfileText.host.with("avxWidthBits", "\(bits)")).profile
      #expect(profile?.vectorWidth == .avx(bits: bits))
    }
    for bits in [0, 128, 255, 257, 384, 511, 513, 1024] {
      let text = ProfileText.host.with("avxWidthBits", "\(bits)")
      #expect(message(text) == "line 4: avxWidthBits is '\(bits)'; it must be 256 or 512")
    }
    #expect(message(ProfileText.host.without("avxWidthBits")).contains("avxWidthBits is missing"))
    #expect(message(ProfileText.host.with("avxWidthBits", "\"256\"")).contains("must be 256 or"))
    #expect(message(ProfileText.host.adding("avxWidthBits", "256")).contains("a second time"))
    #expect(
      message(ProfileText.host.adding("neonWidthBits", "128"))
        == "line 15: neonWidthBits and avxWidthBits are both given; a CPU has one, "
        + "remove the other")
  }

  @Test func board() {
    func text(_ board: String) -> ProfileText { ProfileText().with("board", "\"\(board)\"") }
    #expect(parse(text("x")).profile.map { string($0.board) } == "x")
    let longest = String(repeating: "é", count: 48)
    #expect(parse(text(longest)).profile.map { string($0.board) } == longest)
    #expect(message(text(longest + "x")).contains("board has 97 bytes; it must be a string of 1"))
    #expect(
      message(text("")).hasPrefix("line 2: board has 0 bytes; it must be a string of 1 to 96"))
    #expect(message(text("a\\nb")).contains("board has the byte 10; "))
    #expect(message(text("\\u0000")).contains("board has the byte 0; "))
    #expect(message(text("\\u007f")).contains("board has the byte 127; "))
    #expect(parse(text("\\ud83d\\ude00 \\\"\\\\")).profile.map { string($0.board) } == "😀 \"\\")
  }

  @Test func model() throws {
    func text(_ model: String) -> ProfileText { ProfileText().with("model", "\"\(model)\"") }
    let longest = String(repeating: "m", count: 1023)
    let profile = try #require(parse(text(longest)).profile)
    #expect(profile.model.withCString { String(cString: $0) } == longest)
    #expect(
      message(text(longest + "m"))
        == "line 11: model has 1024 bytes; it must be a string of 1 to 1023 bytes without NUL")
    #expect(message(text("")).contains("model has 0 bytes"))
    #expect(message(text("a\\u0000b")).contains("model has the byte 0; "))
  }

  /// `decodeThreads` may be left out, and is at most `threads`.
  @Test func decodeThreads() throws {
    #expect(parse(ProfileText()).profile?.decodeThreads == 0)
    let chosen = parse(ProfileText().adding("decodeThreads", "2")).profile
    #expect(chosen?.decodeThreads == 2)
    let text = written { chosen?.writeJSON(to: &$0) }
    #expect(text.contains("\"decodeThreads\": 2"))
    let over = ProfileText().adding("decodeThreads", "5")
    #expect(message(over).contains("decodeThreads is 5; there are only 4 threads"))
    for wrong in ["0", "65", "1.5", "\"2\""] {
      #expect(message(ProfileText().adding("decodeThreads", wrong)).contains("decodeThreads"))
    }
  }

  /// `expertsMiB` may be left out.
  @Test func expertsMiB() throws {
    #expect(parse(ProfileText()).profile?.expertsMiB == 0)
    let chosen = parse(ProfileText().adding("expertsMiB", "4096")).profile
    #expect(chosen?.expertsMiB == 4096)
    let text = written { chosen?.writeJSON(to: &$0) }
    #expect(text.contains("\"expertsMiB\": 4096"))
    for wrong in ["0", "1048577", "1.5", "\"2\""] {
      #expect(message(ProfileText().adding("expertsMiB", wrong)).contains("expertsMiB"))
    }
  }

  /// `speculate` may be left out, and is written only if it is not the standard.
  @Test func speculation() throws {
    let standard = parse(ProfileText()).profile
    #expect(standard?.proposals == .lookup)
    let plain = written { standard?.writeJSON(to: &$0) }
    #expect(!plain.contains("speculate"))
    #expect(parse(ProfileText().adding("speculate", "\"lookup\"")).profile?.proposals == .lookup)
    let chosen = parse(ProfileText().adding("speculate", "\"off\"")).profile
    #expect(chosen?.proposals == .off)
    let text = written { chosen?.writeJSON(to: &$0) }
    #expect(text.contains("\"speculate\": \"off\""))
    for wrong in ["\"on\"", "\"Lookup\"", "\"\"", "true"] {
      #expect(message(ProfileText().adding("speculate", wrong)).contains("speculate"), "\(wrong)")
    }
  }

  /// `weights` may be left out, and is written only if it is not the standard.
  @Test func weights() throws {
    #expect(parse(ProfileText()).profile?.weights == .int8)
    #expect(parse(ProfileText().adding("weights", "\"int8\"")).profile?.weights == .int8)
    #expect(parse(ProfileText().adding("weights", "\"file\"")).profile?.weights == .file)
    for name in ["\"q4_0\"", "\"4\"", "\"\""] {
      let text = message(ProfileText().adding("weights", name))
      #expect(text.contains("it must be one of int8, file"), "\(name)")
    }
    #expect(message(ProfileText().adding("weights", "4")).contains("weights"))
  }

  @Test func policies() {
    let text = ProfileText().with("policy", "\"keydif\"")
    #expect(
      message(text) == "line 14: policy is '\"keydif\"'; it must be one of full, keydiff, "
        + "keydiff-stream, keydiff-normalized, keydiff-pairwise, keydiff-median, keydiff-dot, keydiff-euclidean, "
        + "sink, tova, h2o, snapkv, l2")
    for name in ["", "Full", "full ", String(repeating: "k", count: 200)] {
      #expect(message(ProfileText().with("policy", "\"\(name)\"")).contains("it must be one of"))
    }
  }

  @Test func coreLists() {
    func text(_ cores: String) -> ProfileText { ProfileText().with("cores", cores) }
    #expect(parse(text("[]")).profile.map(cores) == [])
    #expect(parse(text("[1023,0,7,5]")).profile.map(cores) == [1023, 0, 7, 5])
    #expect(
      message(text("[0, 1, 2]"))
        == "line 9: cores has 3 numbers and threads is 4; "
        + "cores must have one for each thread, or none"
    )
    #expect(message(text("[0]")).contains("cores has 1 number and threads is 4"))
    #expect(message(text("[0, 1, 2, 3, 4]")).contains("cores has 5 numbers and threads is 4"))
    #expect(message(text("[0, 1, 2, 1]")).contains("cores has 1 twice; "))
    #expect(message(text("[0, 1, 2, 1024]")).contains("cores has '1024'; it must be a list of"))
    #expect(message(text("[0, 1, 2, -1]")).contains("cores has '-1'; it must be a list of"))
    #expect(message(text("[0, 1, 2, 3.5]")).contains("cores is '3.5'; it must be a list of"))
    #expect(message(text("[0, 1, 2, \"3\"]")).contains("cores is '\"3\"'; it must be a list of"))
    #expect(message(text("[0, 1, 2, [3]]")).contains("cores is a list; it must be a list of"))
    let all = "[" + (0..<64).map(String.init).joined(separator: ", ") + "]"
    #expect(parse(text(all).with("threads", "64")).profile.map { cores($0).count } == 64)
    let more = "[" + (0..<65).map(String.init).joined(separator: ", ") + "]"
    #expect(message(text(more)).contains("cores has more than 64 numbers"))
  }

  @Test func unknownFields() {
    #expect(
      message(ProfileText().adding("bord", "1")).hasPrefix(
        "line 15: there is no field 'bord'; the fields are board, ramCapMiB, "))
    #expect(message(ProfileText().adding("", "1")).contains("there is no field ''"))
    #expect(message(ProfileText().adding("Board", "{}")).contains("no field 'Board'"))
    let long = String(repeating: "b", count: 300)
    #expect(message(ProfileText().adding(long, "1")).contains("there is no field 'bbb"))
    #expect(
      message(ProfileText().adding("threads\\u0000", "1")).contains("no field 'threads\\x00'"))
  }

  @Test func limitsAgreeWithTheRest() {
    #expect(ProfileLimits.threadCountMax == Team.memberCountMax)
    var (board, model) = (FixedText<97>(), FixedText<1024>())
    for _ in 0..<2000 {
      board.append(1)
      model.append(1)
    }
    #expect(board.count == ProfileLimits.boardByteCountMax)
    #expect(model.count == ProfileLimits.modelByteCountMax)
    #expect(ProfileField(rawValue: ProfileField.count - 1) == .expertsMiB)
    #expect(ProfileField(rawValue: ProfileField.count) == nil)
    #expect(Policy(rawValue: Policy.count - 1) != nil)
    #expect(Policy(rawValue: Policy.count) == nil)
    #expect(ProfileOption(rawValue: ProfileOption.count - 1) == .decodeThreads)
    #expect(ProfileOption(rawValue: ProfileOption.count) == nil)
  }
}
