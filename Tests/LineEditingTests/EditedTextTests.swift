import Testing

@testable import LineEditing

@Suite struct EditedTextTests {
  /// Scalars, combining marks, joined emoji, modifiers, flags, Hangul of parts, line ends.
  private static let characters = [
    "a", "é", "e\u{301}", "日", "👍🏽", "👩‍👩‍👧", "🇫🇷", "🇮🇹", "각", "\u{1100}\u{1161}\u{11A8}", "\t", "\n",
    "x\u{301}\u{302}", "❤\u{FE0F}",
  ]

  @Test func stepsOverCharacters() {
    let typed = Typed(Self.characters.joined())
    var place = 0
    for character in Self.characters {
      let end = typed.text.after(place)
      #expect(end - place == character.utf8.count, "\(character)")
      #expect(typed.text.before(end) == place, "\(character)")
      place = end
    }
    #expect(place == typed.text.count)
    #expect(typed.text.after(place) == place)
    #expect(typed.text.before(0) == 0)
  }

  /// As a text of characters in an array would be.
  @Test func editsAsAnArrayOfCharacters() {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<300 {
      let typed = Typed()
      var array: [String] = []
      var cursor = 0
      for _ in 0..<60 {
        switch Int.random(in: 0..<5, using: &random) {
        case 0 where cursor > 0:
          typed.text.move(to: typed.text.before(typed.text.cursor))
          cursor -= 1
        case 1 where cursor < array.count:
          typed.text.move(to: typed.text.after(typed.text.cursor))
          cursor += 1
        case 2 where cursor > 0:
          typed.text.remove(typed.text.before(typed.text.cursor)..<typed.text.cursor)
          cursor -= 1
          array.remove(at: cursor)
        default:
          // A character that would not join the one behind it: no flags side by side.
          let character = ["a", "e\u{301}", "日", "👍🏽", "\n"].randomElement(using: &random)!
          #expect(typed.insert(character))
          array.insert(character, at: cursor)
          cursor += 1
        }
        #expect(typed.string == array.joined())
        #expect(typed.text.cursor == array[..<cursor].joined().utf8.count)
      }
    }
  }

  @Test func linesAndWords() {
    let typed = Typed("one two\nthree  four\n")
    #expect(typed.text.lineStart(3) == 0 && typed.text.lineEnd(3) == 7)
    #expect(typed.text.lineStart(8) == 8 && typed.text.lineEnd(8) == 19)
    #expect(typed.text.lineStart(20) == 20 && typed.text.lineEnd(20) == 20)
    typed.text.move(to: 19)
    #expect(typed.text.wordStart == 15)
    typed.text.move(to: 15)
    #expect(typed.text.wordStart == 8)
    typed.text.move(to: 8)
    #expect(typed.text.wordStart == 4)
  }

  @Test func aTextHasItsCapacity() {
    let typed = Typed(capacity: 4)
    #expect(typed.insert("éé"))
    #expect(!typed.insert("a"))
    #expect(typed.string == "éé")
  }
}
