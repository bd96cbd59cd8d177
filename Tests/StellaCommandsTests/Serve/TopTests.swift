import Foundation
import Testing

@Suite("stella top", .serialized)
struct TopTests {
  private static func line(_ number: Int) -> String {
    "{\"ts\":\(1_750_000_000 + number),\"level\":\"error\",\"service\":\"s\(number)\",\"message\":\"broken\"}\n"
  }

  private static func objects(_ text: String) throws -> [[String: Any]] {
    try text.split(separator: "\n").map { line in
      try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
  }

  /// A terminal with a `stella top` on it.
  private final class Session {
    let process: StellaProcess
    private let main: Int32
    private(set) var text = ""

    init(_ scene: ServeScene, _ arguments: [String] = [], columns: UInt16 = 100) throws {
      var side: Int32 = -1
      var main: Int32 = -1
      var size = winsize(ws_row: 20, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
      try #require(openpty(&main, &side, nil, nil, &size) == 0)
      self.main = main
      let terminal = FileHandle(fileDescriptor: side, closeOnDealloc: true)
      process = try scene.directory.stella(
        ["top"] + arguments, input: .handle(terminal), output: terminal, environment: ["NO_COLOR": "", "TERM": "xterm"])
    }

    deinit { close(main) }

    func press(_ keys: String) { _ = keys.withCString { write(main, $0, strlen($0)) } }

    /// Reads until `part` is there, or nothing comes any more.
    func until(_ part: String) -> Bool {
      while !text.contains(part) {
        var request = pollfd(fd: main, events: Int16(POLLIN), revents: 0)
        guard poll(&request, 1, Int32(StellaProcess.patience * 1000)) > 0 else { return false }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = read(main, &buffer, buffer.count)
        guard count > 0 else { return false }
        text += String(decoding: buffer[..<count], as: UTF8.self)
      }
      return true
    }
  }

  @Test("It tells what the rules of the running server have seen and hold, as JSON and as a table")
  func figures() throws {
    let scene = try ServeScene()
    try scene.directory.write(
      "Rules/failing.lua",
      """
      return rule { api = 1, id = "service.failing", title = "Failing", severity = "low", where = [[message == "broken"]],
        on = function(e, s) error("no \\27[2J") end }

      """)
    try scene.start()
    try scene.directory.append("app.jsonl", (1...7).map(Self.line).joined())
    let server = try #require(scene.server)
    #expect(server.until { $0.errors.contains("service.failing rests") }, "\(server.errors)")
    let said = try scene.expect(["top", "--output", "json"], 0)
    #expect(said.errors.isEmpty)
    let objects = try Self.objects(said.output)
    try #require(objects.count == 3)
    #expect(objects[0]["kind"] as? String == "engine" && objects[0]["events"] as? Int == 7)
    #expect(objects[0]["rules"] as? Int == 2 && objects[0]["resting"] as? Int == 1)
    #expect(objects[0]["resident_bytes"] as? Int ?? 0 > 1 << 20 && objects[0]["cpu_share"] as? Double ?? -1 >= 0)
    let rules = Dictionary(uniqueKeysWithValues: objects.dropFirst().map { ($0["rule"] as? String ?? "", $0) })
    let broken = try #require(rules["service.broken"])
    #expect(broken["matched"] as? Int == 7 && broken["keys"] as? Int == 7 && broken["alerts"] as? Int == 7)
    let failing = try #require(rules["service.failing"])
    #expect(failing["resting"] as? Bool == true && failing["script_failures"] as? Int == 5, "\(failing)")
    // What happens while it is asked is counted beside.
    try scene.directory.append("app.jsonl", (11...13).map(Self.line).joined())
    #expect(server.until { $0.output.components(separatedBy: "Broken").count > 10 })
    let table = try scene.expect(["top", "--once", "--sort", "rule"], 0).output
    #expect(table.contains("RULE*") && table.contains("2 rules active   1 resting"), "\(table)")
    #expect(table.contains(#/warning  service\.failing rests until .*no \\/#) && !table.contains("\u{1b}"), "\(table)")
    #expect(table.contains(#/\nservice\.broken .* ok\nservice\.failing .* rests\n/#), "\(table)")
    let one = try scene.expect(["top", "--once", "--limit", "1", "--sort", "keys"], 0).output
    #expect(one.contains("service.broken ") && one.hasSuffix("… 1 more rule\n"), "\(one)")
    #expect(scene.stop() == 0)
  }

  @Test("Where no server runs it says what to do, and who has the state if somebody has")
  func alone() throws {
    let scene = try ServeScene()
    for arguments in [["top"], ["top", "--state", "gone"], ["top", "--once", "--output", "json"]] {
      let said = try scene.stella(arguments)
      #expect(said.status == 11 && said.errors.contains("no server runs on"), "\(said)")
      #expect(said.errors.contains("stella serve FILE") && said.output.isEmpty)
    }
    let watch = try scene.directory.stella(["watch", "app.jsonl"])
    #expect(watch.until { $0.errors.contains("watching app.jsonl") })
    let said = try scene.stella(["top"])
    #expect(said.status == 11 && said.errors.contains("stella watch (pid \(watch.id)) runs on .stella"), "\(said)")
    watch.send(SIGINT)
    #expect(watch.status() == 130)
    #expect(try scene.stella(["top"]).errors.contains("no server runs on"))
    for wrong in [["--every", "0s"], ["--every", "soon"], ["--sort", "size"], ["--limit", "-1"]] {
      #expect(try scene.stella(["top"] + wrong).status == 3, "\(wrong)")
    }
  }

  @Test("On a terminal it takes the other screen, sorts when s is pressed, and gives everything back with q")
  func screen() throws {
    let scene = try ServeScene()
    try scene.start()
    try scene.directory.append("app.jsonl", (1...3).map(Self.line).joined())
    let session = try Session(scene, ["--every", "1s"])
    #expect(session.until("CPU*") && session.text.hasPrefix("\u{1b}[?1049h"), "\(session.text)")
    session.press("s")
    #expect(session.until("EVENTS/S*") && session.until("now by events"))
    session.press("q")
    #expect(session.process.status() == 0, "\(session.process.errors)")
    #expect(session.until("\u{1b}[?1049l"))
    #expect(scene.stop() == 0)
  }

  @Test("A signal and the end of the server give the terminal back as well", arguments: [SIGINT, SIGTERM, SIGHUP, 0])
  func ends(signal: Int32) throws {
    let scene = try ServeScene()
    try scene.start()
    let session = try Session(scene)
    #expect(session.until("CPU*"))
    if signal == 0 { #expect(scene.stop() == 0) } else { session.process.send(signal) }
    // The server ends while it is asked, or is gone when it is.
    #expect((signal == 0 ? [10, 11] : [130]).contains(session.process.status()), "\(session.process.errors)")
    #expect(session.until("\u{1b}[?25h\u{1b}[?1049l"))
    if signal != 0 { #expect(scene.stop() == 0) }
  }
}
