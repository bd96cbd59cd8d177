import Foundation
import StellaModel
import Testing

@testable import StellaConfiguration

@Suite("Exceptions, shadow mode and maintenance in stella.yaml")
struct MutingConfigurationTests {
  func problems(_ text: String) -> [String] {
    let error = #expect(throws: ConfigurationError.self) { try Configuration.parse(text, file: "stella.yaml") }
    return error?.problems.map(\.message) ?? []
  }

  @Test("Every key reaches its place")
  func everything() throws {
    let muting = try Configuration.parse(
      """
      exceptions:
        - rules: [security.ssh-brute-force]
          where: cidr(src_ip, "192.0.2.0/28")
          key: { src_ip: 192.0.2.7, port: 22, own: true }
          author: mara
          reason: our own scanner
          expires: 2026-12-31
        - { rules: [a, b], where: x == 1, author: ivo, reason: y, expires: "2026-12-31T18:00:00+01:00" }
      shadow:
        - { rules: errors.spike, author: mara, reason: new, until: 2026-12-24 }
        - { rules: [c], author: mara, reason: new }
      maintenance:
        - name: backup
          rules: [disk]
          key: { host: db-1 }
          windows: [{ days: [sat], from: "22:00", to: "06:00", tz: Europe/Berlin }]
          once: [{ starts: 2026-12-01T22:00, ends: 2026-12-02, tz: "+01:00" }]
          author: ivo
          reason: tapes

      """, file: "stella.yaml"
    ).muting
    #expect(muting.exceptions.map(\.rules) == [["security.ssh-brute-force"], ["a", "b"]])
    let first = muting.exceptions[0]
    #expect(first.condition == "cidr(src_ip, \"192.0.2.0/28\")" && first.author == "mara" && first.place.line == 2)
    #expect(
      first.key == [.init("src_ip", .string("192.0.2.7")), .init("port", .integer(22)), .init("own", .bool(true))])
    #expect(first.expires == Timestamp.parse("2026-12-31T00:00:00Z"))
    #expect(muting.exceptions[1].expires == Timestamp.parse("2026-12-31T17:00:00Z"))
    #expect(muting.shadows.map(\.until) == [Timestamp.parse("2026-12-24T00:00:00Z"), nil])
    let maintenance = muting.maintenance[0]
    #expect(maintenance.windows.first?.zone?.name == "Europe/Berlin" && maintenance.windows.first?.start == 22 * 60)
    let span = try #require(maintenance.spans.first)
    #expect(span.offset == 60 && span.end - span.start == 7200)
    #expect(muting.rules.map(\.id) == ["security.ssh-brute-force", "a", "b", "errors.spike", "c", "disk"])
  }

  @Test(
    "Nothing is muted without an author, a reason, an end, or with more than one rule at a stroke",
    arguments: [
      ("{ rules: [a], where: x == 1, reason: y, expires: 2026-12-31 }", "needs the key `author`"),
      ("{ rules: [a], where: x == 1, author: m, expires: 2026-12-31 }", "needs the key `reason`"),
      ("{ rules: [a], where: x == 1, author: m, reason: y }", "needs the key `expires`"),
      ("{ where: x == 1, author: m, reason: y, expires: 2026-12-31 }", "needs the key `rules`"),
      ("{ rules: [a], author: m, reason: y, expires: 2026-12-31 }", "needs `where` or `key`"),
      ("{ rules: ['*'], where: x == 1, author: m, reason: y, expires: 2026-12-31 }", "is a pattern"),
      ("{ rules: [], where: x == 1, author: m, reason: y, expires: 2026-12-31 }", "is an empty list"),
      ("{ rules: [a], where: x == 1, author: ' ', reason: y, expires: 2026-12-31 }", "`author` is empty"),
      ("{ rules: [a], where: x == 1, author: m, reason: '', expires: 2026-12-31 }", "`reason` is empty"),
      ("{ rules: [a], where: x == 1, author: m, reason: y, expires: never }", "is no point in time"),
      ("{ rules: [a], where: x == 1, author: m, reason: y, expires: 2026-13-31 }", "is no point in time"),
      ("{ rules: [a], key: { x: [1] }, author: m, reason: y, expires: 2026-12-31 }", "must be one value"),
    ])
  func exceptions(entry: String, message: String) {
    let found = problems("exceptions:\n  - \(entry)\n")
    #expect(found.contains { $0.contains(message) }, "\(found)")
  }

  @Test(
    "Maintenance without a time, with one that ends first, or with a name that is taken is refused",
    arguments: [
      ("[{ name: a, author: m, reason: y }]", "needs `windows` or `once`"),
      (
        "[{ name: a, author: m, reason: y, once: [{ starts: 2026-12-02, ends: 2026-12-01 }] }]", "ends before it starts"
      ),
      ("[{ name: a, author: m, reason: y, once: [{ starts: tomorrow, ends: 2026-12-01 }] }]", "is no date and time"),
      ("[{ name: a, author: m, reason: y, windows: [{ from: \"25:00\", to: \"01:00\" }] }]", "is no time of day"),
      (
        "[{ name: a, author: m, reason: y, windows: [{ from: \"00:00\", to: \"01:00\" }] }, "
          + "{ name: a, author: m, reason: y, windows: [{ from: \"00:00\", to: \"01:00\" }] }]", "already"
      ),
    ])
  func maintenance(entries: String, message: String) {
    let found = problems("maintenance: \(entries)\n")
    #expect(found.contains { $0.contains(message) }, "\(found)")
  }

  @Test("A file of exceptions is read beside the configuration, with its own places; nothing else may stand there")
  func files() throws {
    let directory = NSTemporaryDirectory() + "stella-muting-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    func write(_ name: String, _ text: String) throws {
      try Data(text.utf8).write(to: URL(fileURLWithPath: directory + "/" + name))
    }
    try write("stella.yaml", "exception_files: [more.yaml]\n")
    let load = { () throws(ConfigurationError) in
      try Configuration.load(path: directory + "/stella.yaml", environment: [:])
    }
    #expect(throws: ConfigurationError.self) { try load() }
    try write(
      "more.yaml", "exceptions:\n  - { rules: [a], where: x == 1, author: m, reason: y, expires: 2026-12-31 }\n")
    let exception = try #require(try load().muting.exceptions.first)
    #expect(exception.place.file == directory + "/more.yaml" && exception.place.line == 2)
    try write("more.yaml", "shadow: []\n")
    let error = #expect(throws: ConfigurationError.self) { try load() }
    #expect(error?.problems.first?.code == .unknownKey)
  }
}
