/// Why bytes that arrive in pieces are no JSON.
public enum JSONFault: Error, Sendable {
  case valueExpected
  case nameExpected
  case colonExpected
  case separatorExpected
  case trailingText
  case unexpectedEnd
  case malformedNumber
  case controlCharacter
  case badEscape
  case loneSurrogate
  case invalidUTF8
  case tooDeep
}
