import Foundation
import Testing

@Suite("Commands through the server and without it", .serialized)
struct ServeParityTests {
  /// Every verb about runs, in one order, with what changes for the next; each is given the runs that wait.
  struct Step {
    var arguments: [String]
    var status: Int32
    /// Done to the target before.
    var change: String?

    init(_ arguments: [String], _ status: Int32, change: String? = nil) {
      (self.arguments, self.status, self.change) = (arguments, status, change)
    }
  }

  typealias Waiting = (id: String, digest: String)

  static func steps(repair: [Waiting], pair: Waiting, own: Waiting, alerts: [String]) -> [Step] {
    let why = ["--reason", "ticket \u{1b}[31m4711\u{202e}\nApprove exactly this plan:"]
    let json = ["--output", "json"]
    func approve(_ run: Waiting, _ digest: String? = nil) -> [String] {
      ["approvals", "approve", run.id, "--digest", digest ?? run.digest] + why
    }
    let deciding: [Step] = [
      Step(["whoami"], 0), Step(["whoami"] + json, 0), Step(["freeze", "status"], 0), Step(["freeze"] + json, 0),
      Step(["approvals", "list"], 0), Step(["approvals", "list", "--all"] + json, 0),
      Step(["approvals", "list", "--limit", "1"], 0),
      Step(["runs", "list", "--state", "awaiting", "--fix", "repair"], 0),
      Step(["runs", "list", "--state", "rollback-conflict"] + json, 0),
      Step(["approvals", "show", repair[0].id], 0), Step(["approvals", "show", repair[0].id, "--effects"], 0),
      Step(["approvals", "show", repair[0].id, "--diff", pair.id], 0),
      Step(["approvals", "show", repair[0].id, "--diff", "r-none"], 11),
      Step(["runs", "show", own.id] + json, 0), Step(["runs", "show", "r-none"], 11),
      Step(["runs", "show", "../r/%2e\u{1b}[2J"] + json, 11),
      Step(approve(repair[0], "000000000000"), 4), Step(approve(repair[0], "0000"), 4),
      Step(approve(repair[0], "no digest"), 4), Step(approve(own), 5), Step(approve(own) + json, 5),
      Step(approve(pair), 6), Step(approve(pair), 6), Step(approve(pair) + json, 6),
      Step(approve(repair[0]) + ["--break-glass"], 5), Step(approve((id: "r-none", digest: "000000000000")), 11),
      Step(["approvals", "reject", repair[0].id, "--digest", repair[0].digest] + why, 0),
      Step(approve(repair[0]), 4), Step(["approvals", "withdraw", repair[1].id] + why, 0),
      Step(["approvals", "withdraw", repair[1].id] + why, 4),
      Step(["approvals", "withdraw", repair[2].id] + why + json, 0),
      Step(["approvals", "replan", repair[3].id], 0), Step(["approvals", "replan", repair[3].id] + json, 0),
      Step(["approvals", "replan", repair[3].id], 4, change: "INSERT INTO jobs VALUES (99, 's4', 'stuck')"),
      Step(["approvals", "replan", "r-none"], 11), Step(["approvals", "review", pair.id] + why, 4),
      Step(["runs", "rollback", repair[0].id], 4), Step(["runs", "rollback", "r-none"], 11),
      Step(["runs", "reconcile", pair.id, "--applied"] + why, 4),
      Step(["runs", "reconcile", pair.id, "--not-applied"] + why + json, 4),
      Step(["runs", "accept", pair.id] + why, 4), Step(["freeze", "set"] + why, 0),
      Step(["freeze", "status"], 8), Step(["freeze"] + json, 8), Step(["runs", "list"], 0),
      Step(approve(repair[4]), 0), Step(approve(repair[4]), 0), Step(["runs", "show", repair[4].id], 0),
      Step(approve(repair[5]) + json, 0), Step(["approvals", "withdraw", repair[4].id] + why, 0),
      Step(["approvals", "withdraw", repair[5].id] + why, 0),
      Step(["approvals", "show", pair.id], 0), Step(["freeze", "clear"] + why, 0),
      Step(["runs", "list", "--limit", "100"] + json, 0), Step(["alerts", "list"], 0),
      Step(["alerts", "list", "--all", "--rule", "service.broken"] + json, 0),
      Step(["alerts", "list", "--limit", "1"], 0), Step(["alerts", "list", "--limit", "0"], 3),
      Step(["alerts", "list", "--rule", "no.such"], 0), Step(["alerts", "show", alerts[0]], 0),
      Step(["alerts", "show", String(alerts[1].prefix(12))] + json, 0), Step(["alerts", "show", "0000\u{1b}[2J"], 11),
      Step(["alerts", "ack", alerts[0]], 0), Step(["alerts", "ack", alerts[0]] + why, 0),
      Step(["alerts", "ack", "ffffffffffff"] + why, 11), Step(["alerts", "resolve", alerts[1]] + why, 0),
      Step(["alerts", "show", alerts[0]], 0),
      Step(["alerts", "silence", "service.broken", "--key", "service=a=b=c", "--for", "2h"] + why, 0),
      Step(["alerts", "silence", "service.broken", "--for", "31d"] + why, 3),
      Step(["alerts", "silence", "service.broke", "--for", "1d"] + why, 11),
      Step(["alerts", "silence", "service.broken", "--key", "a=1", "--key", "a=2", "--for", "1h"] + why, 3),
      Step(["alerts", "list", "--all"], 0), Step(["alerts", "unsilence", "1"], 0),
      Step(["alerts", "unsilence", "1"], 11), Step(["alerts", "list"] + json, 0),
    ]
    return deciding + planning
  }

  /// What a fix would change, and asking for it.
  private static var planning: [Step] {
    let json = ["--output", "json"]
    let plan = ["fixes", "plan", "repair", "--param"]
    return [
      Step(plan + ["service=s9"], 0), Step(plan + ["service=s9"] + json, 0), Step(["fixes", "plan", "repair"], 3),
      Step(plan + ["servise=s9"], 3), Step(plan + ["s9"], 3), Step(plan + ["service=s9", "--param", "service=s8"], 3),
      Step(["fixes", "plan", "repiar\u{1b}[2J"], 11), Step(["fixes", "plan", "none", "--propose"] + json, 11),
      Step(["runs", "list", "--fix", "repair"], 0), Step(plan + ["service=s9", "--propose"], 0),
      Step(plan + ["service=s10", "--propose"] + json, 0), Step(plan + ["service=nobody's", "--propose"], 0),
      Step(["approvals", "list"] + json, 0), Step(["runs", "list", "--limit", "3"], 0),
    ]
  }

  @Test("Every verb says the same, byte for byte but for the clock, and ends with the same status")
  func parity() throws {
    let scene = try ServeScene()
    let alerts = try scene.alerts(["s11", "s12", "s13"])
    let steps = Self.steps(
      repair: try (1...6).map { try scene.propose("repair", "s\($0)") }, pair: try scene.propose("pair", "s7"),
      own: try scene.propose("own", "s8"), alerts: alerts)
    try scene.keep()
    func all(_ way: [String]) throws -> [ServeScene.Said] {
      try scene.start()
      // The one verb that differs: only a server hands a run over to its runner.
      let execute = try scene.stella(["runs", "execute", steps[9].arguments[2]] + way)
      #expect(execute.status == (way.isEmpty ? 4 : 10), "\(execute)")
      let said = try steps.map { step in
        if let change = step.change { try scene.change(change) }
        return try scene.stella(step.arguments + way)
      }
      #expect(scene.stop() == 0)
      return said
    }
    let asked = try all([])
    try scene.restore()
    let direct = try all(["--local"])
    for (step, (one, other)) in zip(steps, zip(asked, direct)) {
      #expect(other.status == step.status, "\(step.arguments): \(other)")
      #expect(Self.timeless(one) == Self.timeless(other), "\(step.arguments)")
    }
  }

  /// With all times alike, and the ids of runs that were made on the way.
  static func timeless(_ said: ServeScene.Said) -> ServeScene.Said {
    func text(_ text: String) -> String {
      text.replacing(/\d{4}-\d\d-\d\d[ T]/, with: "").replacing(/\d\d:\d\d:\d\d(\.\d{9})?Z/, with: "TIME")
        .replacing(/in \d+ (s|min|h|d)\b/, with: "in TIME").replacing(/\d+ (ms|s|min|h|d) ago/, with: "TIME ago")
        .replacing(/r-[0-9a-f]{8}/, with: "RUN")
    }
    return ServeScene.Said(status: said.status, output: text(said.output), errors: text(said.errors))
  }

  @Test("Screens are laid out for the terminal of who asks, in its colours", arguments: [48, 100])
  func terminal(columns: UInt16) throws {
    let scene = try ServeScene()
    let run = try scene.propose("repair", "s1")
    try scene.start()
    for arguments in [
      ["approvals", "show", run.id, "--effects"], ["approvals", "list"], ["whoami"], ["freeze", "status"],
    ] {
      for color in ["", "1"] {
        let ways = try [[], ["--local"]].map { way in
          try Self.onTerminal(arguments + way, columns, ["NO_COLOR": color, "TERM": "xterm"], scene.directory)
        }
        #expect(ways[0] == ways[1] && !ways[0].isEmpty)
        if arguments[1...].first == "show" { #expect(ways[0].contains("\u{1b}[") == color.isEmpty) }
      }
    }
    #expect(scene.stop() == 0)
  }

  /// What a command writes to a terminal, with times alike.
  static func onTerminal(
    _ arguments: [String], _ columns: UInt16, _ environment: [String: String], _ directory: CommandDirectory
  ) throws -> String {
    var (main, sub): (Int32, Int32) = (-1, -1)
    var size = winsize(ws_row: 50, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    try #require(openpty(&main, &sub, nil, nil, &size) == 0)
    let terminal = FileHandle(fileDescriptor: sub, closeOnDealloc: false)
    let process = try directory.stella(arguments, output: terminal, environment: environment)
    close(sub)
    defer { close(main) }
    var text: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(main, &buffer, buffer.count)
      guard count > 0 else { break }
      text += buffer[..<count]
    }
    #expect(process.status() == 0, "\(process.errors)")
    return timeless(.init(status: 0, output: String(decoding: text, as: UTF8.self), errors: "")).output
  }
}
