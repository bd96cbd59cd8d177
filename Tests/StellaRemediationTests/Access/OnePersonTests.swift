import StellaModel
import StellaSQLite
import Testing

@testable import StellaRemediation

@Suite("One person, whichever way they come in")
struct OnePersonTests {
  static let ada = Person(
    name: "ada", uids: [1001], osNames: ["al"], aliases: ["ada@example.org", "Ada.L"], groups: ["dba"],
    roles: [.approver])

  @Test(
    "No account is made under another spelling of somebody's name", arguments: ["ada", "al", "ada.l"])
  func spellings(name: String) throws {
    let scene = try AccessScene([Self.ada])
    #expect(throws: AccessError.self) {
      try scene.access.addAccount(name, roles: ["approver"], groups: [], password: "hash", by: "user:x")
    }
    #expect(scene.access.roster.people.persons.map(\.name) == ["ada"])
  }

  @Test(
    "Names that nobody could tell apart can't be names",
    arguments: ["Mara", "ｍａｒａ", "mаra", "mara ", "mara\u{200b}", "mar\u{e1}", "", "user:mara", "token:x@mara"])
  func lookalikes(name: String) throws {
    let scene = try AccessScene()
    try scene.access.addAccount("mara", roles: ["approver"], groups: [], password: "hash", by: "user:x")
    #expect(throws: AccessError.self) {
      try scene.access.addAccount(name, roles: ["approver"], groups: [], password: "hash", by: "user:x")
    }
    #expect(try scene.access.candidate(name) == nil)
  }

  @Test("An account whose name becomes somebody's other name is that person, with one vote")
  func becomes() throws {
    let scene = try AccessScene()
    try scene.access.addAccount("al", roles: ["approver", "admin"], groups: [], password: "hash", by: "user:x")
    let session = try #require(try scene.logIn("al"))
    #expect(try scene.access.session(session)?.person.name == "al")
    // The same store under a configuration that declares her.
    let later = AccessBook(
      store: scene.store, roster: Roster(try People.checked([Self.ada]), store: scene.store), time: scene.time)
    #expect(later.roster.people.persons.map(\.name) == ["ada"])
    let person = try #require(try later.session(session)?.person)
    #expect(person.name == "ada" && person.roles == [.approver])
    #expect(later.roster.people.identity(uid: 1001, osName: nil) == .person(person))

    var policy = Policy.standard
    policy.total = 2
    policy.fourEyes = Policy.FourEyes.off
    let digest = PlanDigest(try #require(ContentDigest(bytes: Array(repeating: 1, count: 32))))
    let votes = ["ada", "ada@example.org", "Ada.L"].map { name in
      RunVote(run: "r-1", voter: name, decision: .approve, digest: digest, reason: "", time: 0)
    }
    let quorum = Quorum(
      policy: policy, people: later.roster.people, votes: votes,
      facts: VotingFacts(run: "r-1", requestedBy: "rule:x", digest: digest))
    #expect(quorum.approvals == 1 && quorum.state == .pending)
  }

  @Test("Who is disabled in one place is disabled, and the configuration's roles and groups hold")
  func disabledAnywhere() throws {
    let scene = try AccessScene([Self.ada])
    try scene.access.setPassword(of: "ada", to: "hash", by: "user:x")
    #expect(scene.access.roster.people["ada"]?.groups == ["dba"])
    try scene.access.setDisabled("ada", true, by: "user:x")
    #expect(scene.access.roster.people["ada"]?.isDisabled == true)
    #expect(try scene.access.candidate("ada") == nil)
    // Also when the store can't be read any more.
    let other = try SQLiteStore(StateDirectory(path: scene.path + "/state"))
    let roster = Roster(try People.checked([Self.ada]), store: other)
    #expect(roster.people["ada"]?.isDisabled == true)
    try other.close()
    #expect(throws: StoreError.self) { try other.accountGeneration() }
    #expect(roster.people["ada"]?.isDisabled == true)
    let off = try AccessScene([
      {
        var ada = Self.ada
        ada.isDisabled = true
        return ada
      }()
    ])
    try off.access.setPassword(of: "ada", to: "hash", by: "user:x")
    #expect(try off.access.candidate("ada") == nil && off.logIn("ada") == nil)
  }

  @Test("An account that could be two people's is nobody's")
  func ambiguous() throws {
    let scene = try AccessScene()
    try scene.access.addAccount("al", roles: ["admin"], groups: [], password: "hash", by: "user:x")
    let session = try #require(try scene.logIn("al"))
    let people = try People.checked([
      Person(name: "ada", aliases: ["Al"], roles: [.viewer]), Person(name: "alan", aliases: ["AL"], roles: [.viewer]),
    ])
    let later = AccessBook(store: scene.store, roster: Roster(people, store: scene.store), time: scene.time)
    #expect(try later.session(session) == nil && later.candidate("al") == nil)
    #expect(later.roster.people.persons.map(\.name) == ["ada", "alan"])
  }

  @Test("Who made a token can't approve what the token asked for")
  func requester() throws {
    let people = try People.checked([Self.ada, Person(name: "tomas", roles: [.approver])])
    let digest = PlanDigest(try #require(ContentDigest(bytes: Array(repeating: 1, count: 32))))
    let facts = VotingFacts(requestedBy: Caller.tokenActor("ci", owner: "ada"), digest: digest)
    let electorate = Electorate(policy: .standard, people: people, facts: facts)
    #expect(electorate.bar(of: "ada") == .requester("ada") && electorate.bar(of: "tomas") == nil)
  }

  @Test("What another process changes about people counts at once")
  func shared() throws {
    let scene = try AccessScene()
    try scene.access.addAccount("mara", roles: ["viewer"], groups: [], password: "hash", by: "user:x")
    let other = AccessBook(
      store: try SQLiteStore(StateDirectory(path: scene.path + "/state")), roster: Roster(.none, store: scene.store),
      time: scene.time)
    #expect(other.roster.people["mara"]?.roles == [.viewer])
    try scene.access.setRoles(of: "mara", to: ["approver"], groups: ["sre"], by: "user:x")
    #expect(other.roster.people["mara"]?.roles == [.approver] && other.roster.people["mara"]?.groups == ["sre"])
    // Within a transaction, where a vote is judged.
    let roles = try scene.store.write(as: .command) { _ in other.roster.people["mara"]?.roles }
    #expect(roles == [.approver])
    let read = try scene.store.readRuns { _ in scene.access.roster.people["mara"]?.roles }
    #expect(read == [.approver])
    try other.store.close()
  }
}
