/// A piece of a template.
struct Token {
  enum Kind: UInt8 {
    /// Text between tags, after what whitespace control leaves out.
    case data
    case variableBegin, variableEnd
    case blockBegin, blockEnd
    case name
    /// With its quotation marks.
    case string
    case integer
    case float
    case symbol
    case end
  }

  enum Symbol: UInt8 {
    case add, subtract, multiply, divide, floorDivide, remainder, power, tilde
    case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
    case assign, dot, comma, colon, semicolon, pipe
    case openParenthesis, closeParenthesis, openBracket, closeBracket, openBrace, closeBrace
    case none
  }

  var kind: Kind
  var symbol = Symbol.none
  var range: Range<Int>
}
