import Foundation
import Testing

@Suite("A server where people log in")
struct AccessTests {
  // MARK: - Roles

  /// Who may ask for something, besides what a run's policy says.
  enum Right { case read, propose, respond, thaw, vote, administer }

  static let routes: [(method: String, path: String, body: String, right: Right)] = [
    ("GET", "/api/v1/runs", "", .read), ("GET", "/api/v1/runs/r-0", "", .read),
    ("GET", "/api/v1/runs/r-0/state", "", .read), ("GET", "/api/v1/alerts", "", .read),
    ("GET", "/api/v1/alerts/00000000", "", .read), ("GET", "/api/v1/rules/x/history", "", .read),
    ("GET", "/api/v1/rules", "", .read), ("GET", "/api/v1/rules/x", "", .read), ("GET", "/api/v1/fixes", "", .read),
    ("GET", "/api/v1/fixes/x", "", .read), ("GET", "/api/v1/mutes", "", .read), ("GET", "/api/v1/log", "", .read),
    ("GET", "/api/v1/log/1", "", .read), ("GET", "/api/v1/log/status", "", .read),
    ("POST", "/api/v1/rules/reload", "{}", .respond),
    ("GET", "/api/v1/freeze", "", .read), ("GET", "/api/v1/whoami", "", .read), ("GET", "/api/v1/top", "", .read),
    ("POST", "/api/v1/runs/r-0/replan", "{}", .propose), ("POST", "/api/v1/runs/r-0/rollback", "{}", .propose),
    ("POST", "/api/v1/runs/r-0/withdraw", #"{"reason":"r"}"#, .propose),
    ("POST", "/api/v1/fixes/x/plan", "{}", .propose),
    ("POST", "/api/v1/fixes/x/plan", #"{"params":{"a":"b"},"propose":true}"#, .propose),
    ("POST", "/api/v1/runs/r-0/execute", "{}", .respond),
    ("POST", "/api/v1/alerts/00000000/acknowledge", #"{"reason":"r"}"#, .respond),
    ("POST", "/api/v1/alerts/00000000/resolve", #"{"reason":"r"}"#, .respond),
    ("POST", "/api/v1/silences", #"{"rule":"x","for":"1h","reason":"r"}"#, .respond),
    ("DELETE", "/api/v1/silences/7777", "", .respond),
    ("PUT", "/api/v1/freeze", #"{"reason":"r"}"#, .respond),
    ("DELETE", "/api/v1/freeze?reason=r", "", .thaw),
    ("POST", "/api/v1/runs/r-0/approve", #"{"digest":"000000000000","reason":"r"}"#, .vote),
    ("POST", "/api/v1/runs/r-0/approve", #"{"digest":"000000000000","reason":"r","break_glass":true}"#, .vote),
    ("POST", "/api/v1/runs/r-0/reject", #"{"digest":"000000000000","reason":"r"}"#, .vote),
    ("POST", "/api/v1/runs/r-0/review", #"{"reason":"r"}"#, .vote),
    ("POST", "/api/v1/runs/r-0/reconcile", #"{"outcome":"applied","reason":"r"}"#, .vote),
    ("POST", "/api/v1/runs/r-0/accept", #"{"reason":"r"}"#, .vote),
    ("GET", "/api/v1/users", "", .administer), ("GET", "/api/v1/tokens", "", .administer),
    ("POST", "/api/v1/users", #"{"name":"UPPER","roles":[]}"#, .administer),
    ("PUT", "/api/v1/users/nobody/roles", #"{"roles":["viewer"]}"#, .administer),
    ("PUT", "/api/v1/users/nobody/disabled", #"{"disabled":true}"#, .administer),
    ("PUT", "/api/v1/users/nobody/password", #"{"password":"a password that is long"}"#, .administer),
    ("POST", "/api/v1/tokens", #"{"name":"UPPER","scopes":["read"],"for":"1h"}"#, .administer),
    ("DELETE", "/api/v1/tokens/nothing", "", .administer),
  ]

  static let allowed: [(means: String, rights: Set<Right>)] = [
    ("nobody", []), ("garbage", []), ("viewer", [.read]), ("editor", [.read, .propose, .respond]),
    ("approver", [.read, .propose, .respond, .thaw, .vote]),
    ("admin", [.read, .propose, .respond, .thaw, .administer]), ("none", []), ("token read", [.read]),
    ("token propose", [.propose]), ("token events:write", []), ("revoked", []), ("logged out", []),
  ]

  @Test("Every route lets in those whom it should, and nobody else, whatever they show")
  func matrix() throws {
    let access = try AccessScene()
    try access.start()
    var secrets: [String: String] = ["garbage": "stella_s_" + String(repeating: "0", count: 64)]
    for role in ["viewer", "editor", "approver", "admin"] {
      try access.add("the-\(role)", roles: [role])
      secrets[role] = try access.logIn("the-\(role)")
    }
    try access.add("the-none", roles: ["viewer"])
    secrets["none"] = try access.logIn("the-none")
    try access.expect(["users", "roles", "the-none"])
    for scope in ["read", "propose", "events:write"] {
      secrets["token \(scope)"] = try access.token(scope.replacing(":", with: "-"), scope)
    }
    secrets["revoked"] = try access.token("gone", "read")
    try access.expect(["tokens", "revoke", "gone"])
    let ended = try access.logIn("the-admin")
    secrets["logged out"] = ended
    #expect(try access.send("DELETE", "/api/v1/session", [("authorization", "Bearer \(ended)")]).status == 204)
    let strangers: Set<String> = ["nobody", "garbage", "revoked", "logged out"]
    for (means, rights) in Self.allowed where !strangers.contains(means) || means == "nobody" {
      for route in Self.routes {
        let headers =
          [("content-type", "application/json")]
          + (secrets[means].map { [("authorization", "Bearer \($0)")] } ?? [])
        let answer = try access.send(route.method, route.path, headers, route.body)
        let place = Comment(rawValue: "\(means): \(route.method) \(route.path): \(answer.status) \(answer.body)")
        if means == "nobody" {
          #expect(answer.status == 401, place)
        } else if rights.contains(route.right) {
          #expect(![401, 403, 429, 500].contains(answer.status), place)
        } else {
          #expect(answer.status == 403, place)
        }
        if means.hasPrefix("token "), route.right == .administer {
          #expect(answer.body.contains("don't administer") && !answer.body.contains("never decide"), place)
        }
        for secret in secrets.values { #expect(!answer.body.contains(secret), place) }
      }
    }
    for means in strangers.subtracting(["nobody"]).sorted() {
      for route in Self.routes.prefix(3) {
        let headers = [("authorization", "Bearer \(secrets[means] ?? "")")]
        #expect(try access.send(route.method, route.path, headers, route.body).status == 401, "\(means)")
      }
    }
    // A token that asked to vote is on record.
    let records = try access.expect(["log", "show", "--last", "1000"]).output
    #expect(records.contains(/access\.refused .*token:propose@mara .*what=vote/), "\(records)")
  }

  // MARK: - Votes

  @Test("A session votes, a token never does, and one person has one vote by uid, session and other name")
  func votes() throws {
    let access = try AccessScene(users: "  ada: { uids: [4000001], aliases: [ada@example.org], roles: [approver] }\n")
    let run = try access.scene.propose("pair", "s7")
    try access.start()
    try access.expect(["users", "set-password", "mara"], input: AccessScene.password + "\n")
    try access.expect(["users", "set-password", "ada"], input: AccessScene.password + "\n")
    let vote = #"{"digest":"\#(run.digest)","reason":"seen"}"#
    func approve(_ secret: String) throws -> AccessScene.Answer {
      try access.post("/api/v1/runs/\(run.id)/approve", vote, [("authorization", "Bearer \(secret)")])
    }
    for scope in ["read", "propose", "events:write"] {
      let answer = try approve(access.token(scope.replacing(":", with: "-"), scope))
      #expect(answer.status == 403 && answer.body.contains("never"), "\(answer)")
    }
    // By uid first, then as the same person over the network.
    try access.expect(["approvals", "approve", run.id, "--digest", run.digest, "--reason", "seen"], 6)
    #expect(try approve(access.logIn("mara")).status == 202)
    // The alias is another person; both of her names are one.
    #expect(try approve(access.logIn("ada@example.org")).status == 200)
    #expect(try approve(access.logIn("ada")).status != 202)
    let shown = try access.expect(["log", "show"]).output
    #expect(shown.matches(of: /run\.decision .*user:mara/).count == 1, "\(shown)")
    #expect(shown.matches(of: /run\.decision .*user:ada/).count == 1, "\(shown)")
  }

  // MARK: - Logging in

  @Test("The code on standard error makes one admin, once, and nobody else")
  func enrolment() throws {
    let access = try AccessScene()
    try access.directory.write("stella.yaml", "server: { listen: '127.0.0.1:0', login: true }\n")
    try access.start()
    let code = try #require(access.server?.errors.firstMatch(of: /--enrol ([0-9a-z-]+)/)).1
    let password = AccessScene.password + "\n"
    try access.expect(
      ["login", access.url, "--user", "mara", "--enrol", "000000-000000-000000-000000"], input: password, 5)
    try access.expect(["login", access.url, "--user", "mara", "--enrol", code.uppercased()], input: password)
    try access.expect(["login", access.url, "--user", "tomas", "--enrol", String(code)], input: password, 5)
    let said = try access.expect(["whoami", "--server", access.url, "--output", "json"]).output
    #expect(said.contains(#""means":"session""#) && said.contains(#""user":"mara""#), "\(said)")
    var status = stat()
    #expect(stat(access.directory("home/stella/sessions.json"), &status) == 0 && status.st_mode & 0o777 == 0o600)
    #expect(stat(access.directory("home/stella"), &status) == 0 && status.st_mode & 0o777 == 0o700)
    try access.expect(["users", "--server", access.url])
    try access.expect(["logout", access.url, "--server", access.url], 3)
    try access.expect(["logout", "--server", access.url])
    try access.expect(["users", "--server", access.url], 5)
    try access.expect(["logout", access.url], 11)
    #expect(!(try access.expect(["log", "show"]).output.contains("correct")))
  }

  @Test("A file with a session that others can read isn't used")
  func openFile() throws {
    let access = try AccessScene()
    try access.start()
    try access.add("the-viewer", roles: ["viewer"])
    try access.expect(["login", access.url, "--user", "the-viewer"], input: AccessScene.password + "\n")
    try access.expect(["alerts", "list", "--server", access.url])
    chmod(access.directory("home/stella/sessions.json"), 0o644)
    try access.expect(["alerts", "list", "--server", access.url], 5)
  }

  @Test("After a few wrong passwords there is a wait, for names that exist as for others, and few records")
  func attempts() throws {
    let access = try AccessScene()
    try access.start()
    try access.add("tomas", roles: ["viewer"])
    for name in ["tomas", "nobody"] {
      var statuses: [Int] = []
      for _ in 0..<40 {
        let answer = try access.post("/api/v1/session", #"{"user":"\#(name)","password":"wrong password"}"#)
        statuses.append(answer.status)
        if answer.status == 429 { #expect(answer.value("retry-after") != nil) }
      }
      #expect(
        statuses.filter { $0 == 401 }.count <= 8 && statuses.allSatisfy { [401, 429].contains($0) }, "\(statuses)")
    }
    let records = try access.expect(["log", "show"]).output.matches(of: /access\.login_failed/).count
    #expect((1...16).contains(records), "\(records)")
  }

  @Test("A session can't guess its user's password: that counts as logging in does, and is on record")
  func formerPassword() throws {
    let access = try AccessScene()
    try access.start()
    try access.add("tomas", roles: ["viewer"])
    let session = try access.logIn("tomas")
    let bearer = [("authorization", "Bearer \(session)"), ("content-type", "application/json")]
    func set(_ password: String, former: String) throws -> AccessScene.Answer {
      try access.send(
        "PUT", "/api/v1/users/tomas/password", bearer, #"{"password":"\#(password)","former":"\#(former)"}"#)
    }
    // Whose new password is unfit has guessed at nothing.
    for _ in 0..<12 { #expect(try set("short", former: AccessScene.password).status == 400) }
    let next = AccessScene.password + " 2"
    #expect(try set(next, former: AccessScene.password).status == 200)
    var statuses: [Int] = []
    for _ in 0..<40 {
      let answer = try set("a password of a thief", former: "wrong password")
      statuses.append(answer.status)
      if answer.status == 429 { #expect(answer.value("retry-after") != nil) }
    }
    // What was guessed at waits at the front door as well.
    let logins = try (0..<3).map { _ in
      try access.post("/api/v1/session", #"{"user":"tomas","password":"wrong password"}"#).status
    }
    #expect(logins.contains(429) && logins.allSatisfy { [401, 429].contains($0) }, "\(logins)")
    let guesses = statuses.filter { $0 == 403 }.count
    #expect((5...8).contains(guesses) && statuses.allSatisfy { [403, 429].contains($0) }, "\(statuses)")
    let log = try access.expect(["log", "show"]).output
    let records = log.matches(of: /access\.login_failed .*tomas/).count
    #expect(records == guesses + logins.filter { $0 == 401 }.count, "\(log)")
    #expect(!log.contains("wrong password") && !log.contains("thief"))
  }

  @Test("What a name and a password can't be is refused without a trace of them")
  func strange() throws {
    let access = try AccessScene()
    try access.start()
    for body in [
      #"{"user":"MARA","password":"x"}"#, #"{"user":"' OR 1=1 --","password":"x"}"#,
      #"{"user":"correct horse","password":"\u0000"}"#, #"{"user":"","password":""}"#,
    ] {
      #expect(try access.post("/api/v1/session", body).status == 401, "\(body)")
    }
    for body in [
      "", "[]", #"{"user":"mara"}"#, #"{"user":7,"password":"x"}"#, #"{"user":"a","password":"b","as":"root"}"#,
    ] {
      #expect(try access.post("/api/v1/session", body).status == 400, "\(body)")
    }
    #expect(try access.post("/api/v1/session", String(repeating: " ", count: 25_000)).status == 413)
    #expect(
      try access.send(
        "POST", "/api/v1/session", [("content-type", "text/plain")], #"{"user":"mara","password":"x"}"#
      ).status == 415)
    #expect(!(try access.expect(["log", "show"]).output.contains("correct horse")))
  }

  // MARK: - Browsers

  @Test("A browser's session is in a cookie that scripts and other sites don't get, and every login makes a new one")
  func cookies() throws {
    let access = try AccessScene()
    try access.start()
    try access.add("the-admin", roles: ["admin"])
    let body = #"{"user":"the-admin","password":"\#(AccessScene.password)","cookie":true}"#
    let planted = "stella_s_" + String(repeating: "a", count: 64)
    let login = try access.post("/api/v1/session", body, [("cookie", "stella=\(planted)")])
    let cookie = try #require(login.value("set-cookie"))
    for part in ["HttpOnly", "SameSite=Strict", "Path=/"] { #expect(cookie.contains(part), "\(cookie)") }
    let pair = String(cookie.prefix { $0 != ";" })
    #expect(!login.body.contains("stella_s_") && login.status == 201 && !pair.contains(planted))
    #expect(try access.send("GET", "/api/v1/whoami", [("cookie", "stella=\(planted)")]).status == 401)
    let token = try #require(login.json["cross_site_token"] as? String)
    let path = "/api/v1/freeze"
    func put(_ headers: [(String, String)]) throws -> Int {
      try access.send(
        "PUT", path, [("cookie", pair), ("content-type", "application/json")] + headers, #"{"reason":"r"}"#
      ).status
    }
    let shown = ("stella-cross-site-token", token)
    let own = ("origin", access.url)
    #expect(try put([]) == 403 && put([own]) == 403 && put([own, (shown.0, token.dropLast() + "x")]) == 403)
    #expect(try put([shown, ("origin", "https://evil.example")]) == 403)
    #expect(try put([shown, ("origin", "null")]) == 403 && put([shown, ("sec-fetch-site", "cross-site")]) == 403)
    #expect(try put([shown, ("sec-fetch-site", "same-site")]) == 403)
    #expect(try put([shown, shown]) == 403)
    #expect(try put([shown, own, ("sec-fetch-site", "same-origin")]) == 200)
    // Another session's cross-site token.
    let second = try access.post("/api/v1/session", body)
    #expect(second.value("set-cookie")?.hasPrefix(pair) != true)
    #expect(try put([(shown.0, try #require(second.json["cross_site_token"] as? String))]) == 403)
    #expect(try access.send("GET", "/api/v1/session", [("cookie", pair)]).json["cross_site_token"] as? String == token)
    #expect(
      try access.send("GET", "/api/v1/session", [("cookie", pair), ("origin", "https://evil.example")]).status == 403)
    // Two of them, a token in it, and another site's login.
    #expect(try access.send("GET", "/api/v1/whoami", [("cookie", "\(pair); \(pair)")]).status == 400)
    let api = try access.token("reader", "read")
    #expect(try access.send("GET", "/api/v1/whoami", [("cookie", "stella=\(api)")]).status == 401)
    #expect(try access.post("/api/v1/session", body, [("origin", "https://evil.example")]).status == 403)
    let out = try access.send("DELETE", "/api/v1/session", [("cookie", pair), shown])
    #expect(out.status == 204 && out.value("set-cookie")?.contains("Max-Age=0") == true)
    #expect(try access.send("GET", "/api/v1/whoami", [("cookie", pair)]).status == 401)
  }

  @Test("Every answer tells browsers to keep to themselves, and a secret in a URL is refused wherever it stands")
  func headers() throws {
    let access = try AccessScene()
    try access.start()
    let token = try access.token("reader", "read")
    let bearer = [("authorization", "Bearer \(token)")]
    for (path, status) in [
      ("/health", 200), ("/api/v1/whoami", 401), ("/nowhere", 401), ("/api/v1/runs?token=\(token)", 400),
      ("/api/v1/runs?access_token=x", 400), ("/api/v1/runs?fix=\(token)", 400), ("/api/v1/runs/\(token)", 400),
      ("/api/v1/session?password=x", 400), ("/api/v1/runs?acc%65ss_token=x", 400), ("/health?%zz=\(token)", 400),
      ("/health?colour=%zz", 200),
    ] {
      let answer = try access.send("GET", path)
      #expect(answer.status == status, "\(path): \(answer.status)")
      #expect(answer.value("content-security-policy")?.contains("frame-ancestors 'none'") == true, "\(path)")
      #expect(
        answer.value("x-content-type-options") == "nosniff" && answer.value("cache-control") == "no-store", "\(path)")
      #expect(!answer.body.contains(token), "\(path)")
    }
    let nowhere = try access.send("GET", "/nowhere", bearer)
    #expect(nowhere.status == 404 && nowhere.value("content-type") == "application/problem+json", "\(nowhere)")
    let wrong = try access.send("PUT", "/api/v1/events", bearer)
    #expect(wrong.status == 405 && wrong.value("allow") == "GET, POST", "\(wrong)")
    #expect((wrong.json["detail"] as? String)?.contains("Use GET or POST") == true, "\(wrong)")
    #expect(try access.send("GET", "/api/v1/runs?access_token=x", bearer).status == 400)
    for field in [
      "Basic bWFyYTp4", "Bearer", "bearer  \(token)", "Token \(token)", "Bearer \(token) x",
      "Bearer \(token.dropLast())",
    ] {
      #expect(
        [400, 401].contains(try access.send("GET", "/api/v1/whoami", [("authorization", field)]).status), "\(field)")
    }
    #expect(try access.send("GET", "/api/v1/whoami", bearer + bearer).status == 400)
  }

  // MARK: - Programs and commands

  @Test("Events need a token for them, and nothing else does")
  func events() throws {
    let access = try AccessScene()
    try access.start()
    try access.add("the-admin", roles: ["admin"])
    let event = #"{"message":"hello"}"#
    func post(_ secret: String?) throws -> Int {
      try access.post("/api/v1/events", event, secret.map { [("authorization", "Bearer \($0)")] } ?? []).status
    }
    #expect(try post(nil) == 401 && post(access.logIn("the-admin")) == 403)
    let reader = try access.token("reader", "read")
    #expect(try post(reader) == 403)
    let shipper = try access.token("shipper", "events:write")
    for _ in 0..<300 { #expect(try post(shipper) == 200) }
    let metrics = try access.send("GET", "/metrics", [("authorization", "Bearer \(reader)")]).body
    for (status, count) in [(200, 300), (401, 1), (403, 2)] {
      let told = "stella_intake_requests_total{route=\"events\",status=\"\(status)\"} \(count)\n"
      #expect(metrics.contains(told), "\(metrics)")
    }
    #expect(metrics.contains("\nstella_http_refused_connections_total 0\n"))
    try access.expect(["users", "disable", "the-admin"])
    try access.expect(["tokens", "revoke", "shipper"])
    #expect(try post(shipper) == 401)
  }

  @Test("A command says the same of a server elsewhere as of the one on its own state directory")
  func parity() throws {
    let access = try AccessScene()
    let run = try access.scene.propose("repair", "s1")
    let alerts = try access.scene.alerts(["s11"])
    try access.start()
    try access.add("the-editor", roles: ["editor", "viewer"])
    try access.expect(["login", access.url, "--user", "the-editor"], input: AccessScene.password + "\n")
    for arguments in [
      ["alerts", "list", "--all"], ["alerts", "show", alerts[0]], ["runs", "list", "--output", "json"],
      ["runs", "list"], ["freeze", "status"], ["runs", "show", "r-none"], ["rules", "history", "no.such"],
    ] {
      let (near, far) = (try access.stella(arguments), try access.stella(arguments + ["--server", access.url]))
      #expect(ServeParityTests.timeless(near) == ServeParityTests.timeless(far), "\(arguments)")
      let byVariable = try access.stella(arguments, ["STELLA_SERVER": access.url])
      #expect(ServeParityTests.timeless(byVariable) == ServeParityTests.timeless(far))
    }
    try access.expect(
      ["approvals", "approve", run.id, "--digest", run.digest, "--reason", "x", "--server", access.url], 5)
    try access.expect(["top", "--once", "--server", access.url])
    try access.expect(["alerts", "list", "--server", "http://stella.example.org:7480"], 3)
    try access.expect(["alerts", "list", "--server", access.url, "--local"], 3)
  }

  @Test("One's own password is changed with the one before, and other sessions end")
  func ownPassword() throws {
    let access = try AccessScene()
    try access.start()
    try access.add("tomas", roles: ["viewer"])
    let (one, other) = (try access.logIn("tomas"), try access.logIn("tomas"))
    func put(_ secret: String, _ body: String) throws -> Int {
      try access.send(
        "PUT", "/api/v1/users/tomas/password",
        [("authorization", "Bearer \(secret)"), ("content-type", "application/json")], body
      ).status
    }
    #expect(try put(one, #"{"password":"another long password"}"#) == 403)
    #expect(try put(one, #"{"password":"another long password","former":"wrong password"}"#) == 403)
    #expect(try put(one, #"{"password":"short","former":"\#(AccessScene.password)"}"#) == 400)
    #expect(try put(one, #"{"password":"another long password","former":"\#(AccessScene.password)"}"#) == 200)
    #expect(try access.send("GET", "/api/v1/whoami", [("authorization", "Bearer \(one)")]).status == 200)
    #expect(try access.send("GET", "/api/v1/whoami", [("authorization", "Bearer \(other)")]).status == 401)
    _ = try access.logIn("tomas", password: "another long password")
    // Another's, as if it were one's own.
    let theft = try access.send(
      "PUT", "/api/v1/users/mara/password",
      [("authorization", "Bearer \(one)"), ("content-type", "application/json")],
      #"{"password":"another long password","former":"x"}"#)
    #expect(theft.status == 403, "\(theft)")
    let log = try access.expect(["log", "show"]).output
    #expect(log.matches(of: /access\.refused .*user:tomas .*what=own/).count == 1, "\(log)")
  }

  // MARK: - TLS

  @Test("Over TLS a command believes the certificate it is told to, and a browser's cookie is for TLS alone")
  func tls() throws {
    let access = try AccessScene(tls: ", tls: { certificate: tls.crt, key: tls.key }")
    guard try access.makeCertificate() else { return }
    chmod(access.directory("tls.key"), 0o644)
    let refused = try access.stella(["serve", "app.jsonl"])
    #expect(refused.status == 3 && refused.errors.contains("chmod"), "\(refused)")
    chmod(access.directory("tls.key"), 0o600)
    try access.start()
    let url = "https://127.0.0.1:\(access.port)"
    try access.expect(["users", "set-password", "mara"], input: AccessScene.password + "\n")
    let unbelieved = try access.expect(["login", url], input: AccessScene.password + "\n", 10)
    #expect(
      unbelieved.errors.contains(
        "can't be reached, so nothing was sent: nobody who is believed vouches for its certificate, or it has expired. "
          + "`stella login \(url) --ca-file FILE` says which certificates to believe there."), "\(unbelieved)")
    #expect(!unbelieved.errors.contains(".build") && !unbelieved.errors.contains("Whether it was done"))
    try access.expect(["login", url, "--ca-file", "tls.crt"], input: AccessScene.password + "\n")
    #expect(try access.expect(["whoami", "--server", url]).output.contains("a session"))
    let plain = try access.exchange(Array("GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".utf8))
    #expect(!plain.contains("HTTP/1.1 200"), "\(plain)")
    // The file is read anew by each command.
    try access.directory.rename("tls.crt", to: "moved.crt")
    let moved = try access.expect(["whoami", "--server", url], 3)
    #expect(moved.errors.contains("tls.crt, which says whom to believe at \(url)"), "\(moved)")
    #expect(moved.errors.contains("No such file") && moved.errors.contains("--ca-file"), "\(moved)")
  }
}
