import Foundation
import Testing

/// With the real journalctl, over files that the real systemd-journal-remote writes; where they aren't installed, it is said.
@Suite("systemd's journal that a server reads", .serialized)
struct ServeJournaldTests {
  private static let writer = "/lib/systemd/systemd-journal-remote"
  private let directory: CommandDirectory
  private let isInstalled: Bool

  init() throws {
    directory = try CommandDirectory()
    isInstalled = [Self.writer, "/usr/bin/journalctl"].allSatisfy(FileManager.default.isExecutableFile(atPath:))
    if !isInstalled { print("left out: systemd-journal-remote is not installed") }
    try FileManager.default.createDirectory(atPath: directory("journal"), withIntermediateDirectories: true)
    try directory.write(
      "stella.yaml", "journald: { directory: journal, units: [shop.service], from: start }\n")
  }

  /// Adds entries with these numbers to the journal.
  private func write(
    _ numbers: ClosedRange<Int>, unit: String = "shop.service", from microseconds: Int = 1_767_323_045_000_000
  ) throws {
    let entries = numbers.map { number in
      """
      __REALTIME_TIMESTAMP=\(microseconds + number)
      __MONOTONIC_TIMESTAMP=\(1000 + number)
      _BOOT_ID=0123456789abcdef0123456789abcdef
      PRIORITY=3
      _SYSTEMD_UNIT=\(unit)
      MESSAGE=seq=\(number) level=error

      """
    }
    try directory.write("entries", entries.joined(separator: "\n") + "\n")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Self.writer)
    process.arguments = ["-o", directory("journal/shop.journal"), directory("entries")]
    process.standardError = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
  }

  private func serve() throws -> StellaProcess {
    let server = try directory.stella(["serve", "--output", "json"])
    try #require(server.until { $0.errors.contains("reading systemd's journal") }, "\(server.errors)")
    return server
  }

  @Test("Entries come to alerts once each, also what was written while the server was killed, and other units' don't")
  func once() throws {
    if !isInstalled { return }
    try write(1...40)
    try write(1...5, unit: "other.service")
    var seen: [Int] = []
    for round in 0..<4 {
      let server = try serve()
      let last = 40 + 20 * round
      #expect(server.until { $0.sequence.contains(last) }, "round \(round): \(server.errors)")
      server.send(round % 2 == 0 ? SIGKILL : SIGTERM)
      _ = server.status()
      seen += server.sequence
      try write(last + 1...last + 20)
    }
    // An alert may be printed again after a kill, under the same id; it is one alert.
    #expect(Set(seen) == Set(1...100), "\(Set(1...100).subtracting(seen))")
    let listed = try directory.stella(["alerts", "list", "--all", "--output", "json"])
    _ = listed.status()
    #expect(listed.lines.count <= 120 && listed.lines.count >= 100, "\(listed.lines.count)")
  }

  @Test("A line that a sender put a cursor in moves nothing")
  func foreign() throws {
    if !isInstalled { return }
    try write(1...40)
    let first = try serve()
    #expect(first.until { $0.sequence.contains(40) }, "\(first.errors)")
    first.send(SIGTERM)
    #expect(first.status() == 0, "\(first.errors)")
    let segments = try #require(FileManager.default.enumerator(atPath: directory.path)).compactMap { $0 as? String }
      .filter { $0.contains("intake/") && $0.hasSuffix(".log") }
    // As a request or a message of syslog would.
    try directory.append(try #require(segments.max()), #"{"message":"m","a":{"__CURSOR":"s=1"}}"# + "\n")
    try write(41...60)
    let second = try serve()
    #expect(second.until { $0.sequence.contains(60) }, "\(second.errors)")
    second.send(SIGTERM)
    #expect(second.status() == 0, "\(second.errors)")
    #expect((first.sequence + second.sequence).sorted() == Array(1...60))
  }

  @Test("What comes after the first start is read, also when the server ends before the first entry")
  func start() throws {
    if !isInstalled { return }
    try directory.write("stella.yaml", "journald: { directory: journal, units: [shop.service] }\n")
    try write(1...5, from: 1_600_000_000_000_000)
    let first = try serve()
    first.send(SIGTERM)
    #expect(first.status() == 0, "\(first.errors)")
    try write(6...10, from: Int(Date().timeIntervalSince1970 * 1_000_000))
    let second = try serve()
    #expect(second.until { $0.sequence.contains(10) }, "\(second.errors)")
    second.send(SIGTERM)
    #expect(second.status() == 0, "\(second.errors)")
    #expect((first.sequence + second.sequence).sorted() == Array(6...10))
  }

  @Test("A journalctl that can't run is told once, with what it says, and is tried again")
  func broken() throws {
    if !isInstalled { return }
    try directory.write("stella.yaml", "journald: { directory: nowhere }\n")
    let server = try directory.stella(["serve"])
    #expect(server.until { $0.errors.contains("journald: journalctl says:") }, "\(server.errors)")
    server.send(SIGTERM)
    #expect(server.status() == 0, "\(server.errors)")
    #expect(server.errors.ranges(of: "journalctl says").count == 1, "\(server.errors)")
  }
}
