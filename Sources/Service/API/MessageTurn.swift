import Text

// Messages of Anthropic's.
extension CompletionReader {
  mutating func endBlock<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) throws(RequestError) {
    if !has(.blockType) { throw error(.missing, .blockType) }
    switch turn.namedBlock {
    case .text: if !has(.blockText) { throw error(.missing, .blockText) }
    case .call:
      try endCall(&consumer, id: .toolUseID, name: .toolUseName, arguments: .toolInput)
      turn.isAssistants = true
    case .result:
      try endResult(&consumer, id: .resultID)
      turn.isUsers = true
    default:
      if !has(.thinkingText) { throw error(.missing, .thinkingText) }
      turn.isAssistants = true
    }
    if let block = turn.block, block != turn.namedBlock { throw error(.invalid, .blockType) }
  }

  mutating func endTurn<Consumer: PromptConsumer & ~Copyable>(
    _ consumer: inout Consumer
  ) throws(RequestError) {
    if !has(.turnContent) { throw error(.missing, .turnContent) }
    if turn.isAssistants && role != .assistant || turn.isUsers && role != .user {
      throw error(.invalid, .role)
    }
    let ownRole = role ?? .user
    if !turn.isOpen && !turn.isUsers { beginTurn(&consumer) }
    closeMessage(ownRole, &consumer)
    role = turn.closedRole
  }
}
