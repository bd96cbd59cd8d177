import Foundation
import Testing

@Suite("Senders that people have already")
struct ServeSendersTests {
  private let directory: CommandDirectory

  init() throws {
    directory = try CommandDirectory()
    try directory.write("stella.yaml", "server: { listen: '127.0.0.1:0' }\n")
    try directory.write(
      "Rules/each.lua",
      """
      return rule {
        api = 1, id = "test.each", title = "What came", severity = "high", type = "test", max_keys = 1000,
        by = { "service", "level", "message", "seq", "trace_id", "big", "host", "logger", "job" },
        where = [[seq ~= nil]], suppress_for = "0s", threshold = { count = 1, within = "1s", window = "from_first" },
      }

      """)
  }

  /// The Python that has the senders' libraries (`Scripts/clients.sh`); nil, told in a line, where they aren't installed.
  private static var python: String? {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let place = ProcessInfo.processInfo.environment["STELLA_CLIENTS"] ?? root.path + "/.build/clients"
    let python = place + "/bin/python3"
    if FileManager.default.isExecutableFile(atPath: python) { return python }
    print("left out: the senders' libraries aren't installed; run Scripts/clients.sh")
    return nil
  }

  /// Keys of the alerts about what a sender has sent, once there are so many of them.
  private func keys(
    _ count: Int, of sender: String, _ python: String, arguments: [String] = []
  ) throws -> [[String: Any]] {
    let server = try directory.stella(["serve", "--output", "json"])
    try #require(
      server.until { $0.errors.contains("/api/v1/events\n") && $0.errors.contains("watching") }, "\(server.errors)")
    let address = try #require(server.errors.firstMatch(of: #/(http://\S+)/api/v1/events/#)).1
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Senders/\(sender).py")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: python)
    process.arguments = [script.path, String(address)] + arguments
    let (input, errors) = (Pipe(), FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString))
    try Data().write(to: errors)
    defer { try? FileManager.default.removeItem(at: errors) }
    process.standardInput = input
    process.standardError = try FileHandle(forWritingTo: errors)
    try process.run()
    let isThere = server.until { Self.keys($0).count >= count }
    try input.fileHandleForWriting.close()
    process.waitUntilExit()
    let said = try String(contentsOf: errors, encoding: .utf8)
    #expect(isThere && process.terminationStatus == 0, "\(server.output)\(server.errors)\(said)")
    server.send(SIGTERM)
    #expect(server.status() == 0)
    let keys = Self.keys(server)
    #expect(keys.count == count)
    return keys
  }

  private static func keys(_ server: StellaProcess) -> [[String: Any]] {
    server.lines.compactMap { line in
      guard let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
        object["event"] as? String == "firing"
      else { return nil }
      return object["key"] as? [String: Any]
    }
  }

  @Test("OpenTelemetry's exporter sends records plainly and compressed; they come with their resource and attributes")
  func otlp() throws {
    guard let python = Self.python else { return }
    let keys = try keys(3, of: "otlp_sender", python)
    #expect(keys.compactMap { $0["seq"] as? Int }.sorted() == [1, 2, 3])
    for key in keys {
      #expect(key["service"] as? String == "shop" && key["host"] as? String == "web-1", "\(key)")
      #expect(key["level"] as? String == "error" && key["message"] as? String == "it failed", "\(key)")
      #expect(key["big"] as? Int == 9_007_199_254_740_993, "\(key)")
      #expect((key["logger"] as? String)?.hasPrefix("shop.cart.") == true, "\(key)")
    }
  }

  @Test("Loki's formats come with labels and metadata as fields, and JSON lines as their members")
  func loki() throws {
    guard let python = Self.python else { return }
    let keys = try keys(101, of: "loki_sender", python)
    let plain = try #require(keys.first { $0["seq"] as? String == "1" })
    #expect(plain["service"] as? String == "shop" && plain["message"] as? String == "it failed", "\(plain)")
    let numbers = keys.compactMap { $0["seq"] as? Int }.sorted()
    #expect(numbers == Array(2...101))
    for key in keys where key["seq"] is Int {
      #expect(key["trace_id"] as? String == "ab" && key["job"] as? String == "a \"b\"", "\(key)")
      #expect(key["message"] as? String == "it failed again and again" && key["level"] as? String == "error", "\(key)")
    }
  }

  @Test("Alertmanager's alerts come with their labels")
  func alertmanager() throws {
    guard let python = Self.python else { return }
    guard FileManager.default.isExecutableFile(atPath: "/usr/bin/prometheus-alertmanager") else {
      print("left out: prometheus-alertmanager isn't installed; run Scripts/clients.sh")
      return
    }
    let key = try #require(keys(1, of: "alertmanager_sender", python, arguments: [directory.path]).first)
    #expect(key["service"] as? String == "shop" && key["level"] as? String == "critical", "\(key)")
    #expect(key["message"] as? String == "slow" && key["seq"] as? String == "1", "\(key)")
  }
}
