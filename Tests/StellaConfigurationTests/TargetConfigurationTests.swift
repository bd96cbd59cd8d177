import StellaModel
import Testing

@testable import StellaConfiguration

@Suite("Secrets and targets of stella.yaml")
struct TargetConfigurationTests {
  func parse(_ text: String, file: String = "/etc/stella/stella.yaml", environment: [String: String] = [:]) throws
    -> Configuration
  {
    try Configuration.parse(text, file: file, environment: environment)
  }

  func problems(_ text: String) -> [ConfigurationError.Problem] {
    let error = #expect(throws: ConfigurationError.self) { try parse(text, file: "stella.yaml") }
    return error?.problems ?? []
  }

  @Test("Secrets name where their value is, and never hold it")
  func secrets() throws {
    let configuration = try parse(
      """
      secrets:
        on-call-token: { version: 7, env: ON_CALL_TOKEN }
        search: { version: 2026-11, file: search.token }
      """, environment: ["ON_CALL_TOKEN": "correct-horse"])
    #expect(
      configuration.secrets == [
        SecretSettings(SecretReference("on-call-token@7")!, from: .environment("ON_CALL_TOKEN")),
        SecretSettings(SecretReference("search@2026-11")!, from: .file("/etc/stella/search.token")),
      ])
  }

  @Test("Every key of every kind of target reaches its place")
  func targets() throws {
    let configuration = try parse(
      """
      targets:
        app-db: { kind: sqlite, path: app.db, read: false, max_rows: 500, lock_timeout: 30s }
        orders: { kind: postgres, address: "${ORDERS}", read: false, max_rows: 7, connect_timeout: 1s, lock_timeout: 2s }
        search:
          kind: http
          address: [https://search.internal, http://127.0.0.1:8080]
          allow:
            - { method: POST, path: '/sources/{word}/reindex', safe: true }
            - { method: GET, path: /status }
          connect_timeout: 250ms
          timeout: 10s
          response_bytes: 1KiB
          ca_file: ca.pem
        local:
          kind: host
          commands:
            - { argv: [/usr/bin/systemctl, restart, '{a.service|b.service}'], safe: true }
            - argv: /usr/bin/true
          directory: /srv
          timeout: 5m
          grace: 0s
          output_bytes: 1KiB
          cpu_time: 30s
          memory_bytes: 1GiB
          file_bytes: 1MiB
          open_files: 64
          sandbox: bubblewrap
      """, environment: ["ORDERS": "postgresql://stella:hunter2@db/orders"])
    #expect(configuration.targets.map(\.name) == ["app-db", "orders", "search", "local"])
    guard case .sqlite(let sqlite) = configuration.targets[0], case .postgres(let postgres) = configuration.targets[1],
      case .http(let http) = configuration.targets[2], case .host(let host) = configuration.targets[3]
    else {
      Issue.record("the kinds are \(configuration.targets)")
      return
    }
    #expect(sqlite.path == "/etc/stella/app.db" && !sqlite.isReadable && sqlite.rowLimit == 500)
    #expect(sqlite.lockTimeout == .seconds(30))
    #expect(postgres.address.text == "postgresql://stella:hunter2@db/orders" && !postgres.isReadable)
    #expect(postgres.rowLimit == 7 && postgres.connectTimeout == .seconds(1) && postgres.lockTimeout == .seconds(2))
    #expect(http.origins.map(\.description) == ["https://search.internal:443", "http://127.0.0.1:8080"])
    #expect(http.allowed.map(\.description) == ["POST /sources/{word}/reindex", "GET /status"])
    #expect(http.allowed.map(\.isSafe) == [true, false] && http.caFile == "/etc/stella/ca.pem")
    #expect(http.connectTimeout == .milliseconds(250) && http.timeout == .seconds(10))
    #expect(http.responseLimitBytes == 1024)
    #expect(
      host.commands.map(\.command.description) == [
        "/usr/bin/systemctl restart {a.service|b.service}", "/usr/bin/true",
      ])
    #expect(host.commands.map(\.isSafe) == [true, false] && host.directory == "/srv")
    #expect(host.timeout == .seconds(300) && host.grace == .zero && host.cpuTime == .seconds(30))
    #expect(host.outputLimitBytes == 1024 && host.memoryLimitBytes == 1 << 30 && host.fileLimitBytes == 1 << 20)
    #expect(host.openFileLimit == 64 && host.sandbox == .bubblewrap)
  }

  @Test("The password of an address is in nothing that prints or dumps the configuration")
  func concealed() throws {
    let configuration = try parse(
      "targets: { o: { kind: postgres, address: 'postgresql://u:hunter2@db/o' } }")
    var dumped = ""
    dump(configuration, to: &dumped)
    for text in ["\(configuration)", String(reflecting: configuration), dumped] { #expect(!text.contains("hunter2")) }
  }

  @Test("Defaults on the page are the defaults in force")
  func defaults() throws {
    let required = [
      "sqlite": "path: a", "postgres": "address: a", "http": "address: 'https://a', allow: [{ method: GET, path: / }]",
      "host": "commands: [{ argv: /usr/bin/true }]",
    ]
    for (kind, keys) in ConfigurationSchema.targets {
      let written = keys.compactMap { key in key.standard.map { "\(key.name): \($0)" } }
      #expect(!written.isEmpty)
      let given = try #require(required[kind])
      let bare = try parse("targets: { t: { kind: \(kind), \(given) } }")
      let full = try parse("targets: { t: { kind: \(kind), \(given), \(written.joined(separator: ", ")) } }")
      var dumps = ["", ""]
      dump(bare.targets, to: &dumps[0])
      dump(full.targets, to: &dumps[1])
      #expect(dumps[0] == dumps[1])
    }
  }

  @Test(
    "What can't be meant is refused with its place and what to write",
    arguments: [
      ("secrets: { a: { version: 1 } }", 1, 15, "either `env` or `file`; found none"),
      ("secrets: { a: { version: 1, env: A, file: a } }", 1, 15, "found both"),
      ("secrets: { a: { env: A } }", 1, 15, "needs the key `version`"),
      ("secrets: { 1a: { version: 1, env: A } }", 1, 27, "can't be written in a fix"),
      ("secrets: { a: { version: 'x y', env: A } }", 1, 26, "can't be written in a fix"),
      ("secrets: { a: { version: 1, env: A, evn: B } }", 1, 37, "Did you mean `env`?"),
      ("targets: { a: { path: x } }", 1, 15, "`a` needs the key `kind`: one of `sqlite`, `postgres`"),
      ("targets: { a: { kind: sqlit, path: x } }", 1, 23, "Did you mean `sqlite`?"),
      ("targets: { a: { kind: sqlite } }", 1, 15, "`a`, kind `sqlite` needs the key `path`"),
      (
        "targets: { a: { kind: sqlite, path: x, commands: [] } }", 1, 40, "unknown key `commands` in `a`, kind `sqlite`"
      ),
      ("targets: { a: { kind: sqlite, pathh: x, path: y } }", 1, 31, "Did you mean `path`?"),
      ("targets: { a: { kind: http, address: 'ftp://x', allow: [] } }", 1, 38, "must be `https://host`"),
      ("targets: { a: { kind: http, address: 'https://x/y', allow: [] } }", 1, 38, "must be `https://host`"),
      ("targets: { a: { kind: http, address: 'https://x', allow: [{ method: get, path: / }] } }", 1, 69, "found `get`"),
      (
        "targets: { a: { kind: http, address: 'https://x', allow: [{ method: GET, path: x }] } }", 1, 80,
        "doesn't begin with `/`"
      ),
      (
        "targets: { a: { kind: http, address: 'https://x', allow: [{ method: GET, path: '/{any}' }] } }", 1, 80,
        "neither {word} nor a choice"
      ),
      ("targets: { a: { kind: host, commands: [{ argv: [/bin/ls, '{x}'] }] } }", 1, 58, "neither {word} nor a choice"),
      (
        "targets: { a: { kind: host, commands: [{ argv: [/bin/sh, -c, x] }] } }", 1, 49,
        "runs whatever its arguments say"
      ),
      ("targets: { a: { kind: host, commands: [{ argv: ls }] } }", 1, 48, "no plain absolute path"),
      ("targets: { a: { kind: host, commands: [{ argv: [] }] } }", 1, 40, "the command is empty"),
      (
        "targets: { a: { kind: host, commands: [{ argv: [/bin/ls, {word}] }] } }", 1, 58,
        "Put text with braces into quotes."
      ),
      (
        "targets: { a: { kind: host, commands: [], sandbox: bwrap } }", 1, 52, "one of `none`, `bubblewrap`, `landlock`"
      ),
      ("targets: { a: { kind: host, commands: [], open_files: 3 } }", 1, 55, "a whole number from 16"),
      ("targets: { \"a\\e[31m\": { kind: sqlite, path: x } }", 1, 23, "`a\\x1b[31m`: the name has a control character"),
      ("targets: [a]", 1, 10, "keys with values, each key a name that fixes use"),
      ("targets: { a: sqlite }", 1, 15, "`a` must be keys with values"),
    ])
  func refused(text: String, line: Int, column: Int, message: String) {
    let problems = problems(text)
    #expect(problems.count == 1, "\(problems)")
    #expect(problems.first?.message.contains(message) == true, "\(problems)")
    #expect(problems.first?.place.line == line && problems.first?.place.column == column, "\(problems)")
  }

  @Test("A password in an address that is refused is not shown")
  func refusedAddress() {
    let problems = problems("targets: { a: { kind: http, address: 'https://u:hunter2@x', allow: [] } }")
    #expect(problems.count == 1 && !problems.description.contains("hunter2"))
  }
}
