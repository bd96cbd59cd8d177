import StellaModel

/// One document of a Sigma file, read but not yet converted.
package enum SigmaDocument: Sendable {
  case rule(SigmaRule)
  case correlation(SigmaCorrelation)
  case filter(SigmaFilter)

  package var metadata: SigmaMetadata {
    switch self {
    case .rule(let rule): rule.metadata
    case .correlation(let correlation): correlation.metadata
    case .filter(let filter): filter.metadata
    }
  }

  /// What became of one document while it was read.
  package typealias Outcome = (metadata: SigmaMetadata, result: Result<SigmaDocument, SigmaRefusal>)

  /// Reads all documents of a file. Documents of old collections (`action: global`, `reset`, `repeat`) are put together
  /// first. A document that can't be read is among the outcomes, and the others are read all the same.
  package static func read(_ text: String, file: String) -> [Outcome] {
    let values: [SigmaValue]
    do throws(SigmaRefusal) {
      values = try SigmaValue.documents(text, file: file)
    } catch {
      return [(SigmaMetadata(file: file, line: error.line), .failure(error))]
    }
    return collected(values).map { value in
      let metadata = SigmaMetadata(value, file: file)
      do throws(SigmaRefusal) {
        return (metadata, .success(try document(value, metadata)))
      } catch {
        var refusal = error
        refusal.file = file
        return (metadata, .failure(refusal))
      }
    }
  }

  private static func document(_ value: SigmaValue, _ metadata: SigmaMetadata) throws(SigmaRefusal) -> SigmaDocument {
    guard case .object = value.content else {
      throw SigmaRefusal(
        .structure, "the document is \(value.kind), not a map", "A Sigma rule begins with title: ….", line: value.line)
    }
    if metadata.title.isEmpty {
      throw SigmaRefusal(.structure, "the document has no title", "Add title: ….", line: value.line)
    }
    try metadata.check()
    if let taxonomy = value["taxonomy"]?.text, taxonomy != "sigma" {
      throw SigmaRefusal(
        .structure, "the rule uses the taxonomy \(taxonomy), whose names are not known here",
        "Rename its fields and log source to those of the taxonomy sigma, and give the rest in a mapping file.",
        line: value["taxonomy"]?.line ?? value.line)
    }
    if let correlation = value["correlation"] {
      return .correlation(try SigmaCorrelation(correlation, value, metadata))
    }
    if let filter = value["filter"] { return .filter(try SigmaFilter(filter, value, metadata)) }
    return .rule(try SigmaRule(value, metadata))
  }

  /// The documents with what `action` says done to them.
  private static func collected(_ values: [SigmaValue]) -> [SigmaValue] {
    var global: SigmaValue?
    var previous: SigmaValue?
    var result: [SigmaValue] = []
    for value in values {
      var rest = value
      let action = value["action"]?.text
      if case .object(let members) = value.content { rest.content = .object(members.filter { $0.key != "action" }) }
      switch action {
      case "global": global = global.map { merged($0, rest) } ?? rest
      case "reset": global = nil
      case "repeat":
        let whole = previous.map { merged($0, rest) } ?? rest
        result.append(whole)
        previous = whole
      default:
        let whole = global.map { merged($0, value) } ?? value
        result.append(whole)
        previous = whole
      }
    }
    return result
  }

  /// `over` on top of `base`; maps are merged key by key.
  private static func merged(_ base: SigmaValue, _ over: SigmaValue) -> SigmaValue {
    guard case .object(var members) = base.content, case .object(let others) = over.content else { return over }
    for (key, value) in others {
      if let index = members.firstIndex(where: { $0.key == key }) {
        members[index].value = merged(members[index].value, value)
      } else {
        members.append((key, value))
      }
    }
    return SigmaValue(.object(members), line: over.line)
  }
}
