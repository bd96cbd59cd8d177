/// All documents of an import, by what they are called.
struct SigmaLibrary {
  private let documents: [SigmaDocument]
  private var byName: [String: Int] = [:]
  private let filters: [SigmaFilter]
  private let correlations: [SigmaCorrelation]

  init(_ documents: [SigmaDocument]) {
    self.documents = documents
    for (index, document) in documents.enumerated() {
      for name in [document.metadata.id, document.metadata.name].compactMap(\.self) where byName[name] == nil {
        byName[name] = index
      }
    }
    filters = documents.compactMap { if case .filter(let filter) = $0 { filter } else { nil } }
    correlations = documents.compactMap { if case .correlation(let correlation) = $0 { correlation } else { nil } }
  }

  /// The rule or correlation of that id or name.
  subscript(_ name: String) -> SigmaDocument? { byName[name].map { documents[$0] } }

  private func isCalled(_ metadata: SigmaMetadata, _ names: [String]) -> Bool {
    [metadata.id, metadata.name].compactMap(\.self).contains { names.contains($0) }
  }

  /// The correlations that use a document.
  func users(of document: SigmaDocument) -> [SigmaCorrelation] {
    correlations.filter { isCalled(document.metadata, $0.rules) }
  }

  /// The filters that a rule is joined with.
  func filters(of rule: SigmaRule) -> [SigmaFilter] {
    filters.filter { filter in
      if let source = filter.logSource, !source.contains(rule.logSource) { return false }
      return filter.rules.map { isCalled(rule.metadata, $0) } ?? true
    }
  }

  /// The rules that a filter is joined to.
  func rules(of filter: SigmaFilter) -> [SigmaRule] {
    documents.compactMap { document in
      guard case .rule(let rule) = document else { return nil }
      if let source = filter.logSource, !source.contains(rule.logSource) { return nil }
      return filter.rules.map { isCalled(rule.metadata, $0) } ?? true ? rule : nil
    }
  }
}
