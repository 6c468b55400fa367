import Text

/// Why a schema or a grammar cannot be used: what is wrong, and where.
public struct ConstraintError: Error {
  public let problem: ConstraintProblem
  /// Of a schema: the item of its document; of a grammar: the byte. 0 if no place is known.
  let place: Int

  init(_ problem: ConstraintProblem, _ place: Int) {
    self.problem = problem
    self.place = place
  }
}

public enum ConstraintProblem: Sendable {
  // Of both.
  case memory
  case empty
  // Of schemas.
  case json
  case notASchema
  case badKeyword
  case unsupportedKeyword
  case unsupportedFormat
  case reference
  case manyBranches
  case manySchemas
  case manyProperties
  case manyNames
  case longNumber
  // Of tools.
  case notTools
  case manyTools
  case noToolName
  case badToolName
  case unknownTool
  case toolsAndSchema
  case keyedArguments
  // Of patterns.
  case pattern
  case unsupportedPattern
  case largePattern
  // Of grammars.
  case syntax
  case unknownRule
  case repeatedRule
  case noRoot
  case leftRecursion
  case deepGroups
  case manyRepeats

  public var message: StaticString {
    @export(interface) get {
      switch self {
      case .memory: "is larger than the memory for grammars; --grammar-kib makes it larger"
      case .empty: "allows no text at all"
      case .json: "is not JSON"
      case .notASchema: "must be an object, true or false"
      case .badKeyword: "has not the value that the keyword must have"
      case .unsupportedKeyword: "is a keyword that cannot be enforced"
      case .unsupportedFormat: "is a format that cannot be enforced"
      case .reference: "must refer to a part of the same schema, as #/$defs/name"
      case .manyBranches: "has more than 256 combinations of alternatives"
      case .manySchemas: "combines more than 48 schemas"
      case .manyProperties: "has more than 128 properties"
      case .manyNames: "asks for more than 32 properties that have no name in the schema"
      case .longNumber: "has more digits than can be compared"
      case .notTools: "must be a list"
      case .manyTools: "are more than 128"
      case .noToolName: "must be an object with a function that has a name"
      case .badToolName:
        "must be a name of 1 to 64 letters, digits, underscores, hyphens and points"
      case .unknownTool: "have not the one that is to be called"
      case .toolsAndSchema:
        "cannot be given with a schema for the answer, because the model writes calls as objects alone"
      case .keyedArguments:
        """
        asks of arguments what the model's form of calls cannot hold to: alternatives of objects, counts \
        of properties, or names that are no words
        """
      case .pattern: "is not a regular expression"
      case .unsupportedPattern: "uses a construct that is not regular or not known"
      case .largePattern: "is a pattern with too many states"
      case .syntax: "is not as a GBNF grammar is written"
      case .unknownRule: "names a rule that the grammar has not"
      case .repeatedRule: "defines a rule a second time"
      case .noRoot: "has no rule root"
      case .leftRecursion: "is a rule that begins with itself"
      case .deepGroups: "has groups nested too deep"
      case .manyRepeats: "repeats more than 2000 times"
      }
    }
  }
}
