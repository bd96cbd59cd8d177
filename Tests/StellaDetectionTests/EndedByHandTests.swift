import StellaModel
import Testing

@testable import StellaDetection

/// A person says that an alert is over while it fires: what comes then is news, and what came before is not.
@Suite("Alerts that people have resolved")
struct EndedByHandTests {
  /// One rule and its events, one by one; with `reopens` every one is followed by a restart.
  private final class Scene {
    private var stream: DetectModelStream
    private let reopens: Bool
    private(set) var told: [Alert] = []

    init(_ rule: String, reopens: Bool) throws {
      stream = try DetectModelStream(DetectModelStream.rule("r", rule), lateness: 0)
      self.reopens = reopens
    }

    /// Events of key `a`, or of the key that they name. Returns what fires with them.
    @discardableResult
    func feed(_ events: (Double, String)...) throws -> [Alert] {
      var fired: [Alert] = []
      for (second, members) in events {
        let key = members.contains("\"k\"") ? "" : "\"k\":\"a\","
        fired += take(stream.feed([DetectModelStream.line(second, key + members)]))
        try restart()
      }
      return fired
    }

    private func take(_ alerts: [Alert]) -> [Alert] {
      told += alerts
      return alerts.filter { $0.status == .firing }
    }

    private func restart() throws { if reopens { stream = try stream.reopened() } }

    func resolve(_ alert: Alert) throws -> [Alert] {
      let closing = AlertClosing(alert: alert.id, rule: alert.rule, by: "user:mara", time: 0)
      let (alerts, ended) = stream.pipeline.endByHand([closing])
      #expect(ended == (alerts.isEmpty ? [] : [closing]))
      try restart()
      return alerts
    }

    /// Resolves an alert that fires, and expects that it is told once.
    func expectEnd(of alert: Alert) throws {
      let ends = try resolve(alert)
      #expect(ends.map(\.id) == [alert.id] && ends.map(\.status) == [.resolved])
      #expect(ends.map(\.revision) == [alert.revision + 1] && ends.map(\.resolvedBecause) == [.byHand])
      #expect(stream.detector.openAlerts == 0 && stream.detector.firingAlerts.isEmpty)
      let decision = stream.detector.decisions.decisions.last
      #expect(decision?.kind == .resolved && decision?.alert == alert.id)
      #expect(decision?.reason.hasPrefix("user:mara said that it is over, after ") == true, "\(decision as Any)")
      // It is over: nothing is left to resolve.
      #expect(try resolve(alert).isEmpty)
    }
  }

  @Test(
    "A threshold counts from nothing, within suppress_for as well, and the next alert is another",
    arguments: ["", ", window = \"from_first\"", ", distinct = \"v\""], [false, true])
  func threshold(kind: String, reopens: Bool) throws {
    let scene = try Scene(
      "threshold = { count = 3, within = \"1h\"\(kind) }, suppress_for = \"2h\", keep_firing = \"1h\"", reopens: reopens
    )
    let first = try #require(try scene.feed((0, "\"v\":0"), (1, "\"v\":1"), (2, "\"v\":2")).first)
    #expect(try scene.feed((3, "\"v\":3"), (4, "\"v\":4"), (5, "\"v\":5")).isEmpty)
    try scene.expectEnd(of: first)
    #expect(try scene.feed((6, "\"v\":0"), (7, "\"v\":1")).isEmpty)
    let second = try #require(try scene.feed((8, "\"v\":2")).first)
    #expect(second.id != first.id && second.firstSeconds == 6 && second.revision == first.revision)
    // And it has a life of its own.
    #expect(try scene.feed((9, "\"v\":3")).isEmpty)
    try scene.expectEnd(of: second)
    #expect(try scene.resolve(first).isEmpty)
  }

  @Test("The alert of another key goes on, and one of the same time has another id", arguments: [false, true])
  func keys(reopens: Bool) throws {
    let scene = try Scene("threshold = { count = 1, within = \"1m\" }, suppress_for = \"1h\"", reopens: reopens)
    let first = try #require(try scene.feed((0, "\"v\":1")).first)
    let other = try #require(try scene.feed((0, "\"k\":\"b\"")).first)
    #expect(try scene.resolve(first).map(\.id) == [first.id])
    #expect(try scene.feed((0, "\"k\":\"b\"")).isEmpty)
    let second = try #require(try scene.feed((0, "\"v\":1")).first)
    #expect(Set([first.id, second.id, other.id]).count == 3)
  }

  @Test(
    "A key that begins anew gives its room to others",
    arguments: ["", ", window = \"from_first\"", ", distinct = \"v\""])
  func room(kind: String) throws {
    let scene = try Scene("threshold = { count = 1, within = \"1h\"\(kind) }, suppress_for = \"2h\"", reopens: false)
    let first = try #require(try scene.feed((0, "\"v\":1")).first)
    try scene.expectEnd(of: first)
    for key in 0..<40 { #expect(try scene.feed((1, "\"k\":\"b\(key)\",\"v\":1")).count == 1) }
    let second = try #require(try scene.feed((2, "\"v\":1")).first)
    #expect(second.keyText == "a" && second.id != first.id)
  }

  @Test("hold has to pass anew", arguments: [false, true])
  func hold(reopens: Bool) throws {
    let scene = try Scene(
      "threshold = { count = 1, within = \"1h\" }, hold = \"10s\", suppress_for = \"1h\"", reopens: reopens)
    let first = try #require(try scene.feed((0, "\"v\":1"), (10, "\"v\":1")).first)
    try scene.expectEnd(of: first)
    #expect(try scene.feed((11, "\"v\":1"), (20, "\"v\":1")).isEmpty)
    #expect(try scene.feed((21, "\"v\":1")).count == 1)
  }

  @Test("Half a sequence is forgotten", arguments: [false, true])
  func sequence(reopens: Bool) throws {
    let scene = try Scene(
      """
      sequence = { within = "1m", { name = "fails", match = [[e == "f"]], times = 2 },
        { name = "login", match = [[e == "s"]] } }, suppress_for = "1h"
      """, reopens: reopens)
    let (fail, login) = ("\"e\":\"f\"", "\"e\":\"s\"")
    let first = try #require(try scene.feed((0, fail), (1, fail), (2, login)).first)
    try scene.feed((3, fail), (4, fail))
    try scene.expectEnd(of: first)
    #expect(try scene.feed((5, login), (6, fail), (7, login)).isEmpty)
    let second = try #require(try scene.feed((8, fail), (9, login)).first)
    #expect(second.id != first.id && second.firstSeconds == 6)
  }

  @Test("A sequence that waits for what must not come begins anew", arguments: [false, true])
  func waitingSequence(reopens: Bool) throws {
    let scene = try Scene(
      """
      sequence = { within = "10s", { name = "deploy", match = [[e == "d"]] },
        { name = "done", match = [[e == "x"]], absent = true } }, suppress_for = "1h"
      """, reopens: reopens)
    let (deploy, other) = ("\"e\":\"d\"", "\"e\":\"z\"")
    let first = try #require(try scene.feed((0, deploy), (12, other)).first)
    try scene.feed((13, deploy))
    try scene.expectEnd(of: first)
    #expect(try scene.feed((30, other)).isEmpty)
    #expect(try scene.feed((40, deploy), (60, other)).map(\.id).filter { $0 != first.id }.count == 1)
  }

  @Test("The windows of a script count from nothing, and its own values stay", arguments: [false, true])
  func script(reopens: Bool) throws {
    let scene = try Scene(
      """
      state = { n = window.count("1h"), total = 0 }, suppress_for = "1h",
      on = function(e, s)
        s.n:add(e)
        s.total = s.total + 1
        if s.n:count() >= 3 then return alert { value = s.n:count(), expected = s.total } end
      end
      """, reopens: reopens)
    let first = try #require(try scene.feed((0, "\"v\":1"), (1, "\"v\":1"), (2, "\"v\":1")).first)
    try scene.expectEnd(of: first)
    #expect(try scene.feed((3, "\"v\":1"), (4, "\"v\":1")).isEmpty)
    let second = try #require(try scene.feed((5, "\"v\":1")).first)
    #expect(second.id != first.id && second.value == .integer(3) && second.expected == .integer(6))
  }

  private static let checked = """
    state = { n = window.count("1m"), level = 0 }, on = function(e, s) s.n:add(e) s.level = e.v or s.level end,
    every = "10s", keep_firing = "1h",
    check = function(s) if s.n:count() >= 3 and s.level > 0 then return alert { value = s.n:count() } end end
    """

  @Test("What checks find counts again when their windows hold nothing from before", arguments: [false, true])
  func checks(reopens: Bool) throws {
    let scene = try Scene(Self.checked, reopens: reopens)
    let first = try #require(try scene.feed((0, "\"v\":1"), (1, "\"v\":1"), (2, "\"v\":1"), (11, "\"v\":1")).first)
    try scene.expectEnd(of: first)
    var fired: [Alert] = []
    for second in stride(from: 21.0, through: 101, by: 10) { fired += try scene.feed((second, "\"v\":1")) }
    // The minute was over at 71.
    #expect(fired.map(\.lastSeconds) == [80] && fired.map(\.id) != [first.id])
    #expect(scene.told.map(\.status) == [.firing, .firing])
  }

  @Test("What checks find counts again at once when one of them has found nothing", arguments: [false, true])
  func checksThatFoundNothing(reopens: Bool) throws {
    let scene = try Scene(Self.checked, reopens: reopens)
    let first = try #require(try scene.feed((0, "\"v\":1"), (1, "\"v\":1"), (2, "\"v\":1"), (11, "\"v\":1")).first)
    try scene.expectEnd(of: first)
    let fired = try scene.feed((21, "\"v\":0"), (31, "\"v\":1"), (41, "\"v\":1"))
    #expect(fired.map(\.lastSeconds) == [40])
  }

  @Test("Checks that remember without a window find nothing anew before something new comes", arguments: [false, true])
  func checksWithoutWindows(reopens: Bool) throws {
    let scene = try Scene(
      """
      state = { level = 0 }, on = function(e, s) s.level = e.v end, every = "10s",
      check = function(s) if s.level > 5 then return alert { value = s.level } end end
      """, reopens: reopens)
    let other = "\"k\":\"b\",\"v\":0"
    let first = try #require(try scene.feed((0, "\"v\":9"), (11, other)).first)
    try scene.expectEnd(of: first)
    for second in stride(from: 21.0, through: 101, by: 10) { #expect(try scene.feed((second, other)).isEmpty) }
    #expect(try scene.feed((105, "\"v\":9"), (111, other)).map(\.lastSeconds) == [110])
  }

  @Test("A key that stays away is told of again when it has been there in between", arguments: [false, true])
  func absence(reopens: Bool) throws {
    let scene = try Scene("absence = { every = \"10s\" }", reopens: reopens)
    let first = try #require(try scene.feed((0, "\"v\":1"), (9, "\"k\":\"b\""), (11, "\"k\":\"b\"")).first)
    #expect(first.keyText == "a")
    try scene.expectEnd(of: first)
    for second in stride(from: 20.0, through: 60, by: 9) { #expect(try scene.feed((second, "\"k\":\"b\"")).isEmpty) }
    #expect(try scene.feed((61, "\"v\":1"), (62, "\"k\":\"b\""), (70, "\"k\":\"b\"")).isEmpty)
    let second = try #require(try scene.feed((72, "\"k\":\"b\"")).first)
    #expect(second.keyText == "a" && second.id != first.id)
    #expect(scene.told.map(\.status) == [.firing, .firing])
  }
}
