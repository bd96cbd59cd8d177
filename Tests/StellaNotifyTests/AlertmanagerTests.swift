import Foundation
import StellaModel
import Testing

@testable import StellaNotify

@Suite("Alertmanager", .timeLimit(.minutes(10)))
struct AlertmanagerTests {
  /// Debian's Alertmanager on a free port of the loopback interface.
  private final class Server {
    let port: Int
    private let process = Process()
    private let directory = NSTemporaryDirectory() + "stella-alertmanager-" + UUID().uuidString

    init?() throws {
      let program = "/usr/bin/prometheus-alertmanager"
      guard FileManager.default.isExecutableFile(atPath: program) else {
        print("left out: prometheus-alertmanager isn't installed; run Scripts/clients.sh")
        return nil
      }
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
      try Data("route: { receiver: none }\nreceivers: [{ name: none }]\n".utf8)
        .write(to: URL(fileURLWithPath: directory + "/am.yml"))
      let output = Pipe()
      process.executableURL = URL(fileURLWithPath: program)
      process.arguments = [
        "--config.file=\(directory)/am.yml", "--storage.path=\(directory)/data", "--web.listen-address=127.0.0.1:0",
        "--cluster.listen-address=",
      ]
      process.standardError = output
      process.standardOutput = output
      try process.run()
      var text = ""
      var port: Int?
      while port == nil {
        let data = output.fileHandleForReading.availableData
        try #require(!data.isEmpty, "\(text)")
        text += String(decoding: data, as: UTF8.self)
        port = text.firstMatch(of: /127\.0\.0\.1:(\d{2,})/).flatMap { Int($0.1) }
      }
      self.port = port ?? 0
    }

    deinit {
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      try? FileManager.default.removeItem(atPath: directory)
    }

    /// What it has, by the id that we gave.
    func alerts() throws -> [[String: Any]] {
      let url = try #require(URL(string: "http://127.0.0.1:\(port)/api/v2/alerts"))
      let get = Process()
      get.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
      get.arguments = [
        "-c", "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1]).read().decode())",
        url.absoluteString,
      ]
      let output = Pipe()
      get.standardOutput = output
      try get.run()
      let data = output.fileHandleForReading.readDataToEndOfFile()
      get.waitUntilExit()
      return try #require(JSONSerialization.jsonObject(with: data) as? [[String: Any]])
    }
  }

  @Test("It has what fires once, however often it is told, and no longer what has ended")
  func lifeCycle() async throws {
    guard let server = try Server() else { return }
    var sink = NotificationSink(
      name: "am", kind: .alertmanager(url: ConcealedText("http://127.0.0.1:\(server.port)/"), authorization: nil))
    sink.timeout = .seconds(120)
    let client = SinkAssembly.client(sink)
    #expect(await client.check() == nil)
    let now = Int64(Date().timeIntervalSince1970 * 1e9)
    var message = MailClientTests.message()
    message.notices[0].startsAt = now - NotifyScene.minute
    message.notices[0].labels["odd name-1"] = "x"
    message.notices[0].labels["alertname"] = "not ours"
    for _ in 0..<3 { #expect(await client.deliver(message, time: now) == .taken(remark: "")) }
    var alerts = try server.alerts()
    #expect(alerts.count == 1)
    let labels = try #require(alerts.first?["labels"] as? [String: String])
    #expect(
      labels == [
        "alertname": "errors.spike", "severity": "high", "service": "shop & <b>", "odd_name_1": "x", "stella": "alert",
        "stella_alert": "a1",
      ])
    let end = try #require(alerts.first?["endsAt"] as? String)
    let left = try #require(Timestamp.parse(end)) - now
    #expect(left > 3 * NotifyScene.minute && left <= 4 * NotifyScene.minute + NotifyScene.second)
    message.notices[0].state = .resolved
    message.notices[0].endsAt = now
    #expect(await client.deliver(message, time: now) == .taken(remark: ""))
    alerts = try server.alerts()
    #expect(alerts.isEmpty)
    await client.end()
  }

  @Test(
    "Names of labels are what Prometheus takes", arguments: [("a.b-c", "a_b_c"), ("1x", "_1x"), ("", "_"), ("é", "_")])
  func names(_ text: String, _ name: String) { #expect(AlertmanagerClient.name(text) == name) }
}
