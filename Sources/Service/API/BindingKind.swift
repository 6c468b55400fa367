import Text

/// What a request binds its answer to.
public enum BindingKind: Sendable {
  /// `response_format` of the type json_object.
  case anyObject
  /// `response_format` with a schema, or `guided_json`.
  case schema
  /// `grammar` or `guided_grammar`.
  case grammar
  /// `tools`, which it may or must call.
  case tools
}

/// The type of `response_format`.
enum AnswerFormat {
  case text, object, schema

  init?(_ name: FixedText<33>) {
    if matches(name, "text") {
      self = .text
    } else if matches(name, "json_object") {
      self = .object
    } else if matches(name, "json_schema") {
      self = .schema
    } else {
      return nil
    }
  }
}
