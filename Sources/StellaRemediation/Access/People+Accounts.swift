import StellaModel

extension People {
  /// Whose account a name is.
  package enum AccountOwner: Sendable, Hashable {
    /// Of a person whom `users:` declares, under this or another name.
    case declared(Person)
    /// Of somebody whom only the store knows.
    case own
    /// Several declared persons have such a name, in other spellings.
    case ambiguous([String])
  }

  /// Generous with case and with names of every kind: an account that could be somebody's other name never is a second person.
  package func owner(ofAccount name: String) -> AccountOwner {
    if let person = self[name] { return .declared(person) }
    let meant = meant(by: name)
    return switch meant.count {
    case 0: .own
    case 1: .declared(meant[0])
    default: .ambiguous(meant.map(\.name))
    }
  }

  /// These people and those whom only the store knows. What is declared of a name holds; who is disabled in one place is disabled.
  ///
  /// An account that could be several declared persons' is nobody's.
  package func joined(by accounts: [Account]) -> People {
    var persons = self.persons
    for account in accounts {
      switch owner(ofAccount: account.name) {
      case .declared(let person):
        guard account.isDisabled, let index = persons.firstIndex(where: { $0.name == person.name }) else { continue }
        persons[index].isDisabled = true
      case .own:
        persons.append(
          Person(
            name: account.name, groups: account.groups, roles: Set(account.roles.compactMap(Person.Role.init)),
            isDisabled: account.isDisabled))
      case .ambiguous: continue
      }
    }
    // Nobody whom the store alone knows has a declared name, and its own names are different ones.
    return (try? People.checked(persons, groups: groups)) ?? self
  }
}
