import StellaModel

extension DeclaredTable {
  /// The name of the only member of a table that stands for a result of an earlier effect: `{ ["$result"] = "e1.id" }`.
  ///
  /// A log that holds such a table gains nothing by it: it can only name what the same plan makes. Secrets, which would
  /// be worth naming, are read from members of their own, never from values.
  static let resultName = "$result"

  /// An empty table has no names and may come as a list.
  static func members(_ value: FieldValue, at place: String) throws(EffectError) -> [FieldValue.Member] {
    switch value {
    case .object(let members): return members
    case .array(let elements) where elements.isEmpty: return []
    default: throw EffectError(.wrongType, at: place, "this is no table with names", "Give a table: { name = value }")
    }
  }

  static func values(_ value: FieldValue, at place: String, depth: Int = 1) throws(EffectError) -> NamedValues {
    var values: [NamedValues.Member] = []
    for member in try members(value, at: place) {
      let value = try Self.value(member.value, at: "\(place).\(member.name)", depth: depth + 1)
      values.append(NamedValues.Member(member.name, value))
    }
    return try joined(values, at: place)
  }

  static func joined(_ members: [NamedValues.Member], at place: String) throws(EffectError) -> NamedValues {
    do throws(NamedValues.DuplicateName) {
      return try NamedValues(members)
    } catch {
      throw EffectError(.badValue, at: "\(place).\(error.name)", "it is given twice", "Give it once")
    }
  }

  static func value(_ value: FieldValue, at place: String, depth: Int = 1) throws(EffectError) -> EffectValue {
    guard depth <= EffectValue.depthLimit + 1 else {
      throw EffectError(.limit, at: place, "tables nest deeper than \(EffectValue.depthLimit)", "Give a flatter table")
    }
    switch value {
    case .null: return .null
    case .bool(let value): return .bool(value)
    case .integer(let value): return .integer(value)
    case .double(let value): return .double(value)
    case .string(let text): return .text(text)
    case .array(let elements):
      var values: [EffectValue] = []
      for (index, element) in elements.enumerated() {
        values.append(try self.value(element, at: "\(place)[\(index + 1)]", depth: depth + 1))
      }
      return .array(values)
    case .object(let members):
      guard let result = members.first(where: { $0.name == resultName }) else {
        return .object(try values(value, at: place, depth: depth))
      }
      guard members.count == 1, case .string(let text) = result.value, let reference = ResultReference(text) else {
        throw EffectError(
          .badValue, at: "\(place).\(resultName)", "the name \(resultName) is reserved for results of earlier effects",
          "Write { [\"\(resultName)\"] = \"e1.id\" } with nothing else in the table, or use another name")
      }
      return .result(reference)
    }
  }

  /// Header names are compared without regard to case, in ASCII only.
  static func asciiLowercased(_ text: String) -> String {
    String(
      decoding: text.utf8.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
  }
}
