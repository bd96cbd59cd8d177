import StellaModel

/// Everybody whom `users:` names, and the groups they are in. Each name, alias, login name and uid leads to one person at
/// most, so that whoever votes under several of them has one vote.
package struct People: Sendable, Hashable {
  /// In the order of their names.
  package let persons: [Person]
  /// In the order of their names; also those without members.
  package let groups: [String]

  private let byName: [String: Int]
  private let byUID: [UInt32: Int]
  private let byOSName: [String: Int]

  package static let none = People(persons: [], groups: [])

  /// What is wrong with persons that were given, each as a sentence with a remedy.
  package struct Problem: Error, Sendable, Hashable {
    /// The person it concerns.
    package let person: String
    package let message: String
  }

  /// Throws the first thing that is wrong: a name that can't be one, or that belongs to two. O(names).
  ///
  /// - Parameter groups: further groups, which need no members.
  package static func checked(_ persons: [Person], groups: [String] = []) throws(Problem) -> People {
    if let problem = problems(of: persons).first { throw problem }
    return People(persons: persons, groups: groups)
  }

  private init(persons: [Person], groups: [String]) {
    let persons = persons.sorted { $0.name < $1.name }
    self.persons = persons
    self.groups = Set(persons.flatMap(\.groups) + groups).sorted()
    var byName: [String: Int] = [:]
    var byUID: [UInt32: Int] = [:]
    var byOSName: [String: Int] = [:]
    for (index, person) in persons.enumerated() {
      for name in [person.name] + person.aliases { byName[name] = index }
      for uid in person.uids { byUID[uid] = index }
      for name in person.osNames { byOSName[name] = index }
    }
    self.byName = byName
    self.byUID = byUID
    self.byOSName = byOSName
  }

  /// Everything that is wrong with these persons, in their order; ``checked(_:groups:)`` takes them when there is nothing.
  package static func problems(of persons: [Person]) -> [Problem] {
    var problems: [Problem] = []
    var owners: [String: String] = [:]
    func claim(_ key: String, _ what: String, _ person: String) {
      if let other = owners[key] {
        let both = other == person ? "\(person) twice" : "\(other) and \(person)"
        problems.append(Problem(person: person, message: "\(what) belongs to \(both). Leave it with one, once."))
      }
      owners[key] = person
    }
    for person in persons {
      for name in [person.name] + person.groups where !AccountName.isValid(name) {
        problems.append(
          Problem(
            person: person.name,
            message: "`\(name)` can't be a name. Use a…z, 0…9, `.`, `_` and `-`, beginning with a letter or digit."))
      }
      for alias in person.aliases + person.osNames where !AccountName.isAlias(alias) {
        problems.append(
          Problem(person: person.name, message: "`\(alias)` can't be an alias. Use ASCII without blanks."))
      }
      for name in [person.name] + person.aliases { claim("name \(name)", "the name `\(name)`", person.name) }
      for uid in person.uids { claim("uid \(uid)", "uid \(uid)", person.name) }
      for name in person.osNames { claim("os \(name)", "the login name `\(name)`", person.name) }
    }
    return problems
  }

  /// The person with exactly this name or alias.
  package subscript(name: String) -> Person? {
    // Swift takes composed and decomposed letters for the same; names are ASCII, which has no such pairs.
    guard name.utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
    return byName[name].map { persons[$0] }
  }
}

extension People {
  /// Who a user of the operating system is.
  package enum Identity: Sendable, Hashable {
    case person(Person)
    /// Nobody in `users:` has this uid or login name.
    case unknown
    /// The uid is one person's and the login name another's.
    case ambiguous(String, String)
  }

  /// The one person whom the uid that the kernel gives, or the login name that the system has for it, belongs to. O(1).
  package func identity(uid: UInt32, osName: String?) -> Identity {
    let one = byUID[uid]
    let other = osName.flatMap { name in name.utf8.allSatisfy { $0 < 0x80 } ? byOSName[name] : nil }
    if let one, let other, one != other { return .ambiguous(persons[one].name, persons[other].name) }
    return (one ?? other).map { .person(persons[$0]) } ?? .unknown
  }

  /// Whom `text` may mean: a requester such as `user:mara`, or an author such as `Mara Keller <mara@example.org>, tomas`.
  /// Generous with case, since it serves to bar people from voting and never to let them.
  package func meant(by text: String) -> [Person] {
    let text = text.hasPrefix("user:") ? String(text.dropFirst("user:".count)) : text
    let parts = text.split { ",;".contains($0) }.flatMap { part -> [String] in
      let pieces = part.split { "<>()".contains($0) } + [part]
      return pieces.map { piece in
        String(piece.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed()).lowercased()
      }
    }
    return persons.filter { person in
      ([person.name] + person.aliases + person.osNames).contains { parts.contains($0.lowercased()) }
    }
  }

  /// Members of a group who are not disabled, in the order of their names.
  package func members(of group: String) -> [Person] {
    persons.filter { !$0.isDisabled && $0.groups.contains(group) }
  }
}
