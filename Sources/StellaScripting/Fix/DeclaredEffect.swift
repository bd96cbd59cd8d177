import StellaModel

/// An effect as `plan` declares it: data that says what shall change. Nothing has been looked up yet.
package struct DeclaredEffect: Sendable, Hashable {
  package enum Kind: String, Sendable, Hashable, CaseIterable {
    case sqlUpdate = "sql.update"
    case sqlInsert = "sql.insert"
    case sqlDelete = "sql.delete"
    case httpRequest = "http.request"
    case exec
    case eventEmit = "event.emit"
  }

  package var kind: Kind
  /// All keys that are written, by name in the order of their bytes; a table is an object or an array, and an `undo` an
  /// object with `kind` and its own members. Defaults are not filled in.
  package var members: [FieldValue.Member]
  /// Where the script makes it.
  package var line: Int

  package subscript(name: String) -> FieldValue? { members.first { $0.name == name }?.value }

  /// One of the fix's targets; nil for an event.
  package var target: String? { if case .string(let name)? = self["target"] { name } else { nil } }

  /// The effect as a value of another one.
  var object: FieldValue { .object([.init("kind", .string(kind.rawValue))] + members) }
}

/// What one run of `plan` declares.
package struct DeclaredPlan: Sendable, Hashable {
  /// In the order in which they shall happen; empty when there is nothing to change.
  package var effects: [DeclaredEffect]
  /// Lines for the one who decides. They come from data as well: escape them wherever they are shown.
  package var notes: [String]
}
