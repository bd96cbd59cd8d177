/// Values by name, each name once, always in ascending order of the names' UTF-8 bytes: the order of a script's table or
/// of a database's columns is lost here, so that it can't change a digest.
package struct NamedValues: Sendable, Hashable {
  package struct Member: Sendable {
    package let name: String
    package let value: EffectValue

    package init(_ name: String, _ value: EffectValue) {
      self.name = name
      self.value = value
    }
  }

  /// A name was given twice.
  package struct DuplicateName: Error, Sendable {
    package let name: String
  }

  package let members: [Member]

  package init() { members = [] }

  /// O(n log n).
  package init(_ members: [Member]) throws(DuplicateName) {
    let sorted = members.sorted { Self.precedes($0.name, $1.name) }
    for (one, next) in zip(sorted, sorted.dropFirst()) where !Self.precedes(one.name, next.name) {
      throw DuplicateName(name: next.name)
    }
    self.members = sorted
  }

  private init(ascending members: [Member]) { self.members = members }

  /// Whether `a` comes before `b`, by bytes and in no language.
  package static func precedes(_ a: String, _ b: String) -> Bool { a.utf8.lexicographicallyPrecedes(b.utf8) }

  package var names: [String] { members.map(\.name) }

  /// The value with exactly this name. O(n).
  package subscript(name: String) -> EffectValue? {
    members.first { $0.name.utf8.elementsEqual(name.utf8) }?.value
  }

  /// Whether both have the same names, whatever their values. O(n).
  package func hasNames(of other: NamedValues) -> Bool {
    count == other.count && zip(members, other.members).allSatisfy { $0.name.utf8.elementsEqual($1.name.utf8) }
  }

  package func filter(_ isIncluded: (String) -> Bool) -> NamedValues {
    NamedValues(ascending: members.filter { isIncluded($0.name) })
  }

  package func mapValues<E: Error>(_ transform: (Member) throws(E) -> EffectValue) throws(E) -> NamedValues {
    var mapped: [Member] = []
    mapped.reserveCapacity(members.count)
    for member in members { mapped.append(Member(member.name, try transform(member))) }
    return NamedValues(ascending: mapped)
  }

  package func replacingResults<E: Error>(
    _ result: (ResultReference) throws(E) -> EffectValue
  ) throws(E) -> NamedValues {
    try mapValues { (member) throws(E) in try member.value.replacingResults(result) }
  }
}

extension NamedValues.Member: Hashable {
  package static func == (a: Self, b: Self) -> Bool {
    a.name.utf8.elementsEqual(b.name.utf8) && a.value == b.value
  }

  package func hash(into hasher: inout Hasher) {
    name.hashUTF8(into: &hasher)
    hasher.combine(value)
  }
}

extension NamedValues: RandomAccessCollection {
  package var startIndex: Int { 0 }
  package var endIndex: Int { members.count }
  package subscript(position: Int) -> Member { members[position] }
}

extension NamedValues: ExpressibleByDictionaryLiteral {
  /// A literal that gives a name twice is a mistake in the source, and traps.
  package init(dictionaryLiteral elements: (String, EffectValue)...) {
    do {
      try self.init(elements.map { Member($0.0, $0.1) })
    } catch {
      preconditionFailure("a literal gives the name \(error.name) twice")
    }
  }
}
