/// The members of a request for a response that the response has too.
enum RepeatedMember: Int {
  case instructions, maxOutputTokens, maxToolCalls, metadata, parallelToolCalls, promptCacheKey
  case reasoning, safetyIdentifier, temperature, text, toolChoice, tools, topLogprobs, topP
  case truncation, user

  static let count = 16

  init?(_ field: RequestField) {
    for value in 0..<Self.count {
      guard let member = Self(rawValue: value), member.field == field else { continue }
      self = member
      return
    }
    return nil
  }

  var field: RequestField {
    switch self {
    case .instructions: .instructions
    case .maxOutputTokens: .maxOutputTokens
    case .maxToolCalls: .maxToolCalls
    case .metadata: .metadata
    case .parallelToolCalls: .parallelToolCalls
    case .promptCacheKey: .promptCacheKey
    case .reasoning: .reasoning
    case .safetyIdentifier: .safetyIdentifier
    case .temperature: .temperature
    case .text: .textConfig
    case .toolChoice: .toolChoice
    case .tools: .tools
    case .topLogprobs: .topLikely
    case .topP: .topP
    case .truncation: .truncation
    case .user: .user
    }
  }

  /// What the response has if the request has no such member; nil: the number that is used.
  var missingValue: StaticString? {
    switch self {
    case .instructions, .maxOutputTokens, .maxToolCalls, .promptCacheKey, .safetyIdentifier,
      .user:
      "null"
    case .metadata: "{}"
    case .parallelToolCalls: "true"
    case .reasoning: "{\"effort\":null,\"summary\":null}"
    case .temperature, .topP: nil
    case .text: "{\"format\":{\"type\":\"text\"}}"
    case .toolChoice: "\"auto\""
    case .tools: "[]"
    case .topLogprobs: "0"
    case .truncation: "\"disabled\""
    }
  }
}

/// Where the members of a request are that a response repeats.
struct RepeatedPlaces: Sendable {
  /// Bytes of the body up to the end of the name; 0 if there is no such member, or if it is null.
  private var byteCounts = InlineArray<16, Int>(repeating: 0)

  func byteCount(_ member: RepeatedMember) -> Int? {
    let count = byteCounts[member.rawValue]
    return count == 0 ? nil : count
  }

  /// A member of the request has this name, which ends there.
  mutating func note(_ field: RequestField, endOfName byteCount: Int) {
    guard let member = RepeatedMember(field) else { return }
    byteCounts[member.rawValue] = byteCount
  }

  /// The member is null.
  mutating func forget(_ field: RequestField) { note(field, endOfName: 0) }
}
