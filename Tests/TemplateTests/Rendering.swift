import Memory
import Testing
import Text

@testable import Template

/// What a template made of a conversation.
enum Rendering: Equatable, CustomStringConvertible {
  case text(String)
  /// By `raise_exception`.
  case refusal(String)
  case failure(TemplateError.Problem, line: Int)
  case malformedTemplate(TemplateError.Problem, line: Int)

  var description: String {
    switch self {
    case .text(let text): "text: \(text)"
    case .refusal(let text): "refusal: \(text)"
    case .failure(let problem, let line): "failure: \(problem), line \(line)"
    case .malformedTemplate(let problem, let line): "malformed: \(problem), line \(line)"
    }
  }

  var isFailure: Bool { if case .failure = self { true } else { false } }
  var isMalformed: Bool { if case .malformedTemplate = self { true } else { false } }
}

struct ByteCollector: ByteSink {
  var bytes: [UInt8] = []
  mutating func write(byte: UInt8) { bytes.append(byte) }
  var text: String { String(decoding: bytes, as: UTF8.self) }
}

/// A part of the text, as the test sees it.
struct RenderedPart: Equatable {
  var text: String
  var isForeign = false
  var isStreamed = false
  var trimsStart = false
  var trimsEnd = false
}

enum Renderer {
  /// 2 January 2026, 03:04:05: the moment of the reference's cases.
  static let now = TemplateTime(year: 2026, month: 1, day: 2, hour: 3, minute: 4, second: 5)

  /// - Parameter json: an object with the template's variables.
  static func render(
    _ template: String, _ json: String, sizes: TemplateSizes = TemplateSizes()
  ) throws -> Rendering {
    try render(Array(template.utf8), Array(json.utf8), sizes: sizes).rendering
  }

  static func parts(_ template: String, _ json: String) throws -> [RenderedPart] {
    try render(Array(template.utf8), Array(json.utf8)).parts
  }

  /// The line that says what is wrong with a template, or with its run; nil if nothing is.
  static func message(_ template: String, _ json: String) throws -> String? {
    let source = Array(template.utf8)
    var measuring = Carver.measuring
    var out = ByteCollector()
    do throws(TemplateError) {
      _ = try TemplateEngine.make(carver: &measuring, source: source.span)
    } catch {
      error.write(to: &out)
      return out.text
    }
    let arena = try Arena(plan: measuring.measured(), usesHugePages: false)
    var carver = arena.carver()
    var engine = try TemplateEngine.make(carver: &carver, source: source.span)
    carver.seal()
    do throws(TemplateError) {
      try fill(&engine.data, Array(json.utf8))
      try engine.render(now: now)
    } catch {
      engine.write(error, to: &out)
    }
    arena.unmap()
    return out.bytes.isEmpty ? nil : out.text
  }

  static func byteCount(_ template: String) throws -> Int {
    var carver = Carver.measuring
    let source = Array(template.utf8)
    _ = try TemplateEngine.make(carver: &carver, source: source.span)
    return carver.measured().totalByteCount
  }

  static func render(
    _ template: [UInt8], _ json: [UInt8], sizes: TemplateSizes = TemplateSizes()
  ) throws -> (rendering: Rendering, parts: [RenderedPart]) {
    var measuring = Carver.measuring
    do throws(TemplateError) {
      _ = try TemplateEngine.make(carver: &measuring, source: template.span, sizes: sizes)
    } catch {
      return (.malformedTemplate(error.problem, line: Int(error.line)), [])
    }
    let arena = try Arena(plan: measuring.measured(), usesHugePages: false)
    var carver = arena.carver()
    var engine = try TemplateEngine.make(carver: &carver, source: template.span, sizes: sizes)
    carver.seal()
    let result = try run(&engine, json)
    arena.unmap()
    return result
  }

  private static func run(
    _ engine: inout TemplateEngine, _ json: [UInt8]
  ) throws -> (rendering: Rendering, parts: [RenderedPart]) {
    do throws(TemplateError) {
      try fill(&engine.data, json)
      try engine.render(now: now)
    } catch {
      var out = ByteCollector()
      engine.write(error, to: &out)
      let rendering: Rendering =
        error.problem == .refused
        ? .refusal(out.text) : .failure(error.problem, line: Int(error.line))
      return (rendering, [])
    }
    var (parts, all) = ([RenderedPart](), ByteCollector())
    var text = engine.text
    repeat {
      for index in 0..<text.partCount {
        let part = text.part(index)
        var own = ByteCollector()
        own.write(text.bytes(of: part))
        all.bytes += own.bytes
        parts.append(
          RenderedPart(
            text: own.text, isForeign: part.isForeign, isStreamed: part.isStreamed,
            trimsStart: part.trimsStart, trimsEnd: part.trimsEnd))
      }
    } while text.advance()
    return (.text(all.text), parts)
  }

  private static func fill(
    _ data: inout TemplateData, _ json: [UInt8]
  ) throws(TemplateError) {
    data.reset()
    var tokenizer = JSONTokenizer()
    var offset = 0
    while true {
      guard let event = try? tokenizer.next(json.span, at: &offset) else {
        preconditionFailure("the test's JSON is malformed")
      }
      if case .needsMore = event { return }
      try data.take(event, json.span)
    }
  }
}
