import Foundation
import StellaModel
import Testing

@testable import StellaConfiguration

@Suite("stella.yaml")
struct ConfigurationTests {
  func parse(_ text: String, file: String = "stella.yaml", environment: [String: String] = [:]) throws
    -> Configuration
  {
    try Configuration.parse(text, file: file, environment: environment)
  }

  /// The problems of a text that must be refused, as `line:column code message`.
  func problems(_ text: String, environment: [String: String] = [:]) -> [ConfigurationError.Problem] {
    let error = #expect(throws: ConfigurationError.self) { try parse(text, environment: environment) }
    return error?.problems ?? []
  }

  @Test("Nothing, comments and an empty file give the defaults", arguments: ["", "# only a comment\n", "---\n", "~"])
  func defaults(text: String) throws {
    let configuration = try parse(text)
    #expect(configuration.rules == nil && configuration.sources.isEmpty && configuration.params.isEmpty)
    #expect(configuration.state == "./.stella")
    #expect(configuration.limits.lineBytes == 1_048_576 && configuration.limits.lateness == .seconds(5))
  }

  @Test("Every key reaches its place")
  func everything() throws {
    let configuration = try parse(
      """
      rules: [Rules, /etc/stella/rules]
      state: state
      sources:
        - path: /var/log/auth.log
          format: syslog
          tz: Europe/Berlin
          year: 2024
          from: start
          service: sshd
        - paths: ['logs/*.log', b.log]
          format: nginx-error
        - stdin: true
      limits: { line_bytes: 64KiB, lateness: 1m30s }
      params:
        errors.spike: { min_count: 50, ratio: 2.5, strict: true, note: "7", names: [a, 1] }
      """, file: "/etc/stella/stella.yaml")
    #expect(configuration.rules == ["/etc/stella/Rules", "/etc/stella/rules"])
    #expect(configuration.state == "/etc/stella/state")
    #expect(
      configuration.sources.map(\.paths) == [
        ["/var/log/auth.log"], ["/etc/stella/logs/*.log", "/etc/stella/b.log"], ["-"],
      ])
    let first = try #require(configuration.sources.first)
    #expect(first.format == "syslog" && first.timeZone == "Europe/Berlin" && first.year == 2024)
    #expect(first.from == "start" && first.service == "sshd" && first.place.line == 4)
    #expect(configuration.sources[1].format == "nginx-error" && configuration.sources[2].format == "auto")
    #expect(configuration.limits.lineBytes == 65536 && configuration.limits.lateness == .seconds(90))
    let params = try #require(configuration.params["errors.spike"])
    #expect(
      params.mapValues(\.value) == [
        "min_count": .integer(50), "ratio": .double(2.5), "strict": .bool(true), "note": .string("7"),
        "names": .array([.string("a"), .integer(1)]),
      ])
    #expect(params["min_count"]?.place.description == "/etc/stella/stella.yaml:15:30")
  }

  @Test("Words that YAML 1.1 takes for truth values or numbers are text where text is meant")
  func plainWords() throws {
    let configuration = try parse("sources: [{ path: 123, service: no }]\nparams: { r: { a: yes, b: 0x10, c: 1_000 } }")
    #expect(configuration.sources[0].service == "no" && configuration.sources[0].paths == ["123"])
    #expect(
      configuration.params["r"]?.mapValues(\.value) == [
        "a": .string("yes"), "b": .string("0x10"), "c": .string("1_000"),
      ])
  }

  @Test("A single value may stand where a list is meant")
  func singleValue() throws {
    #expect(try parse("rules: Rules").rules == ["Rules"])
  }

  @Test("An unknown key is refused with its place, the nearest name and what is allowed")
  func unknownKey() {
    let problem = problems("rules: Rules\nlimits:\n  latenes: 5s\n").first
    #expect(problem?.code == .unknownKey)
    #expect(problem?.place.description == "stella.yaml:3:3")
    #expect(
      problem?.message
        == "unknown key `latenes` in `limits`. Did you mean `lateness`? "
        + "Allowed: `line_bytes`, `lateness`, `checkpoint`, `workers`.")
    #expect(problems("xyzzy: 1").first?.message.contains("Did you mean") == false)
    #expect(
      problems("sources:\n  - path: a\n    Format: json").first?.message.contains("Did you mean `format`?") == true)
  }

  @Test(
    "A value of the wrong type is refused with what is allowed and what was found",
    arguments: [
      ("state: [a]", 1, 8, "`state` must be a path; found a list."),
      ("state:", 1, 7, "`state` must be a path; found nothing."),
      ("sources: 5", 1, 10, "`sources` must be a list of entries; found `5`."),
      ("limits: 5s", 1, 9, "`limits` must be keys with values; found"),
      ("limits: { lateness: 5 }", 1, 21, "a duration such as `5s`"),
      ("limits: { lateness: 1.5s }", 1, 21, "found `1.5s`"),
      ("limits: { lateness: 2d }", 1, 21, "from 0s to 1d; found `2d`"),
      ("limits: { line_bytes: 10 }", 1, 23, "from 64B to 64MiB; found `10`"),
      ("limits: { line_bytes: 1Mb }", 1, 23, "a size such as"),
      ("sources: /var/log/a.log", 1, 10, "`sources` must be a list of entries; found"),
      ("sources: [a]", 1, 11, "an entry of `sources` must be keys with values; found"),
      ("sources: [{ path: a, format: jsn }]", 1, 30, "Did you mean `json`?"),
      ("sources: [{ path: a, year: two }]", 1, 28, "a whole number from 1970 to 2200; found `two`"),
      ("sources: [{ stdin: yes }]", 1, 20, "`stdin` must be `true` or `false`; found `yes`"),
      ("params: [a]", 1, 9, "`params` must be keys with values, each key a rule's id; found a list."),
      ("params: { r: { a: { b: 1 } } }", 1, 19, "`a` must be a number, text"),
      ("params: { r: { a: ~ } }", 1, 19, "found nothing"),
      ("- a", 1, 1, "the file must be keys with values; found a list."),
      ("just text", 1, 1, "the file must be keys with values; found"),
    ])
  func wrongValue(text: String, line: Int, column: Int, message: String) {
    let problems = problems(text)
    #expect(problems.count == 1 && problems.first?.code == .wrongValue)
    #expect(problems.first?.place.line == line && problems.first?.place.column == column)
    #expect(problems.first?.message.contains(message) == true, "\(problems)")
  }

  @Test("A source needs exactly one of path, paths and stdin")
  func sourceAlternatives() {
    #expect(problems("sources: [{ format: json }]").first?.message.contains("found none") == true)
    #expect(problems("sources: [{ path: a, stdin: true }]").first?.message.contains("`path` and `stdin`") == true)
    #expect(problems("sources: [{ stdin: false }]").first?.code == .conflict)
  }

  @Test("All problems are told at once, in the order of the file")
  func allProblems() {
    let problems = problems("ruls: a\nlimits: { lateness: x }\nsources:\n  - path: ${NOT_SET}\n    frmat: json\n")
    #expect(problems.map(\.place.line) == [1, 2, 4, 5])
    #expect(Set(problems.map(\.code)).isSuperset(of: [.unknownKey, .wrongValue, .environment]))
  }

  @Test("What is no YAML is refused with the place", arguments: ["a: [", "a: b: c", "\tx: 1", "rules: a\nrules: b"])
  func noYAML(text: String) {
    let problem = problems(text).first
    #expect(problem?.code == .notYAML)
    #expect((problem?.place.line ?? 0) >= 1 && (problem?.place.column ?? 0) >= 1)
  }

  @Test(
    "What the parser says is told in plain words",
    arguments: [
      ("rules: [a, b\nstate: c\n", "`]`"), ("limits: { workers: 1\nstate: c\n", "`}`"),
      ("limits:\n\tworkers: 1\n", "tab"),
      ("state: a: b\n", "colon into quotes"), ("state: 'a\n", "quotes are not closed"), ("state: @a\n", "into quotes"),
    ])
  func plainWords(text: String, told: String) {
    let problem = problems(text).first
    #expect(problem?.code == .notYAML && problem?.message.contains(told) == true, "\(String(describing: problem))")
    #expect(problem?.message.contains("token") == false && problem?.message.contains("expected") == false)
  }

  @Test("Environment variables are put in, a dollar sign elsewhere stays")
  func environment() throws {
    let configuration = try parse(
      "state: ${HOME}/x/${A_1}\nrules: ['$${HOME}', $5, a$]\nlimits: { lateness: \"${LATE}\" }",
      environment: ["HOME": "/home/me", "A_1": "${HOME}", "LATE": "7s"])
    #expect(configuration.state == "/home/me/x/${HOME}")
    #expect(configuration.rules == ["${HOME}", "$5", "a$"])
    #expect(configuration.limits.lateness == .seconds(7))
  }

  @Test(
    "An unset variable and a malformed one are refused with a remedy", arguments: ["${NOPE}", "${", "${}", "${a-b}"])
  func badEnvironment(value: String) {
    let problem = problems("state: '\(value)'", environment: ["a": "1"]).first
    #expect(problem?.code == .environment && problem?.place.description == "stella.yaml:1:8")
    #expect(problem?.message.contains("$${") == true)
  }

  @Test("Errors show control characters from the file as escapes")
  func hostileFile() {
    let problem = problems("\"a\\e[31m\\u202e\": 1").first
    #expect(problem?.message.contains(#"`a\x1b[31m\u{202e}`"#) == true)
  }

  @Test("A file that isn't there, and one that can't be decoded, are refused; without a file the defaults hold")
  func loading() throws {
    let folder = NSTemporaryDirectory() + "stella-configuration-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let missing = #expect(throws: ConfigurationError.self) {
      try Configuration.load(path: folder + "/none.yaml", environment: [:])
    }
    #expect(missing?.problems.first?.code == .notReadable)
    try Data([0x61, 0x3a, 0xff]).write(to: URL(fileURLWithPath: folder + "/bad.yaml"))
    let bad = #expect(throws: ConfigurationError.self) {
      try Configuration.load(path: folder + "/bad.yaml", environment: [:])
    }
    #expect(bad?.problems.first?.code == .notYAML)
    try Data("rules: r".utf8).write(to: URL(fileURLWithPath: folder + "/good.yaml"))
    #expect(try Configuration.load(path: folder + "/good.yaml", environment: [:]).rules == [folder + "/r"])
  }

  @Test(
    "A key that stands twice is told where it stands again",
    arguments: [
      ("state: a\nrules: [r]\n\n# more\nstate: b\n", "5:1", "`state`, first in line 1"),
      ("server:\n  listen: a\n  browser:\n    listen: x\n  'listen': b\n", "5:3", "`listen`, first in line 2"),
      ("sources:\n  - path: a\n    path: b\n  - path: c\n", "3:5", "`path`, first in line 2"),
      ("state: a\r\nlimits: { workers: 1 }\r\nstate: b\r\n", "3:1", "`state`, first in line 1"),
      ("limits: { workers: 1, workers: 2 }\nworkers: 3\n", "1:11", "`workers`. Keep one"),
    ])
  func twice(text: String, place: String, message: String) {
    let problem = problems(text).first
    #expect(problem?.place.description == "stella.yaml:" + place, "\(String(describing: problem))")
    #expect(problem?.message.contains(message) == true, "\(String(describing: problem))")
  }

  @Test(
    "Who only asks for the state directory needs no variable that other keys name, and is told of what else is wrong")
  func state() throws {
    let folder = NSTemporaryDirectory() + "stella-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    func state(_ text: String, _ environment: [String: String] = [:]) throws -> String {
      try text.write(toFile: folder + "/stella.yaml", atomically: true, encoding: .utf8)
      return try Configuration.state(path: folder + "/stella.yaml", environment: environment)
    }
    func codes(_ text: String) -> [ConfigurationError.Problem.Code] {
      #expect(throws: ConfigurationError.self) { _ = try state(text) }?.problems.map(\.code) ?? []
    }
    let sinks = "notify: { sinks: { hook: { kind: webhook, url: '${HOOK_URL}', secret: '${HOOK_KEY}' } } }\n"
    #expect(try state(sinks + "state: var") == folder + "/var")
    #expect(try state(sinks) == "./.stella")
    #expect(throws: ConfigurationError.self) { try Configuration.load(path: folder + "/stella.yaml", environment: [:]) }
    #expect(try state("state: '${PLACE}'", ["PLACE": "/srv/stella"]) == "/srv/stella")
    #expect(codes("state: '${PLACE}'") == [.environment])
    #expect(codes(sinks + "stat: var") == [.unknownKey])
    #expect(codes("state: [") == [.notYAML])
  }

  @Test("What is spared is left out where a variable of it isn't set, and everything else that is wrong is told")
  func sparing() throws {
    func parsed(_ text: String, _ environment: [String: String] = [:]) throws -> Configuration {
      try Configuration.parse(
        text, file: "stella.yaml", environment: environment, sparing: Configuration.serverParts)
    }
    func codes(_ text: String) -> [ConfigurationError.Problem.Code] {
      #expect(throws: ConfigurationError.self) { _ = try parsed(text) }?.problems.map(\.code) ?? []
    }
    let hook = "{ kind: webhook, url: '${HOOK_URL}', secret: '${HOOK_KEY}' }"
    let notify = "notify: { sinks: { hook: \(hook) }, routes: [{ sinks: [hook] }], give_up_after: 2h }\n"
    let whole = try parsed(notify, ["HOOK_URL": "http://127.0.0.1/", "HOOK_KEY": "12345678"])
    #expect(whole.leftOut.isEmpty && whole.notify.sinks.count == 1 && whole.notify.routes.count == 1)
    let spared = try parsed(notify + "state: var")
    #expect(spared.leftOut == ["notify.sinks"] && spared.notify.sinks.isEmpty && spared.notify.routes.isEmpty)
    #expect(spared.notify.giveUpAfter == 7_200_000_000_000 && spared.state == "var")

    let server = "server: { listen: '127.0.0.1:7480', login: true, webhooks: { git: { secret: '${GIT}' } } }\n"
    let login = try parsed(server)
    #expect(login.leftOut == ["server.webhooks"] && login.server.login != nil && login.server.webhooks.isEmpty)
    let nowhere = try parsed("server: { listen: '${PLACE}', login: true }\n")
    #expect(nowhere.leftOut == ["server"] && nowhere.server.login == nil)

    // What is no name of a variable, keys that aren't there, and what isn't spared.
    #expect(codes("notify: { sinks: { hook: { kind: slack, url: '${HOOK URL}' } } }\n") == [.environment])
    #expect(codes("notify: { sinks: { hook: { kind: slack, url: '${HOOK_URL}', urll: x } } }\n") == [.unknownKey])
    #expect(codes(notify + "state: '${PLACE}'\n") == [.environment])
    #expect(codes("targets: { db: { kind: postgres, address: '${PG_URL}' } }\n").first == .environment)
    #expect(
      throws: ConfigurationError.self, performing: { try Configuration.parse(notify, file: "stella.yaml") })
  }
}

@Suite("The reference of stella.yaml")
struct ConfigurationReferenceTests {
  func allKeys(_ keys: [ConfigurationKey]) -> [ConfigurationKey] {
    keys.flatMap { [$0] + allKeys($0.kind.keys ?? []) }
  }

  @Test("Its example uses every key and is accepted")
  func example() throws {
    let example = ConfigurationReference.example()
    for key in allKeys(ConfigurationSchema.keys) { #expect(example.contains("\(key.name):"), "\(key.name)") }
    let configuration = try Configuration.parse(
      example, file: "stella.yaml",
      environment: [
        "GITHUB_SECRET": "correct-horse", "SLACK_URL": "https://hooks.example/x", "PAGER_SECRET": "correct-horse",
        "MAIL_PASSWORD": "correct-horse", "AM_TOKEN": "correct-horse",
      ])
    #expect(configuration.sources.count == 3 && configuration.params["errors.spike"] != nil)
  }

  @Test("Every key has a meaning and appears on the page")
  func page() {
    let page = ConfigurationReference.markdown()
    for key in allKeys(ConfigurationSchema.keys) {
      #expect(key.meaning.hasSuffix("."), "\(key.name)")
      #expect(page.contains("| `\(key.name)` |"), "\(key.name)")
    }
  }

  @Test("Defaults on the page are the defaults in force")
  func defaults() throws {
    let written = ConfigurationSchema.limits.compactMap { key in key.standard.map { "\(key.name): \($0)" } }
    let configuration = try Configuration.parse("limits: { \(written.joined(separator: ", ")) }", file: "stella.yaml")
    let standard = Configuration.Limits()
    #expect(configuration.limits.lineBytes == standard.lineBytes && configuration.limits.lateness == standard.lateness)
    #expect(written.count == ConfigurationSchema.limits.count)
    #expect(ConfigurationSchema.keys.first { $0.name == "state" }?.standard == Configuration().state)
  }
}
