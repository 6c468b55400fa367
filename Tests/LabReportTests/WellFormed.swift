import Foundation
import Testing

@testable import LabReport

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// What an XML parser finds in markup.
final class Elements: NSObject, XMLParserDelegate {
  private(set) var names: [String: Int] = [:]
  private(set) var texts: [String] = []
  private(set) var numbers: [String] = []
  private var text = ""
  private(set) var error: String?

  init(_ markup: Markup) {
    super.init()
    let parser = XMLParser(data: Data(markup.source.utf8))
    parser.delegate = self
    if !parser.parse() {
      error = "\(parser.parserError.map { "\($0)" } ?? "") \(parser.lineNumber)"
    }
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) {
    names[name, default: 0] += 1
    text = ""
    let places = ["x", "y", "x1", "x2", "y1", "y2", "width", "height", "cx", "cy", "points"]
    if name != "svg" { numbers += places.compactMap { attributes[$0] } }
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }

  func parser(
    _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
  ) {
    texts.append(text)
    text = ""
  }
}

/// Fails unless the markup is well-formed and all its places are numbers.
@discardableResult
func expectWellFormed(
  _ markup: Markup, sourceLocation: SourceLocation = #_sourceLocation
) -> Elements {
  let elements = Elements(markup)
  #expect(elements.error == nil, sourceLocation: sourceLocation)
  let parts = elements.numbers.flatMap { $0.split { $0 == " " || $0 == "," } }
  #expect(
    parts.allSatisfy { Double($0).map { $0.isFinite && abs($0) < 1e5 } ?? false },
    sourceLocation: sourceLocation)
  return elements
}
