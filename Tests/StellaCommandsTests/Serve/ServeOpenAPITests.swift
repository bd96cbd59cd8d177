import Foundation
import StellaDetection
import StellaEngine
import StellaModel
import StellaServer
import Testing

@testable import StellaCommands

@Suite("The description of all routes")
struct ServeOpenAPITests {
  @Test("It tells of every route that a server has, once, and of no other")
  func complete() async throws {
    let feed = try LiveFeed(masking: Masking(), epoch: "0")
    defer { feed.end() }
    let work = RequestWork()
    let readers = StateServer.readers(
      feed, clientBytes: 1,
      metrics: MetricsRoutes { () async throws(CommandFailure) in throw CommandFailure(.failure, "none") },
      telemetry: TelemetryRoutes { _ in "" }, events: EventRoutes(nil, work: work, time: SystemTime()))
    let registered = await RegisteredRoutes.all(readers: readers)
    await work.end()
    let described = OpenAPIDocument(version: "1").routes
    #expect(Set(described) == registered, "\(Set(described).symmetricDifference(registered))")
    #expect(Set(described).count == described.count)
  }

  @Test("It is printed without a server, and says nothing twice")
  func printed() throws {
    let directory = try CommandDirectory()
    let process = try directory.stella(["serve", "--openapi"])
    #expect(process.status() == 0 && process.errors.isEmpty, "\(process.errors)")
    let document = try #require(
      JSONSerialization.jsonObject(with: Data(process.output.utf8)) as? [String: Any])
    #expect(document["openapi"] as? String == "3.1.0")
    let operations = OpenAPIDocument(version: "1").areas.flatMap(\.routes).map(\.id)
    #expect(Set(operations).count == operations.count)
    let schemas = try #require((document["components"] as? [String: Any])?["schemas"] as? [String: Any])
    // A reference that leads nowhere.
    for match in process.output.matches(of: /"#\/components\/schemas\/([A-Za-z]+)"/) {
      #expect(schemas[String(match.1)] != nil, "\(match.1)")
    }
    let headers = try #require((document["components"] as? [String: Any])?["headers"] as? [String: Any])
    for match in process.output.matches(of: /"#\/components\/headers\/([a-z-]+)"/) {
      #expect(headers[String(match.1)] != nil, "\(match.1)")
    }
    let paths = try #require(document["paths"] as? [String: Any])
    func answers(_ path: String, _ method: String = "get") throws -> [String: Any] {
      let operation = try #require((paths[path] as? [String: Any])?[method] as? [String: Any], "\(path)")
      return try #require(operation["responses"] as? [String: Any], "\(path)")
    }
    // What a gate or a store that can't be read answers, whatever was asked.
    for path in ["/health", "/ready", "/"] { #expect(try answers(path)["400"] != nil, "\(path)") }
    for path in ["/api/v1/alerts", "/api/v1/events", "/metrics"] {
      #expect(try answers(path)["500"] != nil, "\(path)")
      let tooMany = try answers(path)["429"] as? [String: Any]
      #expect((tooMany?["headers"] as? [String: Any])?.keys.contains("retry-after") == true, "\(path)")
    }
    let page = try answers("/api/v1/events")["200"] as? [String: Any]
    #expect((page?["headers"] as? [String: Any])?.keys.contains("stella-next") == true)
    let whoami = (schemas["Whoami"] as? [String: Any])?["properties"] as? [String: Any]
    let means = (whoami?["means"] as? [String: Any])?["enum"] as? [String]
    #expect(means == ["uid", "session", "token", "oidc", "local"])
    #expect(!FileManager.default.fileExists(atPath: directory(".stella")))
  }

  @Test("A validator takes it, and a fuzzer finds no answer that it doesn't tell of")
  func fuzzed() throws {
    guard let python = Clients.python else { return }
    let access = try AccessScene()
    _ = try access.scene.propose("repair", "s1")
    _ = try access.scene.alerts(["s2"])
    try access.start()
    try access.add("all", roles: ["viewer", "editor", "approver", "admin"])
    let process = Process()
    process.executableURL = URL(fileURLWithPath: python)
    process.arguments = [Clients.script("openapi_check"), access.url]
    process.environment = ProcessInfo.processInfo.environment.merging([
      "STELLA_SESSION": try access.logIn("all"), "STELLA_EVENTS": try access.token("events", "events:write"),
    ]) { $1 }
    let said = access.directory("fuzzed.txt")
    try Data().write(to: URL(fileURLWithPath: said))
    process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: said))
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let paths = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    let report = try String(contentsOfFile: said, encoding: .utf8)
    #expect(process.terminationStatus == 0, "\(report.suffix(12_000))")
    #expect(Int(paths.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0 > 30)
  }
}

/// Clients of other makers (`Scripts/clients.sh`).
enum Clients {
  /// The Python that has them; nil, told in a line, where they aren't installed.
  static var python: String? {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let place = ProcessInfo.processInfo.environment["STELLA_CLIENTS"] ?? root.path + "/.build/clients"
    let python = place + "/bin/python3"
    // Installed before there was a fuzzer.
    if FileManager.default.isExecutableFile(atPath: place + "/bin/schemathesis") { return python }
    print("left out: the clients aren't installed; run Scripts/clients.sh")
    return nil
  }

  static func script(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Senders/\(name).py").path
  }
}
