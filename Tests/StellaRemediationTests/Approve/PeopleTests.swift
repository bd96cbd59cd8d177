import StellaModel
import Testing

@testable import StellaRemediation

@Suite("People")
struct PeopleTests {
  let people = SampleElection.people

  @Test("A uid leads to one person or to nobody, and so does a login name")
  func identities() {
    #expect(people.identity(uid: 2002, osName: nil) == .person(people["tomas"]!))
    #expect(people.identity(uid: 1001, osName: "mara") == .person(people["mara"]!))
    #expect(people.identity(uid: 4711, osName: "mara") == .person(people["mara"]!))
    #expect(people.identity(uid: 0, osName: "root") == .unknown)
    #expect(people.identity(uid: 1003, osName: "mara") == .ambiguous("ivo", "mara"))
  }

  @Test(
    "Another spelling of a name is nobody",
    arguments: [
      "Mara", "MARA", "mara ", " mara", "m\u{0430}ra", "ｍａｒａ", "mar\u{0061}\u{301}", "mara\u{200b}", "", "token:mara",
    ])
  func spellings(name: String) {
    #expect(people[name] == nil)
    #expect(people.identity(uid: 4711, osName: name) == .unknown)
  }

  @Test(
    "A name that can't be one is refused",
    arguments: [
      "Mara", "m ara", "m\u{0430}ra", "-mara", ".mara", "", "mara:x", "ma/ra", String(repeating: "a", count: 65),
    ])
  func badNames(name: String) {
    #expect(throws: People.Problem.self) { try People.checked([Person(name: name)]) }
    #expect(throws: People.Problem.self) { try People.checked([Person(name: "a", groups: [name])]) }
  }

  @Test("What would lead to two people is refused, with both named")
  func shared() {
    func message(_ a: Person, _ b: Person) -> String? {
      #expect(throws: People.Problem.self) { try People.checked([a, b]) }?.message
    }
    #expect(message(Person(name: "a"), Person(name: "a"))?.contains("the name `a` belongs to a twice") == true)
    #expect(
      message(Person(name: "a", uids: [1]), Person(name: "b", uids: [1]))?.contains("uid 1 belongs to a and b") == true)
    #expect(message(Person(name: "a", osNames: ["x"]), Person(name: "b", osNames: ["x"]))?.contains("`x`") == true)
    #expect(message(Person(name: "a", aliases: ["b"]), Person(name: "b"))?.contains("`b`") == true)
    #expect(
      message(Person(name: "a", aliases: ["x@y"]), Person(name: "b", aliases: ["x@y"]))?.contains("`x@y`") == true)
  }

  @Test(
    "Whoever an author line means is found, however it is written",
    arguments: [
      ("mara", ["mara"]), ("user:mara", ["mara"]), ("Mara Keller <Mara@Example.org>", ["mara"]),
      ("MARA, tk", ["mara", "tomas"]),
      ("tomas (TK)", ["tomas"]), ("maraschino", []), ("", []), ("rule:mara", []), (" ivo ; lena", ["ivo", "lena"]),
    ])
  func meant(text: String, names: [String]) { #expect(people.meant(by: text).map(\.name) == names) }

  @Test("Groups are in order, with those that nobody is in, and disabled members are left out")
  func groups() throws {
    #expect(people.groups == ["payments", "sre"])
    #expect(people.members(of: "sre").map(\.name) == ["ada", "lena", "mara", "tomas"])
    #expect(try People.checked([], groups: ["b", "a"]).groups == ["a", "b"])
  }
}
