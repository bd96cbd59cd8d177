import Foundation
import StellaModel
import StellaSQLite
import Testing

@testable import StellaRemediation

@Suite("Who may come in")
struct AccessBookTests {
  @Test("Every change is one record that names who did it, and no secret is on the log or in the store")
  func recorded() throws {
    let scene = try AccessScene()
    func expect(_ kind: LogKind, _ actor: String, _ names: [String], sourceLocation: SourceLocation = #_sourceLocation)
      throws
    {
      let record = try scene.last()
      #expect(record.kind == kind && record.actor == actor, "\(record)", sourceLocation: sourceLocation)
      for name in names { #expect(record[name] != nil, "\(name)", sourceLocation: sourceLocation) }
    }
    try scene.access.enrol("mara", password: "hash")
    try expect(.accountAdded, "enrolment", ["user", "roles"])
    try scene.access.addAccount("tomas", roles: ["approver"], groups: ["sre"], password: "other", by: "user:mara")
    try expect(.accountAdded, "user:mara", ["user", "roles", "groups", "password"])
    try scene.access.setRoles(of: "tomas", to: ["viewer"], groups: nil, by: "user:mara")
    try expect(.accountChanged, "user:mara", ["roles", "groups"])
    let session = try #require(try scene.logIn("mara"))
    try expect(.loggedIn, "user:mara", ["session", "address", "until"])
    try scene.access.setPassword(of: "tomas", to: "third", by: "user:mara")
    try expect(.passwordSet, "user:mara", ["user", "sessions_ended"])
    try scene.access.setDisabled("tomas", true, by: "user:mara")
    try expect(.accountChanged, "user:mara", ["disabled"])
    let token = AccessScene.secret(.token, 9)
    _ = try scene.access.makeToken("ci", secret: token, scopes: [.read], lifetime: AccessScene.hour, owner: "mara")
    try expect(.tokenMade, "user:mara", ["token", "scopes", "until"])
    try scene.access.revokeToken("ci", by: "user:mara")
    try expect(.tokenRevoked, "user:mara", ["token"])
    try scene.access.noteFailures(of: nil, count: 3, address: "several")
    try expect(.loginFailed, "engine", ["count", "address", "user"])
    let known = try #require(try scene.access.session(session))
    try scene.access.logOut(session: known.session.id, of: "mara")
    try expect(.loggedOut, "user:mara", ["session"])
    let bytes = try scene.bytes()
    for secret in [session, token] { #expect(bytes.firstRange(of: Data(secret.text.utf8)) == nil) }
    #expect(bytes.firstRange(of: Data("user:mara".utf8)) != nil)
  }

  @Test("A session ends without use, after its longest time, by logging out, and with a new password")
  func ends() throws {
    let scene = try AccessScene()
    try scene.access.enrol("mara", password: "hash")
    let idle = try #require(try scene.logIn("mara"))
    scene.time.advance(by: AccessScene.hour - 1)
    #expect(try scene.access.session(idle) != nil)
    scene.time.advance(by: AccessScene.hour - 1)
    #expect(try scene.access.session(idle) != nil)
    scene.time.advance(by: AccessScene.hour)
    #expect(try scene.access.session(idle) == nil)

    let long = try #require(try scene.logIn("mara", 2))
    for _ in 0..<23 {
      scene.time.advance(by: AccessScene.hour / 2)
      #expect(try scene.access.session(long) != nil)
    }
    scene.time.advance(by: AccessScene.hour / 2)
    #expect(try scene.access.session(long) == nil)

    let (one, other) = (try #require(try scene.logIn("mara", 3)), try #require(try scene.logIn("mara", 4)))
    let kept = try #require(try scene.access.session(other)).session.id
    try scene.access.setPassword(of: "mara", to: "next", replacing: "hash", keeping: kept, by: "user:mara")
    #expect(try scene.access.session(one) == nil && scene.access.session(other) != nil)
    #expect(try scene.access.isInForce(session: kept, of: "mara"))
    #expect(try !scene.access.isInForce(session: kept, of: "tomas"))
    try scene.access.logOut(session: kept, of: "mara")
    #expect(try scene.access.session(other) == nil && !scene.access.isInForce(session: kept, of: "mara"))
  }

  @Test("A session is over when the clock is set to before it began")
  func clock() throws {
    let scene = try AccessScene()
    try scene.access.enrol("mara", password: "hash")
    let session = try #require(try scene.logIn("mara"))
    scene.time.set(by: -24 * AccessScene.hour)
    #expect(try scene.access.session(session) == nil)
  }

  @Test("Whose password was changed or who was disabled while it was checked isn't let in")
  func race() throws {
    let scene = try AccessScene()
    try scene.access.enrol("mara", password: "hash")
    try scene.access.addAccount("tomas", roles: ["viewer"], groups: [], password: "former", by: "user:mara")
    let candidate = try #require(try scene.access.candidate("tomas"))
    try scene.access.setPassword(of: "tomas", to: "next", by: "user:mara")
    #expect(try scene.logIn("tomas", password: candidate.password) == nil)
    try scene.access.setDisabled("tomas", true, by: "user:mara")
    #expect(try scene.logIn("tomas", password: "next") == nil && scene.access.candidate("tomas") == nil)
  }

  @Test("Who is disabled loses sessions and tokens, and what they made; enabling gives the tokens back and no session")
  func disabled() throws {
    let scene = try AccessScene()
    try scene.access.enrol("mara", password: "hash")
    try scene.access.addAccount("tomas", roles: ["admin"], groups: [], password: "hash", by: "user:mara")
    let session = try #require(try scene.logIn("tomas"))
    let token = AccessScene.secret(.token, 5)
    _ = try scene.access.makeToken("ci", secret: token, scopes: [.read], lifetime: AccessScene.hour, owner: "tomas")
    try scene.access.setDisabled("tomas", true, by: "user:mara")
    #expect(try scene.access.session(session) == nil && scene.access.token(token) == nil)
    try scene.access.setDisabled("tomas", false, by: "user:mara")
    #expect(try scene.access.session(session) == nil && scene.access.token(token) != nil)
    #expect(throws: AccessError.self) { try scene.access.setDisabled("mara", true, by: "user:mara") }
  }

  @Test("Of two admins who end each other only the first does, since each change looks again at who makes it")
  func mutual() throws {
    let scene = try AccessScene()
    try scene.access.enrol("mara", password: "hash")
    for name in ["tomas", "ada"] {
      try scene.access.addAccount(name, roles: ["admin"], groups: [], password: "hash", by: "user:mara")
    }
    try scene.access.setDisabled("tomas", true, by: "user:mara")
    try scene.access.setRoles(of: "ada", to: ["viewer"], groups: nil, by: "user:mara")
    let size = try scene.size()
    for actor in ["user:tomas", "user:ada"] {
      #expect(throws: AccessError.self) { try scene.access.setDisabled("mara", true, by: actor) }
      #expect(throws: AccessError.self) { try scene.access.setRoles(of: "mara", to: [], groups: nil, by: actor) }
      #expect(throws: AccessError.self) { try scene.access.setPassword(of: "mara", to: "other", by: actor) }
      #expect(throws: AccessError.self) {
        try scene.access.addAccount("eve", roles: ["admin"], groups: [], password: nil, by: actor)
      }
    }
    #expect(throws: AccessError.self) {
      try scene.access.makeToken(
        "ci", secret: AccessScene.secret(.token, 5), scopes: [.read], lifetime: AccessScene.hour, owner: "tomas")
    }
    #expect(try scene.size() == size && scene.access.roster.people["mara"]?.roles == [.admin])
    // One's own password needs no role.
    try scene.access.setPassword(of: "ada", to: "other", by: "user:ada")
  }

  @Test("A token is valid until it expires or is revoked, and its name is free then")
  func tokens() throws {
    let scene = try AccessScene()
    try scene.access.enrol("mara", password: "hash")
    func make(_ byte: UInt8, _ lifetime: Int64 = AccessScene.hour) throws -> AccessSecret {
      let secret = AccessScene.secret(.token, byte)
      _ = try scene.access.makeToken("ci", secret: secret, scopes: [.read], lifetime: lifetime, owner: "mara")
      return secret
    }
    let first = try make(1)
    #expect(throws: AccessError.self) { try make(2) }
    #expect(try scene.access.token(first)?.token.scopes == [.read])
    #expect(try scene.access.isInForce(token: "ci", of: "mara") && !scene.access.isInForce(token: "ci", of: "tomas"))
    try scene.access.revokeToken("ci", by: "user:mara")
    #expect(try scene.access.token(first) == nil && !scene.access.isInForce(token: "ci", of: "mara"))
    let second = try make(2)
    scene.time.advance(by: AccessScene.hour)
    #expect(try scene.access.token(second) == nil)
    #expect(throws: AccessError.self) { try make(3, AccessBook<SQLiteStore>.longestToken + 1) }
    #expect(throws: AccessError.self) { try scene.access.revokeToken("ci", by: "user:mara") }
    // A session's secret is no token's, and the other way about.
    #expect(AccessSecret(first.text.replacing("_t_", with: "_s_"))?.digest != first.digest)
  }

  @Test(
    "What can't be a secret isn't looked up",
    arguments: [
      "", "stella_s_", "stella_t_" + String(repeating: "0", count: 63), "stella_t_" + String(repeating: "0", count: 65),
      "stella_t_" + String(repeating: "A", count: 64), "stella_x_" + String(repeating: "0", count: 64),
      "STELLA_T_" + String(repeating: "0", count: 64), "stella_t_" + String(repeating: "é", count: 32),
    ])
  func shapes(text: String) { #expect(AccessSecret(text) == nil) }

  @Test("Only one account is enrolled, and none where somebody is known")
  func enrolment() throws {
    let scene = try AccessScene()
    try scene.access.enrol("mara", password: "hash")
    #expect(throws: AccessError.self) { try scene.access.enrol("tomas", password: "hash") }
    let other = try AccessScene([Person(name: "ada", uids: [1], roles: [.viewer])])
    #expect(throws: AccessError.self) { try other.access.enrol("mara", password: "hash") }
    let size = try other.size()
    #expect(try other.size() == size && other.store.readAccess { try $0.accounts() }.isEmpty)
  }

  @Test("Nobody changes their own roles, and what the configuration says of a name can't be changed here")
  func roles() throws {
    let scene = try AccessScene([Person(name: "ada", uids: [1], aliases: ["ada@example.org"], roles: [.viewer])])
    try scene.access.addAccount("mara", roles: ["admin"], groups: [], password: nil, by: "user:x")
    #expect(throws: AccessError.self) {
      try scene.access.setRoles(of: "mara", to: ["approver"], groups: nil, by: "user:mara")
    }
    #expect(throws: AccessError.self) {
      try scene.access.setRoles(of: "ada", to: ["approver"], groups: nil, by: "user:mara")
    }
    #expect(throws: AccessError.self) {
      try scene.access.addAccount("tomas", roles: ["aprover"], groups: [], password: nil, by: "user:mara")
    }
    try scene.access.setPassword(of: "ada", to: "hash", by: "user:mara")
    #expect(try scene.logIn("ada") != nil)
    #expect(scene.access.person(of: "ada")?.roles == [.viewer])
  }
}
