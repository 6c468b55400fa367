/// The formats of strings that are enforced, as patterns (JSON Schema Validation, section 7.3).
enum Formats {
  static func pattern(_ name: WordsText, _ words: Words) -> StaticString? {
    if words.matches(name, "date") { return fullDate }
    if words.matches(name, "time") { return fullTime }
    if words.matches(name, "date-time") { return dateTime }
    if words.matches(name, "uuid") { return uuid }
    return nil
  }

  private static let fullDate: StaticString =
    "^([0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))|([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29)$"

  private static let fullTime: StaticString =
    "^(([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]+)?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])|23:59:60(\\.[0-9]+)?([Zz]|[+-]00:00))$"

  private static let dateTime: StaticString =
    "^([0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))|([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29)[Tt](([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]+)?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])|23:59:60(\\.[0-9]+)?([Zz]|[+-]00:00))$"

  private static let uuid: StaticString =
    "^[0-9A-Fa-f]{8}-([0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}$"
}
