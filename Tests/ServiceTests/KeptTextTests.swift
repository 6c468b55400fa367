import Foundation
import Testing

@testable import Service

/// Prompts that go on behind texts that are kept.
@Suite(.serialized) struct KeptTextTests {
  private typealias Message = (role: String, text: String)

  private static func chat(_ messages: [Message], _ more: String = "") -> [UInt8] {
    let list = messages.map { "{\"role\":\"\($0.role)\",\"content\":\"\($0.text)\"}" }
    return LoopTests.post(
      "/v1/chat/completions",
      "{\"messages\":[\(list.joined(separator: ","))],\"max_tokens\":6\(more)}")
  }

  private static func text(_ prompt: String, _ more: String = "") -> [UInt8] {
    LoopTests.post("/v1/completions", "{\"prompt\":\"\(prompt)\",\"max_tokens\":6\(more)}")
  }

  /// What a service that has served nothing answers.
  private func fresh(_ request: [UInt8], budget: Int = 512) throws -> RigAnswer {
    try LoopTests.answer(ServiceRig(keptCount: 0, budget: budget), request)
  }

  /// Each turn reads what is new alone, and the answers are those of fresh services.
  @Test func aConversationGrows() throws {
    let rig = try ServiceRig(budget: 512)
    var messages: [Message] = [("system", "Be brief.")]
    var held = 0
    for turn in 0..<6 {
      messages.append(("user", "question \(turn)"))
      let request = Self.chat(messages)
      let answer = try LoopTests.answer(rig, request)
      let alone = try fresh(request)
      #expect(answer.content == alone.content)
      #expect(answer.usage("prompt_tokens") == alone.usage("prompt_tokens"))
      #expect(alone.usage("cached_tokens") == 0)
      // All of the prompt before, at least; the template closes the answer behind it.
      #expect((answer.usage("cached_tokens") ?? -1) >= held, "turn \(turn)")
      held = answer.usage("prompt_tokens") ?? 0
      messages.append(("assistant", "answer \(turn)"))
    }
  }

  /// Wherever a prompt leaves the text that is kept, its answer is that of a fresh service.
  @Test func promptsLeaveTheTextAnywhere() throws {
    let rig = try ServiceRig(keptCount: 0, budget: 512)
    let base = String(repeating: "one two three ", count: 4)
    for cut in stride(from: 0, through: base.count, by: 5) {
      _ = try LoopTests.answer(rig, Self.text(base))
      let request = Self.text(base.prefix(cut) + "XY")
      let answer = try LoopTests.answer(rig, request)
      #expect(try answer.content == fresh(request).content, "cut at \(cut)")
      #expect(answer.usage("cached_tokens") == cut)
    }
  }

  /// As many texts in turn as there are copies, and a fourth one that makes the eldest leave.
  @Test func severalTexts() throws {
    let rig = try ServiceRig(keptCount: 3, budget: 512)
    let texts = ["a", "b", "c", "d"].map { String(repeating: $0, count: 40) }
    func cached(_ index: Int) throws -> Int {
      let request = Self.text(texts[index] + "!")
      let answer = try LoopTests.answer(rig, request)
      #expect(try answer.content == fresh(request).content)
      return answer.usage("cached_tokens") ?? -1
    }
    #expect(try cached(0) == 0)
    #expect(try cached(1) == 0)
    #expect(try cached(0) == 40)
    #expect(try cached(1) == 40)
    #expect(try cached(2) == 0)
    #expect(try cached(0) == 40)
    #expect(try cached(1) == 40)
    #expect(try cached(2) == 40)
    #expect(try cached(3) == 0)
    #expect(try cached(0) == 40)
    #expect(try cached(1) == 0)
  }

  @Test func theSameAgain() throws {
    let rig = try ServiceRig(budget: 512)
    let request = Self.text("once upon a time")
    let first = try LoopTests.answer(rig, request)
    let second = try LoopTests.answer(rig, request)
    // Logits need one token.
    #expect(second.usage("cached_tokens") == 15 && second.content == first.content)
    let off = try LoopTests.answer(rig, Self.text("once upon a time", ",\"cache_prompt\":false"))
    #expect(off.usage("cached_tokens") == 0 && off.content == first.content)
    #expect(try LoopTests.answer(rig, request).usage("cached_tokens") == 15)
  }

  /// Behind an eviction a text goes on from its end; a prompt that leaves it earlier goes on with the
  /// copy from before the first eviction.
  @Test func afterEvictions() throws {
    let rig = try ServiceRig(keptCount: 2, budget: 32)
    let base = String(repeating: "abcdefgh", count: 8)
    let first = try LoopTests.answer(rig, Self.text(base))
    #expect(first.usage("cached_tokens") == 0)
    let request = Self.text(base.prefix(20) + "XYZ")
    let other = try LoopTests.answer(rig, request)
    #expect(other.usage("cached_tokens") == 20)
    #expect(try other.content == fresh(request, budget: 32).content)
    let again = try LoopTests.answer(rig, Self.text(base))
    #expect(again.usage("cached_tokens") == 32 && again.content == first.content)
    // The whole text with its answer is gone on with.
    let answered = base + (first.content ?? "")
    if !answered.utf8.contains(where: { $0 < 0x20 || $0 > 0x7e || $0 == 0x22 || $0 == 0x5c }) {
      let more = try LoopTests.answer(rig, Self.text(answered + "more"))
      #expect((more.usage("cached_tokens") ?? 0) >= base.utf8.count)
    }
  }

  /// A client that leaves in the middle of its prompt, at any turn: what was read of it serves.
  @Test func aPromptThatWasLeft() throws {
    let request = Self.text(String(repeating: "left and taken up ", count: 6))
    let expected = try fresh(request)
    for turns in stride(from: 1, to: 30, by: 2) {
      let rig = try ServiceRig(budget: 512)
      let client = try rig.connect()
      client.send(request)
      rig.turn(turns)
      client.close()
      rig.turn(2)
      #expect(!rig.isBusy)
      let answer = try LoopTests.answer(rig, request)
      #expect(answer.content == expected.content, "after \(turns) turns")
      #expect(answer.usage("prompt_tokens") == expected.usage("prompt_tokens"))
    }
  }
}
