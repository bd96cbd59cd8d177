import StellaModel

/// What a JSON value looks like: JSON Schema 2020-12, as OpenAPI 3.1 has it. Members that are not named may come in later versions.
package struct Schema: Sendable, Hashable {
  package private(set) var members: [FieldValue.Member]

  package init(_ members: [FieldValue.Member] = []) { self.members = members }

  private init(type: String, _ members: [FieldValue.Member] = []) {
    self.members = [.init("type", .string(type))] + members
  }

  package var json: FieldValue { .object(members) }

  // MARK: - Values

  package static let any = Schema()
  package static let null = Schema(type: "null")
  package static let text = Schema(type: "string")
  package static let flag = Schema(type: "boolean")
  package static let integer = Schema(type: "integer")
  package static let number = Schema(type: "number")
  /// RFC 3339, in UTC, with nine decimals.
  package static let time = Schema(type: "string", [.init("format", .string("date-time"))])
  package static let count = integer.atLeast(0)

  package static func text(_ pattern: String) -> Schema { Schema(type: "string", [.init("pattern", .string(pattern))]) }

  package static func oneOf(_ values: [String]) -> Schema {
    Schema(type: "string", [.init("enum", .array(values.map { .string($0) }))])
  }

  package static func list(_ items: Schema) -> Schema { Schema(type: "array", [.init("items", items.json)]) }

  package static let texts = list(text)

  /// An object with any names.
  package static func map(_ values: Schema) -> Schema {
    Schema(type: "object", [.init("additionalProperties", values.json)])
  }

  /// - Parameter isClosed: whether no other names may be there.
  package static func object(_ properties: [Property], isClosed: Bool = false) -> Schema {
    var members: [FieldValue.Member] = [
      .init("properties", .object(properties.map { .init($0.name, $0.schema.json) }))
    ]
    let required = properties.filter(\.isRequired).map { FieldValue.string($0.name) }
    if !required.isEmpty { members.append(.init("required", .array(required))) }
    if isClosed { members.append(.init("additionalProperties", .bool(false))) }
    return Schema(type: "object", members)
  }

  /// One of the document's schemas.
  package static func named(_ name: String) -> Schema {
    Schema([.init("$ref", .string("#/components/schemas/\(name)"))])
  }

  package static func either(_ schemas: [Schema]) -> Schema { Schema([.init("anyOf", .array(schemas.map(\.json)))]) }

  // MARK: - More about a value

  package var orNull: Schema {
    if case .string(let type)? = members.first?.value, members.first?.name == "type", members.count == 1 {
      return Schema([.init("type", .array([.string(type), .string("null")]))])
    }
    return .either([self, .null])
  }

  package func atLeast(_ minimum: Int64) -> Schema { with("minimum", .integer(minimum)) }
  package func atMost(_ maximum: Int64) -> Schema { with("maximum", .integer(maximum)) }
  package func meaning(_ text: String) -> Schema { with("description", .string(text)) }
  package func example(_ value: FieldValue) -> Schema { with("examples", .array([value])) }
  package func standard(_ value: FieldValue) -> Schema { with("default", value) }
  package func longest(_ characters: Int64) -> Schema { with("maxLength", .integer(characters)) }
  package func shortest(_ characters: Int64) -> Schema { with("minLength", .integer(characters)) }

  private func with(_ name: String, _ value: FieldValue) -> Schema {
    Schema(members.filter { $0.name != name } + [.init(name, value)])
  }

  /// A member of an object.
  package struct Property: Sendable, Hashable {
    package var name: String
    package var schema: Schema
    package var isRequired: Bool

    /// - Parameter isRequired: whether it is always there.
    package init(_ name: String, _ schema: Schema, isRequired: Bool = true) {
      (self.name, self.schema, self.isRequired) = (name, schema, isRequired)
    }
  }
}
