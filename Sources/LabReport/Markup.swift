/// HTML or SVG in which all text is escaped: text from files gets in only as text or as an
/// attribute's value.
struct Markup: Sendable, Equatable, ExpressibleByStringLiteral {
  let source: String

  /// Text.
  init(_ text: String) { source = Self.escaped(text) }

  /// Text, too.
  init(stringLiteral text: String) { self.init(text) }

  init(_ parts: [Markup]) { source = parts.map(\.source).joined() }

  private init(source: String) { self.source = source }

  static let empty = Markup(source: "")

  static func element(
    _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String> = [:],
    _ content: [Markup] = []
  ) -> Markup {
    let start = attributes.reduce("<\(name)") { $0 + " \($1.key)=\"\(escaped($1.value))\"" }
    return if isVoid(name) {
      Markup(source: start + "/>")
    } else {
      Markup(source: start + ">" + content.map(\.source).joined() + "</\(name)>")
    }
  }

  /// A style sheet of the program's own.
  static func style(_ sheet: StaticString) -> Markup {
    Markup(source: "<style>\n\(sheet)</style>")
  }

  /// A page: the document type, then the root.
  static func document(_ root: Markup) -> Markup {
    Markup(source: "<!DOCTYPE html>\n" + root.source + "\n")
  }

  /// Whether HTML knows the element without an end tag.
  private static func isVoid(_ name: StaticString) -> Bool {
    ["meta", "br"].contains(name.description)
  }

  private static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case _ where !isPrintable(scalar): result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// What XML 1.0 (2.2, Characters) allows, without the control characters it advises against and
  /// without those that turn the direction of the text around them.
  private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x9, 0xA, 0xD: true
    case 0..<0x20, 0x7F...0x9F, 0xFFFE...0xFFFF: false
    case 0x202A...0x202E, 0x2066...0x2069: false
    default: scalar.value & 0xFFFE != 0xFFFE
    }
  }
}

extension Markup {
  /// `x` and `y` in the units of the chart's view box.
  static func text(
    _ text: String, x: Double, y: Double, anchor: Anchor = .start, kind: String = "label"
  ) -> Markup {
    .element(
      "text",
      [
        "x": Format.coordinate(x), "y": Format.coordinate(y), "text-anchor": anchor.rawValue,
        "class": kind,
      ], [Markup(text)])
  }

  /// A text alternative, which browsers show while the pointer rests on the shape.
  static func title(_ text: String) -> Markup { .element("title", [:], [Markup(text)]) }

  static func line(
    _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, kind: String
  ) -> Markup {
    .element(
      "line",
      [
        "x1": Format.coordinate(x1), "y1": Format.coordinate(y1), "x2": Format.coordinate(x2),
        "y2": Format.coordinate(y2), "class": kind,
      ])
  }

  static func group(_ kind: String, _ content: [Markup]) -> Markup {
    .element("g", ["class": kind], content)
  }

  /// Where a text's `x` is.
  enum Anchor: String {
    case start, middle, end
  }
}
