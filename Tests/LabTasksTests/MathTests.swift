import Testing

@testable import LabTasks

@Suite struct MathAnswerTests {
  // The same answers as MATH's own is_equiv (hendrycks/math, math_equivalence.py) gives, but for
  // the last four, on which it says no.
  @Test(arguments: [
    ("\\frac12", "\\frac{1}{2}"), ("0.5", "1/2"), ("\\dfrac{3}{4}", "3/4"),
    ("\\sqrt3", "\\sqrt{3}"), ("x=5", "5"), ("10\\text{ cm}", "10"), ("50\\%", "50"),
    ("\\$12", "12"), (".5", "0.5"), ("30^\\circ", "30"), ("2\\!1", "21"),
    ("\\left(3,\\frac{\\pi}{2}\\right)", "(3, \\frac{\\pi}{2})"), ("1,234", "1234"),
    ("2, -1", "-1,2"), ("1\\frac{1}{2}", "\\frac{3}{2}"), ("\\text{Evelyn}.", "Evelyn"),
  ])
  func equivalent(first: String, second: String) {
    #expect(MathAnswer.isEquivalent(first, second))
    #expect(MathAnswer.isEquivalent(second, first))
  }

  // is_equiv says no to these too, but for "\\text{ east}", all of which it takes for a unit.
  @Test(arguments: [
    ("5", "6"), ("\\frac{1}{3}", "0.333"), ("(1,2)", "(2,1)"), ("1,2", "1,2,3"), ("", "0"),
    ("\\text{ east}", ""), ("\\frac{1}{0}", "1"), ("-3", "3"), ("1,1,2", "1,2,2"),
  ])
  func different(first: String, second: String) {
    #expect(!MathAnswer.isEquivalent(first, second))
    #expect(!MathAnswer.isEquivalent(second, first))
  }

  @Test func boxed() {
    #expect(MathAnswer.boxed("so \\boxed{1} and \\boxed{\\frac{1}{2}}.") == "\\frac{1}{2}")
    #expect(MathAnswer.boxed("$\\boxed 7$") == "7")
    #expect(MathAnswer.boxed("\\fbox{x}") == "x")
    #expect(MathAnswer.boxed("\\boxed{1") == nil)
    #expect(MathAnswer.boxed("\\boxed") == nil)
    #expect(MathAnswer.boxed("1") == nil)
  }

  @Test(arguments: [
    ("is 3.", "3"), ("from 2-5", "5"), ("it is -5", "-5"), ("1,234,567.25 or so", "1,234,567.25"),
    ("3/4", "3/4"), ("about .5", ".5"), ("x = (2)-1", "1"), ("1,23", "23"),
  ])
  func lastNumber(text: String, number: String) {
    #expect(MathAnswer.lastNumber(text) == number)
  }

  @Test func matches() {
    #expect(MathAnswer.exact("Thus \\boxed{ \\frac{1}{2} }", "\\frac{1}{2}"))
    #expect(!MathAnswer.exact("Thus \\boxed{0.5}", "\\frac{1}{2}"))
    #expect(!MathAnswer.exact("Thus 3", "3"))
    #expect(MathAnswer.flexible("Thus \\boxed{0.5}", "\\frac{1}{2}"))
    #expect(MathAnswer.flexible("2 and 1 is 3.", "3"))
    #expect(!MathAnswer.flexible("nothing", "3"))
    #expect(!MathAnswer.flexible("\\boxed{4}, not 3", "3"))
  }

  @Test(arguments: ["\\frac", "\\frac{", "\\sqrt", "{}}{", "\\text{", "\\boxed{}{", ",", "/", "-"])
  func oddTexts(text: String) {
    #expect(MathAnswer.isEquivalent(text, text))
    #expect(!MathAnswer.flexible(text, "17"))
  }
}
