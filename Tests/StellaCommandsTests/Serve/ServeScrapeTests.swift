import Foundation
import Testing

@Suite("Metrics that a server asks for", .serialized)
struct ServeScrapeTests {
  private static func lines(_ text: String) -> [[String: Any]] {
    text.split(separator: "\n").compactMap {
      (try? JSONSerialization.jsonObject(with: Data($0.utf8))) as? [String: Any]
    }
  }

  /// A rule that tells of each event for which a condition holds, once for each value of `by`.
  private static func rule(_ id: String, _ condition: String, by: String, summary: String) -> String {
    """
    return rule {
      api = 1, id = "\(id)", title = "Seen", severity = "high", type = "test", by = { \(by) }, max_keys = 1000,
      where = [[\(condition)]], threshold = { count = 1, within = "12h" }, summary = "\(summary)",
    }

    """
  }

  private static func serve(_ directory: CommandDirectory) throws -> StellaProcess {
    let server = try directory.stella(["serve", "--output", "json"])
    try #require(server.until { $0.errors.contains("watching") }, "\(server.errors)")
    return server
  }

  @Test("Another Stella's own metrics come to rules, and one that is down is told as such")
  func own() throws {
    let other = try CommandDirectory()
    try other.write("stella.yaml", "server: { listen: '127.0.0.1:0' }\n")
    let exposing = try Self.serve(other)
    let address = try #require(exposing.errors.firstMatch(of: #/http:\/\/[0-9.:]+/#)).0
    let directory = try CommandDirectory()
    try directory.write(
      "stella.yaml",
      """
      scrape:
        stella: { url: '\(address)/metrics', every: 1s, timeout: 1s, labels: { team: sre } }
        gone: { url: 'http://127.0.0.1:1/metrics', every: 1s, timeout: 1s, service: nobody }

      """)
    try directory.write(
      "Rules/up.lua", Self.rule("test.up", "up == 1", by: #""job", "team""#, summary: "{scrape_samples_scraped}"))
    try directory.write(
      "Rules/down.lua", Self.rule("test.down", "up == 0", by: #""service", "error_type""#, summary: "{message}"))
    try directory.write(
      "Rules/value.lua",
      Self.rule("test.value", "stella_engine_up == 1 and stella_sources >= 0", by: #""job", "instance""#, summary: "x"))
    let server = try Self.serve(directory)
    let all = ["test.up", "test.down", "test.value"]
    #expect(
      server.until { process in
        let seen = Set(Self.lines(process.output).compactMap { $0["rule"] as? String })
        return seen.isSuperset(of: all)
      }, "\(server.output)\(server.errors)")
    let alerts = Self.lines(server.output)
    func key(_ rule: String) -> [String: String]? {
      alerts.first { $0["rule"] as? String == rule }?["key"] as? [String: String]
    }
    #expect(key("test.up") == ["job": "stella", "team": "sre"])
    #expect(key("test.down") == ["service": "nobody", "error_type": "refused"])
    #expect(key("test.value") == ["job": "stella", "instance": String(address.dropFirst("http://".count))])
    for process in [server, exposing] {
      process.send(SIGTERM)
      #expect(process.status() == 0)
    }
  }

  /// An address that nobody listens at.
  private static func freePort() throws -> UInt16 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
      }
    }
    try #require(bound)
    return UInt16(bigEndian: address.sin_port)
  }

  @Test("Debian's node exporter is understood, and what it says of memory and file systems comes to rules")
  func nodeExporter() throws {
    let path = "/usr/bin/prometheus-node-exporter"
    guard FileManager.default.isExecutableFile(atPath: path) else {
      print("left out: prometheus-node-exporter is not installed; run Scripts/clients.sh")
      return
    }
    let port = try Self.freePort()
    let exporter = Process()
    exporter.executableURL = URL(fileURLWithPath: path)
    exporter.arguments = ["--web.listen-address=127.0.0.1:\(port)"]
    exporter.standardOutput = FileHandle.nullDevice
    exporter.standardError = FileHandle.nullDevice
    try exporter.run()
    defer {
      exporter.terminate()
      exporter.waitUntilExit()
    }
    let directory = try CommandDirectory()
    try directory.write(
      "stella.yaml",
      "scrape: { node: { url: 'http://127.0.0.1:\(port)/metrics', every: 1s, timeout: 1s } }\n")
    try directory.write(
      "Rules/memory.lua",
      Self.rule(
        "test.memory", "node_memory_MemTotal_bytes > 1000000 and node_memory_MemAvailable_bytes > 0", by: #""job""#,
        summary: "x"))
    try directory.write(
      "Rules/cpu.lua",
      Self.rule("test.cpu", #"node_cpu_seconds_total >= 0 and mode == "idle""#, by: #""cpu""#, summary: "x"))
    try directory.write(
      "Rules/up.lua",
      Self.rule("test.up", "up == 1 and scrape_samples_scraped > 100", by: #""job""#, summary: "x"))
    let server = try Self.serve(directory)
    #expect(
      server.until { process in
        let seen = Set(Self.lines(process.output).compactMap { $0["rule"] as? String })
        return seen.isSuperset(of: ["test.memory", "test.cpu", "test.up"])
      }, "\(server.output)\(server.errors)")
    server.send(SIGTERM)
    #expect(server.status() == 0)
  }
}
