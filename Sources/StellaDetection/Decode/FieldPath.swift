import StellaModel

/// Where a field name can be found in a record, and the lookup of a name in an event.
///
/// A name with dots is looked for as a literal key first; then its first part as a key with an object in it, and the rest
/// in there, again literally first. Of a key that stands several times in one object the last one counts. A canonical
/// name (``FieldAliases``) stands for several names.
package enum FieldPath {
  /// One place where the value of a name may be.
  package struct Candidate: Sendable {
    /// Keys from the top of the record down.
    package let path: [String]
    package let conversion: FieldConversion
    /// A null, an array or an object here gives way to a plain value elsewhere.
    package let isCanonical: Bool
  }

  /// The places of `name`, the most wanted first: the name itself, then the names that it stands for.
  package static func candidates(of name: String) -> [Candidate] {
    guard let field = FieldAliases.field(name) else {
      return splits(of: name).map { Candidate(path: $0, conversion: .none, isCanonical: false) }
    }
    let own: FieldConversion = field.isNumeric ? .numeric : .none
    var result = splits(of: name).map { Candidate(path: $0, conversion: own, isCanonical: true) }
    for source in field.sources {
      let conversion = source.conversion == .none ? own : source.conversion
      result += splits(of: source.name).map { Candidate(path: $0, conversion: conversion, isCanonical: true) }
    }
    return result
  }

  /// `a.b.c` as [a.b.c], [a, b.c], [a, b, c].
  package static func splits(of name: String) -> [[String]] {
    var result: [[String]] = [[name]]
    var head: [String] = []
    var rest = Substring(name)
    while head.count < 16, let dot = rest.firstIndex(of: ".") {
      head.append(String(rest[..<dot]))
      rest = rest[rest.index(after: dot)...]
      result.append(head + [String(rest)])
    }
    return result
  }

  /// The value of a field by the name that a rule would use, or nil when the event has none. O(fields × places).
  ///
  /// `time` is the event's time as an integer, `level` its level's canonical name.
  package static func value(of name: String, in event: Event) -> FieldValue? {
    switch name {
    case "time": return .integer(event.time)
    case "level": return event.level.map { .string($0.name) }
    default: return value(at: candidates(of: name), in: event.fields)
    }
  }

  /// The value at the first of `candidates` that the record has.
  package static func value(at candidates: [Candidate], in fields: [FieldValue.Member]) -> FieldValue? {
    var fallback: (value: FieldValue, conversion: FieldConversion)?
    for candidate in candidates {
      guard let found = value(at: candidate.path[...], in: fields) else { continue }
      if candidate.isCanonical, !found.isPlain {
        if fallback == nil { fallback = (found, candidate.conversion) }
        continue
      }
      return candidate.conversion.converted(found)
    }
    return fallback.flatMap { $0.conversion.converted($0.value) }
  }

  private static func value(at path: ArraySlice<String>, in members: [FieldValue.Member]) -> FieldValue? {
    guard let name = path.first, let member = members.last(where: { $0.name.utf8.elementsEqual(name.utf8) }) else {
      return nil
    }
    if path.count == 1 { return member.value }
    guard case .object(let inner) = member.value else { return nil }
    return value(at: path.dropFirst(), in: inner)
  }
}

extension FieldValue {
  /// Text, a number or a truth value.
  var isPlain: Bool {
    switch self {
    case .null, .array, .object: false
    case .bool, .integer, .double, .string: true
    }
  }
}
