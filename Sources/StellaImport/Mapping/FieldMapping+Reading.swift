import StellaDetection
import StellaModel

extension FieldMapping {
  private static let keys = ["name", "fields", "default", "by", "keywords", "search", "lists", "sources"]
  private static let sourceKeys = ["category", "product", "service", "where", "fields", "default"]

  /// Reads a mapping file.
  ///
  /// - Throws: a refusal at the first thing that is wrong; a mapping is used whole or not at all.
  package init(yaml: String, file: String) throws(SigmaRefusal) {
    do throws(SigmaRefusal) {
      guard let document = try SigmaValue.documents(yaml, file: file).first else {
        throw SigmaRefusal(.structure, "the mapping is empty", "Give it fields, default or sources.", line: 1)
      }
      try FieldMapping.check(document, FieldMapping.keys, "a mapping")
      self.init(name: document["name"]?.text ?? file)
      fields = try FieldMapping.names(document["fields"])
      if let value = document["default"] { template = try FieldMapping.template(value) }
      by = document["by"]?.texts ?? []
      keywords = document["keywords"]?.texts ?? []
      searched = document["search"]?.texts ?? []
      lists = document["lists"]?.texts ?? []
      for value in document["sources"]?.elements ?? [] { sources.append(try FieldMapping.source(value)) }
    } catch {
      var refusal = error
      refusal.file = file
      throw refusal
    }
  }

  private static func check(_ value: SigmaValue, _ known: [String], _ owner: String) throws(SigmaRefusal) {
    guard case .object(let members) = value.content else {
      throw SigmaRefusal(
        .structure, "\(owner) is \(value.kind), not a map", "Write keys with values.", line: value.line)
    }
    for (key, value) in members where !known.contains(key) {
      let hint = NearestName.of(key, in: known).map { "Did you mean \($0)? " } ?? ""
      throw SigmaRefusal(
        .structure, "\(owner) has no key \(key)", hint + "It takes: \(known.joined(separator: ", ")).", line: value.line
      )
    }
  }

  private static func names(_ value: SigmaValue?) throws(SigmaRefusal) -> [String: [String]] {
    var result: [String: [String]] = [:]
    for (key, names) in value?.members ?? [] {
      let texts = names.texts
      guard !texts.isEmpty, texts.allSatisfy({ !$0.isEmpty }) else {
        throw SigmaRefusal(
          .structure, "the field \(key) is mapped to \(names.kind)", "Write the name of an event field, or a list.",
          line: names.line)
      }
      result[key] = texts
    }
    return result
  }

  private static func template(_ value: SigmaValue) throws(SigmaRefusal) -> [String] {
    let texts = value.texts
    guard !texts.isEmpty, texts.allSatisfy({ $0.contains("{}") }) else {
      throw SigmaRefusal(
        .structure, "default holds no {}, where the name of the field goes", "Write default: \"prefix.{}\".",
        line: value.line)
    }
    return texts
  }

  private static func source(_ value: SigmaValue) throws(SigmaRefusal) -> Source {
    try check(value, sourceKeys, "a source")
    var source = Source(
      category: value["category"]?.text, product: value["product"]?.text, service: value["service"]?.text,
      condition: .constant(true), fields: try names(value["fields"]), template: nil)
    if source.category == nil && source.product == nil && source.service == nil {
      throw SigmaRefusal(
        .structure, "a source has no category, product or service", "Say which log source it is.", line: value.line)
    }
    if let template = value["default"] { source.template = try self.template(template) }
    if let condition = value["where"] {
      do throws(ExpressionError) {
        source.condition = ImportedCondition(try Expression.parse(condition.text ?? "").syntax)
      } catch {
        throw SigmaRefusal(
          .structure, "where, column \(error.column): \(error.message)", "\(error.remedy).", line: condition.line)
      }
    }
    return source
  }
}
