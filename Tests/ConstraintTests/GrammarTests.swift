import Foundation
import TestSupport
import Testing

@testable import Constraint

@Suite struct GrammarTests {
  @Test(arguments: [
    ("root ::= \"yes\" | \"no\"", ["yes", "no"], ["y", "nope", "", "yesno"]),
    ("root ::= [a-c]+ \"!\"?", ["a", "abcabc!", "c!"], ["!", "abd", "a!!"]),
    ("root ::= [^\"\\\\]*", ["", "añ日🦙"], ["a\"", "\\"]),
    ("root ::= item{2,3}\nitem ::= [0-9] \",\"", ["1,2,", "1,2,3,"], ["1,", "1,2,3,4,"]),
    ("root ::= \"a\"{2} \"b\"{0,1} \"c\"{1,}", ["aac", "aabccc"], ["ac", "aab", "aabbc"]),
    ("root ::= \"(\" root \")\" | \"x\" # nested\n", ["x", "((x))"], ["(x", "x)", "()"]),
    ("root ::= (\"a\" | \"b\" (\n  \"c\" | \"d\"))* \"\\n\"", ["\n", "abcbda\n"], ["b\n", "a"]),
    ("root ::= . \"\\x41\" \"\\u00e9\" [\\U0001F999]", ["日Aé🦙"], ["日Aé🦚", "Aé🦙"]),
    ("root ::= a b c\na ::= \"x\"?\nb ::= \"x\"?\nc ::= \"x\"?", ["", "x", "xx", "xxx"], ["xxxx"]),
    (
      "root ::= sum\nsum ::= term (\"+\" term)*\nterm ::= [0-9]+ | \"(\" sum \")\"",
      ["1", "1+(22+3)+4"], ["1+", "(1", "+1"]
    ),
    (
      "root   ::= \"1. \" move \" \" move \"\\n\" ([1-9] [0-9]? \". \" move \" \" move \"\\n\")+\nmove   ::= (pawn | nonpawn | castle) [+#]?\nnonpawn ::= [NBKQR] [a-h]? [1-8]? \"x\"? [a-h] [1-8]\npawn   ::= ([a-h] \"x\")? [a-h] [1-8] (\"=\" [NBKQR])?\ncastle ::= \"O-O\" \"-O\"?",
      ["1. e4 e5\n2. Nf3 Nc6\n", "1. d4 d5\n2. c4 dxc4\n3. O-O-O+ Qxe5#\n"],
      ["1. e4\n", "1. e9 e5\n2. a4 a5\n"]
    ),
  ])
  func textsOfGrammars(grammar: String, texts: [String], others: [String]) throws {
    let checker = try Checker()
    #expect(checker.useGrammar(grammar) == nil)
    for text in texts { #expect(checker.accepts(text), "\(text)") }
    for text in others { #expect(!checker.accepts(text), "\(text)") }
    // A byte that breaks a character never passes.
    #expect(
      checker.acceptedCount("\u{FFFD}") == 0 || grammar.contains("[^") || grammar.contains("."))
  }

  /// Nothing is begun that the stack has no room to end: at any depth the text can become whole.
  @Test(arguments: [
    ("root ::= \"(\" root \")\" | num\nnum ::= [0-9]+ (\".\" [0-9]+)?", "(", "7"),
    ("root ::= \"(\" root \")\" | a\na ::= b \"!\"\nb ::= c \"?\"\nc ::= \"x\"", "(", "x?!"),
  ])
  func theStackHasRoomToEnd(grammar: String, opening: String, inner: String) throws {
    let checker = try Checker()
    #expect(checker.useGrammar(grammar) == nil)
    let depth = checker.acceptedCount(String(repeating: opening, count: 100))
    #expect((40...48).contains(depth))
    let closing = String(repeating: ")", count: depth)
    let text = String(repeating: opening, count: depth) + inner + closing
    #expect(checker.accepts(text))
  }

  @Test(arguments: [
    ("root ::= root \"a\" | \"b\"", "the grammar is a rule that begins with itself"),
    ("root ::= x*\nx ::= \"a\"?", "the grammar at byte"),
    ("root ::= a\na ::= b\nb ::= a | \"x\"", "the grammar at byte"),
    ("root ::= y", "the grammar at byte 9 names a rule that the grammar has not"),
    ("a ::= \"x\"", "the grammar has no rule root"),
    ("root ::= \"x", "the grammar at byte 11 is not as a GBNF grammar is written"),
    ("root = \"x\"", "the grammar at byte 5 is not as a GBNF grammar is written"),
    ("root ::= [z-a]", "the grammar at byte 13 is not as a GBNF grammar is written"),
    ("root ::= \"a\"{3,1}", "the grammar at byte 13 is not as a GBNF grammar is written"),
    ("root ::= \"a\"{9999}", "the grammar at byte 12 repeats more than 2000 times"),
    ("root ::= \"a\"\nroot ::= \"b\"", "the grammar at byte 13 defines a rule a second time"),
    ("root ::= \"a\" root", "the grammar allows no text at all"),
    ("root ::= \"\\q\"", "the grammar at byte 11 is not as a GBNF grammar is written"),
    ("", "the grammar has no rule root"),
  ])
  func errorsNameTheirPlace(grammar: String, expected: String) throws {
    let checker = try Checker()
    let message = checker.useGrammar(grammar)
    #expect(message?.hasPrefix(expected) == true, "\(message ?? "none")")
  }

  @Test(arguments: 0..<4)
  func randomTextsEndInTime(seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(seed))
    let checker = try Checker()
    let grammars = [
      "root ::= \"{\" pair (\",\" pair)* \"}\"\npair ::= [a-z]+ \":\" value\nvalue ::= [0-9]+ | root | \"null\"",
      "root ::= ([a-z] [0-9]{3,5} \"é\"? | \"(\" root \")\" root)+ \".\"",
      "root ::= a | a a | \"b\" root \"日\"\na ::= \"x\"* \"y\"",
    ]
    for grammar in grammars {
      #expect(checker.useGrammar(grammar) == nil)
      for _ in 0..<50 {
        let budget = checker.distance + Int.random(in: 0..<60, using: &random)
        let walk = Walk(checker, budget: budget, &random)
        #expect(walk.isWhole, "\(grammar) \(walk.text)")
        #expect(checker.accepts(walk.text))
        checker.restart()
      }
    }
  }
}
