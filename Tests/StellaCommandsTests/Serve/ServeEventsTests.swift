import Foundation
import StellaModel
import Testing

@Suite("Events that a server keeps")
struct ServeEventsTests {
  private let directory: CommandDirectory

  init() throws { directory = try CommandDirectory() }

  private func serve() throws -> StellaProcess {
    // Its alerts are more than a pipe holds that nobody reads.
    let server = try directory.stella(["serve", "--output", "json", "app.jsonl"], output: .nullDevice)
    try #require(
      server.until { $0.errors.contains("serving at") && $0.errors.contains("watching") }, "\(server.errors)")
    return server
  }

  private func events(_ arguments: [String]) throws -> (status: Int32, output: String, errors: String) {
    let process = try directory.stella(["events"] + arguments)
    let status = process.status()
    return (status, process.output, process.errors)
  }

  /// Asks until there are so many; what is read is in the files within a second.
  private func until(_ count: Int, _ arguments: [String] = []) throws -> [String] {
    let end = ProcessInfo.processInfo.systemUptime + StellaProcess.patience
    while true {
      let lines = try events(["--output", "json", "--limit", "5000"] + arguments).output.split(separator: "\n")
      if Set(lines.compactMap { Self.number(String($0)) }).count >= count || ProcessInfo.processInfo.systemUptime > end
      {
        return lines.map(String.init)
      }
    }
  }

  private static func number(_ line: String) -> Int? {
    line.firstMatch(of: #/"seq":([0-9]+)/#).flatMap { Int($0.1) }
  }

  @Test("They are found through the server and without it alike, also after it was killed")
  func kept() throws {
    try directory.write("stella.yaml", "server: { listen: '127.0.0.1:0' }\n")
    try directory.write("app.jsonl", "")
    var server = try serve()
    try directory.append("app.jsonl", CommandDirectory.lines(1...500))
    #expect(try until(500).compactMap(Self.number) == Array(1...500))
    let port = try #require(server.errors.firstMatch(of: #/http://127.0.0.1:([0-9]+)/#)).1
    let raw = try RawStream(port: try #require(Int(port)), path: "/api/v1/events?search=M7&limit=3")
    #expect(raw.until("\"seq\":78}").contains("HTTP/1.1 200 OK"), "\(raw.text)")
    let metrics = try RawStream(port: try #require(Int(port)), path: "/metrics").until("stella_archive_up 1")
    #expect(
      metrics.contains("stella_archive_events_total 500\n") && metrics.contains("stella_archive_lost_events_total 0\n"))
    let asked: [[String]] = [
      ["--output", "json", "--search", "M49", "--level", "error"], ["--where", "seq > 495"],
      ["--export", "csv", "--limit", "20"],
      [
        "--series", "--since", "2023-11-14T00:00:00Z", "--until", "2023-11-15T00:00:00Z", "--by", "level", "--step",
        "1h",
      ],
      ["--since", "1h"], ["--where", "seq >>"],
    ]
    // What was counted is in a file some seconds later.
    let end = ProcessInfo.processInfo.systemUptime + StellaProcess.patience
    while try !events(asked[3]).output.contains("500"), ProcessInfo.processInfo.systemUptime < end {}
    for arguments in asked {
      let (through, without) = (try events(arguments), try events(arguments + ["--local"]))
      #expect(through == without && through.status == (arguments.last == "seq >>" ? 3 : 0), "\(arguments) \(through)")
    }
    #expect(try events(asked[2]).output.split(separator: "\r\n").count == 21)
    #expect(try events(asked[3]).output.contains("500"))
    server.send(SIGKILL)
    _ = server.status()
    #expect(try until(500).compactMap(Self.number) == Array(1...500))
    server = try serve()
    try directory.append("app.jsonl", CommandDirectory.lines(501...600))
    let missing = Set(1...600).subtracting(try until(600).compactMap(Self.number))
    #expect(missing.isEmpty, "\(missing.sorted()) \(server.errors)")
    server.send(SIGTERM)
    #expect(server.status() == 0, "\(server.errors)")
    let doctor = try directory.stella(["doctor"])
    _ = doctor.status()
    #expect(doctor.output.contains("events are kept in"), "\(doctor.output)")
  }

  @Test("Where none are kept, that is said")
  func off() throws {
    try directory.write("stella.yaml", "retention: { events: 0s }\n")
    try directory.write("app.jsonl", "")
    let server = try serve()
    let through = try events([])
    #expect(through.status == 11 && through.errors.contains("retention"), "\(through)")
    server.send(SIGTERM)
    #expect(server.status() == 0)
    let without = try events([])
    #expect(without.status == 11 && without.errors.contains("stella serve"), "\(without)")
  }
}
