import Testing

@testable import Template

/// The language, as Jinja2 3.1 has it with `trim_blocks` and `lstrip_blocks`: each expectation is what
/// its documentation describes, and what Jinja2 3.1.6 gave.
@Suite struct LanguageTests {
  /// The variables of all templates.
  static let variables = #"""
    {"messages": [{"role": "user", "content": "Hi <b> there"}, 
     {"role": "assistant", "content": "Hello"}, {"role": "user", "content": "  spaced \n"}],
    "d": {"b": 2, "a": 1, "C": [1, 2.5, null, true, "x'y"], "items": "it", "nested": {"k": {"z": 1}}},
    "l": [3, 1, 2, "3"],
    "s": "Hello Wörld",
    "e": "",
    "n": null,
    "t": true,
    "i": 7,
    "f": 1.5,
    "u": "ÄÖß straße ΣΑΣ привет",
    "people": [{"name": "bob", "age": 3}, 
     {"name": "Al", "age": 5}, {"name": "cy", "age": 3}],
    "tools": null,
    "fl": [0.1,
     1e+16, 1e-05, 123456789.125, 1e+22, 0.30000000000000004, 5e-324,
     1.7976931348623157e+308, 100.0, -0.0, 1000000000000000.0, 1.2345678901234567e+19, 2.5, 3.141592653589793, 0.3333333333333333]}
    """#

  @Test(arguments: LanguageCases.texts + FormatCases.texts)
  func gives(_ template: String, _ expected: String) throws {
    #expect(try Renderer.render(template, Self.variables) == .text(expected))
  }

  @Test(arguments: LanguageCases.refusals)
  func refuses(_ template: String, _ expected: String) throws {
    #expect(try Renderer.render(template, Self.variables) == .refusal(expected))
  }

  @Test(arguments: LanguageCases.mistakes + FormatCases.mistakes)
  func fails(_ template: String) throws {
    let rendering = try Renderer.render(template, Self.variables)
    #expect(rendering.isFailure || rendering.isMalformed, "\(rendering)")
  }

  /// What is not done is named in one line.
  @Test(arguments: FormatCases.unsupported)
  func names(_ template: String, _ expected: String) throws {
    let message = try Renderer.message(template, Self.variables)
    #expect(message == "chat template, line 1: " + expected)
  }
}
