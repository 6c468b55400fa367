import Foundation
import LabResults

/// The tokens of a text whose likelihood is measured.
struct ScoredText: Sendable {
  static let options: [LabOption] = [
    LabOption("--prompt-file", "FILE", "the text"),
    LabOption("--tokens", "FILE", "the text as token ids, separated by white space"),
    LabOption("--length", "T", "the first T tokens; all where nothing is said"),
    LabOption("--skip", "K", "leave out the tokens 0 to K"),
  ]

  /// The file's name without folders.
  let name: String
  let tokens: [Int32]
  /// The first token whose likelihood counts is the one after this.
  let skip: Int

  /// - Parameter isNeeded: whether there must be a text.
  /// - Returns: nil where none is named.
  init?(_ arguments: LabArguments, _ model: TextModel, isNeeded: Bool = true) throws(LabFailure) {
    try Self.check(arguments, isNeeded: isNeeded)
    let all: [Int32]
    let path: String
    if let file = arguments.text("--tokens") {
      path = file
      all = try Self.ids(file, vocabularyCount: model.shape.vocabularyCount)
    } else if let file = arguments.text("--prompt-file") {
      path = file
      guard let text = String(validating: try fileContents(file), as: UTF8.self) else {
        throw .data("\(file): is not UTF-8 text")
      }
      all = try model.encode(text, .whole, parsesSpecialTokens: true)
    } else {
      return nil
    }
    let length = try arguments.count("--length", in: 2...Int.max) ?? all.count
    let skip = try arguments.count("--skip", in: 0...Int.max) ?? 0
    if length > all.count {
      throw .data("\(path): has \(all.count) tokens, fewer than --length \(length)")
    }
    if length < 2 || skip > length - 2 {
      throw .data("\(path): of \(length) tokens none is left to be scored after --skip \(skip)")
    }
    name = URL(fileURLWithPath: path).lastPathComponent
    tokens = Array(all.prefix(length))
    self.skip = skip
  }

  /// Before anything is read.
  static func check(_ arguments: LabArguments, isNeeded: Bool) throws(LabFailure) {
    let isText = arguments.has("--prompt-file")
    if isText && arguments.has("--tokens") {
      throw .usage("give one of --prompt-file and --tokens")
    }
    if isNeeded && !isText && !arguments.has("--tokens") {
      throw .usage("a text is missing: --prompt-file or --tokens")
    }
    _ = try arguments.count("--length", in: 2...Int.max)
    _ = try arguments.count("--skip", in: 0...Int.max)
  }

  private static func ids(
    _ path: String, vocabularyCount: Int
  ) throws(LabFailure) -> [Int32] {
    let words = String(decoding: try fileContents(path), as: UTF8.self)
      .split(whereSeparator: \.isWhitespace)
    var ids: [Int32] = []
    for word in words {
      guard let id = Int32(word), id >= 0, id < vocabularyCount else {
        throw .data("\(path): '\(word)' is not a token id below \(vocabularyCount)")
      }
      ids.append(id)
    }
    return ids
  }

  /// How result lines name it.
  var item: [String: ItemValue] {
    [
      "text": .text(name), "length": .number(Double(tokens.count)), "skip": .number(Double(skip)),
    ]
  }
}
