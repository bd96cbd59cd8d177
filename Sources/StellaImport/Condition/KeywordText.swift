/// A keyword that is looked for in every text of an event, which only a function can do.
package struct KeywordText: Hashable, Sendable {
  /// Texts that follow one another with anything between them; in lower case unless ``isCased``.
  package var pieces: [String]
  package var isCased: Bool
  /// The event fields in whose values it is looked for.
  package var fields: [String]

  /// Nil for what a plain search can't find: single characters left open, and letters with another case beyond ASCII.
  init?(_ pattern: SigmaPattern, isCased: Bool, fields: [String]) {
    var pieces: [String] = []
    for part in pattern.parts {
      switch part {
      case .bytes(let bytes):
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        guard isCased || text.unicodeScalars.allSatisfy({ $0.isASCII || !$0.properties.isCased }) else { return nil }
        pieces.append(isCased ? text : text.lowercased())
      case .anything: continue
      case .anyCharacter, .dash, .placeholder: return nil
      }
    }
    guard !pieces.isEmpty else { return nil }
    self.pieces = pieces
    self.isCased = isCased
    self.fields = fields
  }
}

extension ImportedCondition {
  /// Whether keywords are all that it asks for.
  private var isKeywordsOnly: Bool {
    switch self {
    case .keyword: true
    case .constant, .test: false
    case .not(let inner): inner.isKeywordsOnly
    case .all(let parts), .any(let parts): parts.allSatisfy(\.isKeywordsOnly)
    }
  }

  /// The largest parts that are of keywords only, each once; those that stand side by side are one.
  var keywordGroups: [ImportedCondition] {
    var groups: [ImportedCondition] = []
    collect(&groups)
    return groups
  }

  private func collect(_ groups: inout [ImportedCondition]) {
    func add(_ group: ImportedCondition) { if !groups.contains(group) { groups.append(group) } }
    if isKeywordsOnly { return add(self) }
    switch self {
    case .constant, .test, .keyword: break
    case .not(let inner): inner.collect(&groups)
    case .all(let parts), .any(let parts):
      if let group = beside(parts) { add(group) }
      for part in parts where !part.isKeywordsOnly { part.collect(&groups) }
    }
  }

  /// The keywords among the parts of a group as one condition.
  private func beside(_ parts: [ImportedCondition]) -> ImportedCondition? {
    let keywords = parts.filter(\.isKeywordsOnly)
    if keywords.count < 2 { return keywords.first }
    if case .all = self { return .all(keywords) }
    return .any(keywords)
  }

  /// With each of ``keywordGroups`` replaced by whether it holds.
  func deciding(_ groups: [ImportedCondition: Bool]) -> ImportedCondition {
    if isKeywordsOnly { return .constant(groups[self] ?? false) }
    switch self {
    case .constant, .test, .keyword: return self
    case .not(let inner): return .negation(of: inner.deciding(groups))
    case .all(let parts), .any(let parts):
      var result = beside(parts).map { [ImportedCondition.constant(groups[$0] ?? false)] } ?? []
      result += parts.filter { !$0.isKeywordsOnly }.map { $0.deciding(groups) }
      if case .all = self { return .conjunction(of: result) }
      return .disjunction(of: result)
    }
  }

  /// The keywords, in the order of the condition.
  var keywords: [KeywordText] {
    switch self {
    case .constant, .test: []
    case .keyword(let keyword): [keyword]
    case .not(let inner): inner.keywords
    case .all(let parts), .any(let parts): parts.flatMap(\.keywords)
    }
  }

  /// As a Lua expression over a `has` and a `has_cased` for each of `scopes`, which the later have numbers for.
  func keywordSource(_ scopes: [[String]]) -> String {
    switch self {
    case .constant, .test: "true"
    case .keyword(let keyword):
      "\(keyword.isCased ? "has_cased" : "has")\(RuleWriter.suffix(scopes.firstIndex(of: keyword.fields) ?? 0))"
        + "(\(keyword.pieces.map(LuaText.quoted).joined(separator: ", ")))"
    case .not(let inner): "not (\(inner.keywordSource(scopes)))"
    case .all(let parts): parts.map { "(\($0.keywordSource(scopes)))" }.joined(separator: " and ")
    case .any(let parts): parts.map { $0.keywordSource(scopes) }.joined(separator: "\n        or ")
    }
  }
}
