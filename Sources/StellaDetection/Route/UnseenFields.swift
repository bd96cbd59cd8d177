import CStellaValue
import StellaModel

/// Finds out which fields of a condition no event has had: most often their names are misspelt.
package struct UnseenFields {
  /// A field that no event has had, and the one of those that events have that was probably meant.
  package struct Hint: Sendable, Hashable {
    package let field: String
    package let meant: String?

    /// Such as `no event has had statsu; did you mean status?`.
    package var text: String { "no event has had \(field)" + (meant.map { "; did you mean \($0)?" } ?? "") }
  }

  /// Events whose names are looked at for what was meant.
  private static let sampleLimit = 1000
  private static let nameLimit = 2000
  private static let depthLimit = 4

  private var unseen: [String]
  private var names: Set<String> = []
  private var sampled = 0

  /// - Parameter fields: what the condition reads.
  package init(_ fields: [String]) { unseen = fields }

  /// Whether names of further events would be of use.
  package var wantsNames: Bool { !unseen.isEmpty && sampled < Self.sampleLimit }

  /// Looks at the events of a batch. O(events) per field that was not seen yet.
  package mutating func note(_ batch: EventBatch, _ table: FieldTable) {
    unseen.removeAll { field in
      guard let number = table.existingColumn(of: field), number < batch.columnCount else { return false }
      let cells = batch.column(number)
      return (0..<batch.count).contains { Int(cells[$0].kind) != STELLA_MISSING }
    }
  }

  /// Takes the names of an event's fields.
  package mutating func note(_ event: Event) {
    sampled += 1
    note(event.fields, in: "", depth: 0)
    if event.level != nil { names.insert("level") }
    if !event.message.isEmpty { names.insert("message") }
    if event.service != nil { names.insert("service") }
  }

  private mutating func note(_ members: [FieldValue.Member], in path: String, depth: Int) {
    for member in members where names.count < Self.nameLimit {
      names.insert(path + member.name)
      if let canonical = Self.canonical[path + member.name] { names.insert(canonical) }
      if case .object(let inner) = member.value, depth < Self.depthLimit {
        note(inner, in: path + member.name + ".", depth: depth + 1)
      }
    }
  }

  /// What the fields are that no event has had, in the order of the condition.
  package var hints: [Hint] {
    let names = names.sorted()
    return unseen.map { Hint(field: $0, meant: NearestName.of($0, in: names)) }
  }

  private static let canonical: [String: String] = Dictionary(
    FieldAliases.fields.flatMap { field in field.sources.map { ($0.name, field.name) } },
    uniquingKeysWith: { first, _ in first })
}
