import Foundation
import StellaTesting
import Testing

@Suite("Notifications of a server", .timeLimit(.minutes(5)))
struct ServeNotifyTests {
  private let directory: CommandDirectory
  private static let environment = ["HOOK_URL_PATH": "very-secret-path", "HOOK_SECRET": "correct-horse-battery"]

  init() throws { directory = try CommandDirectory() }

  private func configure(_ server: HookServer, _ more: String = "") throws {
    try directory.write(
      "stella.yaml",
      """
      server: { listen: '127.0.0.1:0' }
      notify:
        sinks:
          hook: { kind: webhook, url: '\(server.url)/${HOOK_URL_PATH}', secret: '${HOOK_SECRET}', timeout: 5s }
        routes:
          - { kinds: [alert, engine], sinks: [hook], group_by: [subject], group_wait: 0s, group_interval: 0s }
      \(more)
      """)
    try directory.write("app.jsonl", "")
  }

  private func serve() throws -> StellaProcess {
    let server = try directory.stella(["serve", "app.jsonl", "--from", "start"], environment: Self.environment)
    try #require(server.until { $0.errors.contains("watching") }, "\(server.errors)")
    return server
  }

  private func run(_ arguments: [String]) throws -> (status: Int32, output: String, errors: String) {
    let process = try directory.stella(arguments, environment: Self.environment)
    return (process.status(), process.output, process.errors)
  }

  private func listed(_ arguments: String...) throws -> [[String: Any]] {
    let said = try run(["notifications", "list", "--output", "json"] + arguments)
    try #require(said.status == 0, "\(said)")
    return try said.output.split(separator: "\n").map {
      try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
  }

  private func until(_ condition: () throws -> Bool) throws -> Bool {
    let end = Date(timeIntervalSinceNow: StellaProcess.patience)
    while Date() < end { if try condition() { return true } }
    return false
  }

  @Test("A kill between the hand-over and its record gives the same notification again, and loses none")
  func killed() throws {
    // The first is never answered.
    let hook = HookServer { _, index in index == 0 ? .silence : .fine }
    try configure(hook)
    let server = try serve()
    try directory.append("app.jsonl", CommandDirectory.lines(1...1))
    #expect(hook.until(1))
    server.send(SIGKILL)
    _ = server.status()
    #expect(hook.received.count == 1)
    let again = try serve()
    try directory.append("app.jsonl", CommandDirectory.lines(2...3))
    #expect(hook.until(4))
    #expect(try until { try listed("--state", "sent").count == 3 })
    again.send(SIGTERM)
    #expect(again.status() == 0)
    let ids = hook.received.compactMap { $0.headers["idempotency-key"] }
    #expect(ids.count == 4 && ids[0] == ids[1] && Set(ids).count == 3, "\(ids)")
    #expect(hook.received[0].body == hook.received[1].body)
    // What is over stays over at the next start.
    let last = try serve()
    try directory.append("app.jsonl", CommandDirectory.lines(4...4))
    #expect(hook.until(5))
    last.send(SIGTERM)
    #expect(last.status() == 0)
    #expect(hook.received.count == 5)
  }

  @Test("What a sink refuses is listed, counted and tried again when somebody asks; no output has a secret")
  func retried() throws {
    let hook = HookServer { _, index in index == 0 ? .status(404, body: "no very-secret-path here") : .fine }
    try configure(hook, "users: { me: { uids: [\(getuid())], roles: [admin] } }\n")
    let server = try serve()
    let place = try #require(server.errors.firstMatch(of: /taking events at http:\/\/127\.0\.0\.1:(\d+)/))
    try directory.append("app.jsonl", CommandDirectory.lines(1...1))
    #expect(try until { try listed("--state", "failed").count == 1 })
    let failed = try #require(try listed().first)
    let id = try #require(failed["id"] as? String)
    #expect(failed["sink"] as? String == "hook" && failed["attempts"] as? Int == 1)
    let table = try run(["notifications"])
    #expect(table.status == 0 && table.output.contains(id) && table.output.contains("failed"))
    let metrics = try run(["--version"]).status == 0 ? try get(Int(place.1) ?? 0, "/metrics") : ""
    #expect(metrics.contains(#"stella_notifications_failed{sink="hook"} 1"#), "\(metrics)")
    #expect(try get(Int(place.1) ?? 0, "/health").contains("notifications"))
    #expect(try run(["notifications", "retry", id]).status == 0)
    #expect(hook.until(2))
    #expect(try until { try listed("--state", "sent").count == 1 })
    #expect(try run(["notifications", "retry", id]).status == 4)
    let log = try run(["log", "show", "--last", "20"])
    #expect(log.output.contains("notification.retried  user:me") && log.output.contains(id), "\(log)")
    #expect(try run(["notifications", "retry", "00"]).status == 11)
    let tried = try run(["notify", "test", "hook"])
    #expect(tried.status == 0 && tried.output.hasPrefix("hook has it"), "\(tried)")
    #expect(try run(["notify", "test", "hok"]).errors.contains("Did you mean hook?"))
    let doctor = try run(["doctor"])
    #expect(doctor.output.contains("hook (webhook) answers"), "\(doctor)")
    server.send(SIGTERM)
    #expect(server.status() == 0)
    let said = [table.output, metrics, doctor.output, doctor.errors, tried.output, server.errors, server.output]
      .joined()
    #expect(!said.contains("very-secret-path") && !said.contains("correct-horse-battery"))
    let ids = hook.received.compactMap { $0.headers["idempotency-key"] }
    #expect(ids[0] == ids[1])
  }

  @Test(
    "Who asks a running server, or the store, needs none of the server's secrets; the server and what looks after it do"
  )
  func strangers() throws {
    try configure(HookServer())
    let server = try serve()
    func status(_ arguments: [String]) throws -> Int32 {
      let process = try directory.stella(arguments)
      let status = process.status()
      #expect((status == 3) == process.errors.contains("HOOK_URL_PATH is not set"), "\(arguments): \(process.errors)")
      return status
    }
    let stored = [
      ["alerts", "list"], ["approvals", "list"], ["runs", "list"], ["events"], ["whoami"], ["notifications", "list"],
      ["rules", "list"], ["freeze", "status"], ["log", "status"], ["log", "verify"], ["health", "--history"],
    ]
    for asked in stored + [["top", "--once"], ["health"]] { #expect(try status(asked) != 3, "\(asked)") }
    #expect(try status(["alerts", "list"]) == 0)
    #expect(try status(["alerts", "list", "--local"]) == 0)
    #expect(try status(["backup", directory("copy")]) == 0)
    for whole in [["doctor"], ["serve", "app.jsonl"], ["notify", "test", "hook"]] {
      #expect(try status(whole) == 3, "\(whole)")
    }
    server.send(SIGTERM)
    #expect(server.status() == 0)
    for asked in stored { #expect(try status(asked) != 3, "\(asked)") }
    #expect(try status(["alerts", "list"]) == 0)
    // Only a server can say these.
    for asked in [["top", "--once"], ["health"]] { #expect(try status(asked) == 11, "\(asked)") }
    #expect(try status(["backup", directory("second")]) == 0)
  }

  private func get(_ port: Int, _ path: String) throws -> String {
    let ask = Process()
    ask.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
    ask.arguments = [
      "-c", "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1]).read().decode())",
      "http://127.0.0.1:\(port)\(path)",
    ]
    let output = Pipe()
    ask.standardOutput = output
    try ask.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    ask.waitUntilExit()
    return String(decoding: data, as: UTF8.self)
  }

  @Test("Silenced alerts are not told until the silence ends, and trouble of the engine is")
  func silenced() throws {
    let hook = HookServer()
    try configure(
      hook,
      "users: { me: { uids: [\(getuid())], roles: [admin, approver] } }\n")
    let server = try serve()
    let silence = try run(["alerts", "silence", "test.each", "--key", "seq=2", "--for", "1h", "--reason", "known"])
    #expect(silence.status == 0, "\(silence)")
    // The engine looks at silences about once a second.
    #expect(try until { try run(["alerts", "list"]).output.contains("seq") })
    try directory.append("app.jsonl", CommandDirectory.lines(1...1))
    #expect(hook.until(1))
    try directory.append("app.jsonl", CommandDirectory.lines(2...3))
    #expect(hook.until(2))
    // It fires still when somebody ends the silence.
    let end = try run(["alerts", "unsilence", "1"])
    #expect(end.status == 0 && hook.until(3), "\(end)")
    try directory.write("Rules/each.lua", "return rule {")
    #expect(hook.until(4))
    server.send(SIGTERM)
    _ = server.status()
    let titles = hook.received.map(\.body)
    #expect(titles[1].contains(#""seq":"3""#), "\(titles)")
    #expect(titles[2].contains(#""seq":"2""#), "\(titles)")
    #expect(titles[3].contains(#""kind":"engine""#) && titles[3].contains("not live"), "\(titles)")
  }

  @Test("What a person resolves is told where its firing went")
  func resolvedByHand() throws {
    let hook = HookServer()
    try configure(hook, "users: { me: { uids: [\(getuid())], roles: [admin, approver] } }\n")
    let server = try serve()
    try directory.append("app.jsonl", CommandDirectory.lines(1...1))
    #expect(hook.until(1))
    let told = try #require(
      JSONSerialization.jsonObject(with: Data(hook.received[0].body.utf8)) as? [String: Any])
    let id = try #require((told["notices"] as? [[String: Any]])?.first?["id"] as? String)
    let said = try run(["alerts", "resolve", id, "--reason", "over"])
    #expect(said.status == 0 && hook.until(2), "\(said)")
    server.send(SIGTERM)
    _ = server.status()
    let body = hook.received[1].body
    #expect(body.contains(id) && body.contains(#""status":"resolved""#) && !body.contains("firing"), "\(body)")
  }

  @Test(
    "What goes on after a person has resolved it is a new alert, also when the server is killed in between",
    arguments: ["never", "at once", "later"])
  func goesOn(killed: String) throws {
    let hook = HookServer()
    try configure(hook, "users: { me: { uids: [\(getuid())], roles: [admin, approver] } }\n")
    try directory.write(
      "Rules/many.lua",
      """
      return rule {
        api = 1, id = "test.many", title = "Many failures", severity = "high", by = { "host" }, where = [[fail == true]],
        threshold = { count = 3, within = "1h" }, suppress_for = "1h",
      }

      """)
    func serve() throws -> StellaProcess {
      let server = try directory.stella(["serve", "app.jsonl"], environment: Self.environment)
      try #require(server.until { $0.errors.contains("watching") }, "\(server.errors)")
      return server
    }
    func append(_ numbers: ClosedRange<Int>) throws {
      let lines = numbers.map { "{\"ts\":\(1_700_000_000 + $0),\"fail\":true,\"host\":\"a\"}\n" }
      try directory.append("app.jsonl", lines.joined())
    }
    /// The ids of what was told, by its status.
    func told(_ status: String) throws -> Set<String> {
      var ids: Set<String> = []
      for request in hook.received {
        let body = try JSONSerialization.jsonObject(with: Data(request.body.utf8)) as? [String: Any]
        for notice in body?["notices"] as? [[String: Any]] ?? [] where notice["status"] as? String == status {
          if let id = notice["id"] as? String { ids.insert(id) }
        }
      }
      return ids
    }
    var server = try serve()
    func kill() throws {
      server.send(SIGKILL)
      _ = server.status()
      server = try serve()
    }
    try append(1...4)
    #expect(try until { try told("firing").count == 1 })
    let id = try #require(try told("firing").first)
    #expect(try run(["alerts", "resolve", id, "--reason", "over"]).status == 0)
    if killed == "at once" { try kill() }
    #expect(try until { try told("resolved") == [id] })
    // Detection has ended it as well.
    #expect(try until { try run(["alerts", "show", id, "--output", "json"]).output.contains("by_hand") })
    try append(5...6)
    if killed == "later" { try kill() }
    try append(7...7)
    #expect(try until { try told("firing").count == 2 }, "\(hook.received.map(\.body)) \(server.errors)")
    let new = try #require(try told("firing").subtracting([id]).first)
    let listed = try run(["alerts", "list"])
    #expect(listed.output.contains(new.prefix(12)) && !listed.output.contains(id.prefix(12)), "\(listed)")
    // It is kept about once a second.
    #expect(
      try until { try run(["rules", "history", "test.many"]).output.contains("user:me said that it is over") })
    server.send(SIGTERM)
    _ = server.status()
    #expect(try told("resolved") == [id])
  }

  @Test(
    "What can't be meant is refused with its place, and without what is secret",
    arguments: [
      ("sinks: { a: { kind: slack, url: 'ftp://x/tell-nobody' } }", "plain http or https URL"),
      ("sinks: { a: { kind: slack, url: 'http://u:tell-nobody@x/' } }", "plain http or https URL"),
      ("sinks: { a: { kind: webhook, url: 'http://x/', secret: short } }", "fewer than 8 bytes"),
      ("sinks: { a: { kind: email, server: 'x:25', from: 'a b@c', to: [o@e.org] } }", "no plain mail address"),
      ("sinks: { a: { kind: email, server: 'x', from: a@b.c, to: [o@e.org] } }", "a host and a port"),
      (
        "sinks: { a: { kind: email, server: 'x:25', from: a@b.c, to: [o@e.org], security: none, user: u, password: tell-nobody } }",
        "isn't sent without TLS"
      ),
      ("{ sinks: { abc: { kind: slack, url: 'http://x/' } }, routes: [{ sinks: [abd] }] }", "Did you mean `abc`?"),
      (
        "{ sinks: { abc: { kind: slack, url: 'http://x/' } }, routes: [{ sinks: [abc], status: [resolved] }] }",
        "`status` needs `firing`"
      ),
    ])
  func refused(_ text: String, _ message: String) throws {
    try directory.write("stella.yaml", "notify: \(text.hasPrefix("{") ? text : "{ \(text) }")\n")
    let said = try run(["doctor"])
    #expect(said.status == 3 && said.errors.contains(message), "\(said)")
    #expect(!said.errors.contains("tell-nobody"))
  }
}
