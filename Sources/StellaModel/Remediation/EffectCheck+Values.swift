extension EffectCheck {
  /// A name of a target, table or column: not empty, bounded, without control characters.
  static func name(_ name: String, at place: String) throws(EffectError) {
    guard !name.isEmpty else { throw EffectError(.badValue, at: place, "the name is empty", "Name it") }
    guard name.utf8.count <= nameLimitBytes else {
      throw EffectError(.limit, at: place, "the name is longer than \(nameLimitBytes) bytes", "Use its real name")
    }
    guard name.unicodeScalars.allSatisfy({ $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }) else {
      throw EffectError(.badValue, at: place, "the name has a control character", "Use its real name")
    }
  }

  static func selector(_ selector: NamedValues) throws(EffectError) {
    guard !selector.isEmpty else {
      throw EffectError(
        .emptySelector, at: "where", "where names no column, which would mean every row",
        "Name at least one column and the value that the rows to change hold")
    }
    for column in selector {
      if case .result = column.value {
        throw EffectError(
          .badValue, at: "where.\(column.name)", "the rows to change depend on a value that isn't known yet",
          "Select rows by known values, so that an approver sees which they are")
      }
    }
    try columns(selector, at: "where", allowsResults: false)
  }

  /// Values as a database holds them.
  static func columns(_ columns: NamedValues, at place: String, allowsResults: Bool) throws(EffectError) {
    try limit(columns.count, at: place)
    for column in columns {
      let place = "\(place).\(column.name)"
      try name(column.name, at: place)
      switch column.value {
      case .null, .bool, .integer, .bytes: break
      case .text(let text): try self.text(text, at: place, refusesNull: true)
      case .double(let value): try finite(value, at: place)
      case .result where allowsResults: break
      case .secret:
        throw EffectError(
          .secretValue, at: place, "a column can't hold a secret",
          "Rows are shown to approvers; keep secrets out of them")
      case .array, .object, .result:
        throw EffectError(
          .wrongType, at: place, "a column can't hold a table", "Give a single value; write JSON as text")
      }
    }
    try distinctColumns(columns.names, at: place)
  }

  /// Databases take `ID` and `id` for the same column.
  static func distinctColumns(_ names: [String], at place: String) throws(EffectError) {
    let folded = names.map { name in
      name.utf8.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
    }
    let sorted = folded.sorted { $0.lexicographicallyPrecedes($1) }
    if let twice = zip(sorted, sorted.dropFirst()).first(where: { $0 == $1 }) {
      throw EffectError(
        .badValue, at: place, "the column \(String(decoding: twice.0, as: UTF8.self)) is named twice",
        "Name each column once and in one spelling")
    }
  }

  /// A text, a result, a secret where allowed, or several of them that are joined.
  static func pieces(_ value: EffectValue, at place: String, allowsSecrets: Bool) throws(EffectError) {
    switch value {
    case .text(let text): try self.text(text, at: place, refusesNull: true)
    case .result: break
    case .secret where allowsSecrets: break
    case .secret:
      throw EffectError(
        .secretValue, at: place, "a secret would be readable here", "Use secret_headers, body_secrets or environment")
    case .array(let parts):
      try limit(parts.count, at: place)
      guard parts.count >= 2 else {
        throw EffectError(.badValue, at: place, "fewer than two parts are joined", "Give the part itself")
      }
      for part in parts {
        if case .array = part {
          throw EffectError(
            .wrongType, at: place, "parts that are joined have parts themselves", "Give one list of parts")
        }
        try pieces(part, at: place, allowsSecrets: allowsSecrets)
      }
    default:
      throw EffectError(.wrongType, at: place, "this is no text", "Give a text; write numbers with tostring")
    }
  }

  /// A value that JSON can carry, and references.
  static func json(
    _ value: EffectValue, at place: String, allowsSecrets: Bool, depth: Int = 1
  ) throws(EffectError) {
    switch value {
    case .null, .bool, .integer, .result: break
    case .text(let text): try self.text(text, at: place)
    case .double(let value): try finite(value, at: place)
    case .bytes:
      throw EffectError(.wrongType, at: place, "JSON can't carry bytes", "Encode them as text")
    case .secret:
      guard allowsSecrets else {
        throw EffectError(.secretValue, at: place, "a secret would be readable here", "Leave it out")
      }
    case .array(let elements):
      try nesting(depth, at: place)
      for (index, element) in elements.enumerated() {
        try json(element, at: "\(place)[\(index + 1)]", allowsSecrets: allowsSecrets, depth: depth + 1)
      }
    case .object(let members):
      try nesting(depth, at: place)
      for member in members {
        try json(member.value, at: "\(place).\(member.name)", allowsSecrets: allowsSecrets, depth: depth + 1)
      }
    }
  }

  static func nesting(_ depth: Int, at place: String) throws(EffectError) {
    guard depth <= EffectValue.depthLimit else {
      throw EffectError(
        .limit, at: place, "tables nest deeper than \(EffectValue.depthLimit)", "Give a flatter table")
    }
  }

  static func limit(_ count: Int, at place: String) throws(EffectError) {
    guard count <= itemLimit else {
      throw EffectError(.limit, at: place, "there are more than \(itemLimit) members", "Give fewer")
    }
  }

  static func finite(_ value: Double, at place: String) throws(EffectError) {
    guard value.isFinite else {
      throw EffectError(
        .badValue, at: place, "the number is infinite or not a number", "Find out why in plan, or write null")
    }
  }

  static func text(_ text: String, at place: String, refusesNull: Bool = false) throws(EffectError) {
    if refusesNull, text.utf8.contains(0) {
      throw EffectError(.badValue, at: place, "the text has a zero byte, which would end it", "Remove it in plan")
    }
  }

  static func ascending(_ names: [String], at place: String) throws(EffectError) {
    try limit(names.count, at: place)
    for (one, next) in zip(names, names.dropFirst()) where !NamedValues.precedes(one, next) {
      throw EffectError(.badValue, at: place, "the names are not each there once in ascending order", "Sort them")
    }
  }

  static func outcomes(_ codes: [Int], within range: ClosedRange<Int>, at place: String) throws(EffectError) {
    guard codes.allSatisfy(range.contains) else {
      throw EffectError(
        .badValue, at: place, "an outcome is outside \(range.lowerBound) to \(range.upperBound)",
        "Give possible outcomes")
    }
    for (one, next) in zip(codes, codes.dropFirst()) where one >= next {
      throw EffectError(.badValue, at: place, "the outcomes are not each there once in ascending order", "Sort them")
    }
  }

  static func environmentName(_ name: String, at place: String) throws(EffectError) {
    let bytes = name.utf8
    guard let first = bytes.first, first.isASCIILetter || first == UInt8(ascii: "_"), bytes.count <= nameLimitBytes,
      bytes.allSatisfy({ $0.isASCIILetter || $0.isASCIIDigit || $0 == UInt8(ascii: "_") })
    else {
      throw EffectError(
        .badValue, at: place, "this is no name of an environment variable",
        "Use letters, digits and underscores, not beginning with a digit")
    }
  }

  /// An absolute `http` or `https` URL (RFC 3986) of which every part is visible to an approver as it will be sent.
  static func url(_ url: String, at place: String) throws(EffectError) {
    guard url.utf8.count <= urlLimitBytes else {
      throw EffectError(
        .limit, at: place, "the URL is longer than \(urlLimitBytes) bytes", "Send long data in the body")
    }
    guard url.utf8.allSatisfy({ (0x21...0x7E).contains($0) && !"\"<>\\^`{|}".utf8.contains($0) }) else {
      throw EffectError(
        .badValue, at: place, "the URL has a character that URLs can't have", "Percent-encode it (RFC 3986)")
    }
    guard let scheme = ["https://", "http://"].first(where: url.hasPrefix) else {
      throw EffectError(.badValue, at: place, "the URL doesn't begin with http:// or https://", "Give an absolute URL")
    }
    let rest = url.utf8.dropFirst(scheme.utf8.count)
    let authority = rest.prefix { !"/?#".utf8.contains($0) }
    guard !authority.isEmpty, authority.first != UInt8(ascii: ":") else {
      throw EffectError(.badValue, at: place, "the URL names no host", "Give an absolute URL")
    }
    guard !authority.contains(UInt8(ascii: "@")) else {
      throw EffectError(
        .secretValue, at: place, "the URL holds a user or password", "Use secret_headers, for example authorization")
    }
    guard !rest.contains(UInt8(ascii: "#")) else {
      throw EffectError(.badValue, at: place, "the URL has a fragment, which is never sent", "Leave out what follows #")
    }
  }
}
