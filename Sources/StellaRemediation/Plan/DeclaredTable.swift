import StellaModel

/// A table of a script's effect, member by member, with errors that say where.
struct DeclaredTable {
  private let members: [FieldValue.Member]
  private let place: String

  /// - Parameter owner: what the members belong to, for errors.
  init(_ members: [FieldValue.Member], of owner: String, allowed: [String], at place: String) throws(EffectError) {
    self.members = members
    self.place = place
    var seen: [String] = []
    for member in members {
      guard allowed.contains(where: { $0.utf8.elementsEqual(member.name.utf8) }) else {
        let nearest = NearestName.of(member.name, in: allowed).map { "Did you mean \($0)? " } ?? ""
        throw EffectError(
          .unknownMember, at: path(member.name), "\(owner) has no such member",
          nearest + "Its members are \(allowed.joined(separator: ", "))")
      }
      guard !seen.contains(member.name) else {
        throw EffectError(.badValue, at: path(member.name), "it is given twice", "Give it once")
      }
      seen.append(member.name)
    }
  }

  private func path(_ name: String) -> String { place.isEmpty ? name : "\(place).\(name)" }

  func has(_ name: String) -> Bool { members.contains { $0.name == name } }

  /// - Throws: `effect.missing_member` when there is none, which is also what a script's nil comes to.
  func raw(_ name: String) throws(EffectError) -> FieldValue {
    guard let member = members.first(where: { $0.name == name }) else {
      throw EffectError(
        .missingMember, at: path(name), "there is no \(name)", "Give it; a nil counts as missing, null as a value")
    }
    return member.value
  }

  func text(_ name: String) throws(EffectError) -> String {
    guard case .string(let text) = try raw(name) else {
      throw EffectError(.wrongType, at: path(name), "\(name) is no text", "Give a text")
    }
    return text
  }

  func optionalText(_ name: String) throws(EffectError) -> String? { has(name) ? try text(name) : nil }

  func value(_ name: String) throws(EffectError) -> EffectValue { try Self.value(raw(name), at: path(name)) }

  func values(_ name: String) throws(EffectError) -> NamedValues { try Self.values(raw(name), at: path(name)) }

  func table(_ name: String, allowed: [String]) throws(EffectError) -> DeclaredTable {
    try DeclaredTable(Self.members(raw(name), at: path(name)), of: name, allowed: allowed, at: path(name))
  }

  func list(_ name: String) throws(EffectError) -> [(value: FieldValue, place: String)] {
    switch try raw(name) {
    case .array(let elements):
      return elements.enumerated().map { ($0.element, "\(path(name))[\($0.offset + 1)]") }
    case .object(let members) where members.isEmpty: return []
    default: throw EffectError(.wrongType, at: path(name), "\(name) is no list", "Give a list: { …, … }")
    }
  }

  /// Empty when there is none.
  func texts(_ name: String) throws(EffectError) -> [String] {
    guard has(name) else { return [] }
    var texts: [String] = []
    for element in try list(name) {
      guard case .string(let text) = element.value else {
        throw EffectError(.wrongType, at: element.place, "this is no text", "Give a list of texts")
      }
      texts.append(text)
    }
    return texts
  }

  /// A number from 0; nil when there is none.
  func count(_ name: String) throws(EffectError) -> Int? {
    guard has(name) else { return nil }
    guard case .integer(let value) = try raw(name), (0...Int64(Plan.rowLimit)).contains(value) else {
      throw EffectError(
        .badValue, at: path(name), "\(name) is no whole number from 0 to \(Plan.rowLimit)", "Give a number of rows")
    }
    return Int(value)
  }

  /// Numbers in ascending order, each once; empty when there is none.
  func outcomes(_ name: String) throws(EffectError) -> [Int] {
    guard has(name) else { return [] }
    var codes: Set<Int> = []
    for element in try list(name) {
      guard case .integer(let code) = element.value, let code = Int(exactly: code) else {
        throw EffectError(.wrongType, at: element.place, "this is no whole number", "Give a list of whole numbers")
      }
      codes.insert(code)
    }
    return codes.sorted()
  }

  /// `name@version`, or `{ prefix = "Bearer ", secret = "name@version" }`, by name; empty when there is none.
  func secrets(_ name: String) throws(EffectError) -> NamedValues {
    guard has(name) else { return [:] }
    var secrets: [NamedValues.Member] = []
    for member in try Self.members(raw(name), at: path(name)) {
      let place = "\(path(name)).\(member.name)"
      if case .string(let text) = member.value {
        secrets.append(NamedValues.Member(member.name, try Self.secret(text, at: place)))
      } else {
        let table = try DeclaredTable(
          Self.members(member.value, at: place), of: "a secret", allowed: ["prefix", "secret"], at: place)
        let reference = try Self.secret(table.text("secret"), at: "\(place).secret")
        secrets.append(NamedValues.Member(member.name, .array([.text(try table.text("prefix")), reference])))
      }
    }
    return try Self.joined(secrets, at: path(name))
  }

  private static func secret(_ text: String, at place: String) throws(EffectError) -> EffectValue {
    guard let reference = SecretReference(text) else {
      throw EffectError(
        .secretValue, at: place, "this is no reference to a secret",
        "Write \"name@version\" of a configured secret, never its value")
    }
    return .secret(reference)
  }
}
