import StellaModel
import Testing

@testable import StellaDetection

@Suite("Sequences")
struct SequenceTests {
  private static func rule(_ sequence: String, _ keys: String = "suppress_for = \"0s\"") -> String {
    """
    return rule { api = 1, id = "s", title = "S", severity = "low", by = { "k" }, \(keys),
      sequence = { \(sequence) } }
    """
  }

  /// Runs letters as events of one key, one a second and key; digits before a letter are the second.
  private func seconds(
    _ sequence: String, _ events: String, keys: String = "suppress_for = \"0s\"", advance: Double? = 1000
  ) throws -> [Double] {
    try run(sequence, events, keys: keys, advance: advance).fired.map {
      Double($0.lastSeen - DetectStream.start) / 1e9
    }
  }

  private func run(
    _ sequence: String, _ events: String, keys: String = "suppress_for = \"0s\"", advance: Double? = 1000
  ) throws -> DetectStream.Outcome {
    var stream = DetectStream()
    for word in events.split(separator: " ") {
      let time = word.prefix { $0.isNumber }
      let rest = word.dropFirst(time.count)
      stream.add(
        Double(time)!, "\"k\":\"\(rest.dropFirst().isEmpty ? "k" : rest.dropFirst())\",\"e\":\"\(rest.first!)\"")
    }
    return try stream.run([SequenceTests.rule(sequence, keys)], advance: advance)
  }

  private static let failsThenLogin = """
    within = "10s", { name = "fails", match = [[e == "f"]], times = 3 }, { name = "login", match = [[e == "s"]] }
    """

  @Test(
    "N failures and then a login match, with anything between",
    arguments: [
      ("0f 1f 2f 3s", [3]), ("0f 1x 2f 3x 4f 5x 6s", [6]), ("0f 1f 3s", []), ("0s 1f 2f 3f", []),
      ("0f 1f 2f 11s", []), ("0f 1f 2f 10s", [10]),
      // Of more failures the newest count.
      ("0f 1f 2f 8f 9f 15s", []), ("0f 5f 6f 7f 15s", [15]), ("0f 5f 6f 7f 16s", []),
      // A match begins anew.
      ("0f 1f 2f 3s 4s", [3]), ("0f 1f 2f 3s 4f 5f 6f 7s", [3, 7]), ("0f 1f 2f 3s 4f 5f 6s", [3]),
      // Keys don't mix.
      ("0fa 1fb 2fa 3fb 4fa 5sb 6sa", [6]),
    ] as [(String, [Double])])
  func failuresThenLogin(events: String, fired: [Double]) throws {
    #expect(try seconds(SequenceTests.failsThenLogin, events) == fired)
  }

  private static let deploy = """
    within = "10s", { name = "deploy", match = [[e == "d"]] },
    { name = "rollback", match = [[e == "r"]], absent = true }, { name = "error", match = [[e == "x"]], times = 2 }
    """

  @Test(
    "an absent step between two others breaks the run that waits for the later one",
    arguments: [
      ("0d 1x 2x", [2]), ("0d 1r 2x 3x", []), ("0d 1x 2r 3x", []), ("0d 1r 2d 3x 4x", [4]), ("0r 1d 2x 3x 4r", [3]),
      // Only a run that is still in time can be broken.
      ("0d 1x 20r 21d 22x 23x", [23]),
    ] as [(String, [Double])])
  func absentBetween(events: String, fired: [Double]) throws {
    #expect(try seconds(SequenceTests.deploy, events) == fired)
  }

  @Test(
    "an absent step breaks no run that has come further, and none that has not come so far",
    arguments: [
      ("0a 1c 2b 3d", [3]), ("0a 1b 2c 3d", []), ("0b 1a 2c 3d", [3]),
    ] as [(String, [Double])])
  func absentElsewhere(events: String, fired: [Double]) throws {
    let sequence = """
      within = "10s", { name = "a", match = [[e == "a"]] }, { name = "b", match = [[e == "b"]], absent = true },
      { name = "c", match = [[e == "c"]] }, { name = "d", match = [[e == "d"]] }
      """
    #expect(try seconds(sequence, events) == fired)
  }

  private static func unanswered(_ within: String = "") -> String {
    """
    within = "10s", { name = "asked", match = [[e == "a"]] },
    { name = "answered", match = [[e == "r"]], absent = true\(within) }
    """
  }

  @Test(
    "an absent last step fires once its time is over without it",
    arguments: [
      ("0a", [10]), ("0a 10r", []), ("0a 11r", [10]), ("0a 3r", []), ("0a 5a 30x", [10]), ("0a 3r 4a", [14]),
      ("0a 12a 15r", [10]), ("0r 1a", [11]),
    ] as [(String, [Double])])
  func absentLast(events: String, fired: [Double]) throws {
    #expect(try seconds(SequenceTests.unanswered(), events) == fired)
  }

  @Test("an absent last step with a time of its own waits that long from the end of the step before")
  func absentLastWithin() throws {
    let sequence = SequenceTests.unanswered(", within = \"2s\"")
    #expect(try seconds(sequence, "0a 2r 5a 8r 20a") == [7, 22])
  }

  @Test("before the watermark has passed its time, nothing is over")
  func absentWaitsForTheWatermark() throws {
    #expect(try seconds(SequenceTests.unanswered(), "0a 10x", advance: nil) == [])
    #expect(try seconds(SequenceTests.unanswered(), "0a 11x", advance: nil) == [10])
    var stream = DetectStream()
    for (second, letter) in [(0.0, "a"), (12.0, "x"), (9.0, "r"), (40.0, "x")] {
      stream.add(second, "\"k\":1,\"e\":\"\(letter)\"")
    }
    let rule = SequenceTests.rule(SequenceTests.unanswered())
    #expect(try stream.run([rule], lateness: 5 * DetectStream.second).fired.isEmpty)
    #expect(try stream.run([rule], lateness: 1 * DetectStream.second).fired.count == 1)
  }

  @Test(
    "steps in any order match in any order, each as often as it takes",
    arguments: [
      ("0a 1b 2b", [2]), ("0b 1b 2a", [2]), ("0b 1a 2b", [2]), ("0a 1b", []), ("0a 1b 12b", []), ("0b 1b 12a", []),
      ("0b 9b 10a 11a 12b 13b", [10, 13]),
    ] as [(String, [Double])])
  func anyOrder(events: String, fired: [Double]) throws {
    let sequence = """
      within = "10s", ordered = false, { name = "a", match = [[e == "a"]] },
      { name = "b", match = [[e == "b"]], times = 2 }
      """
    #expect(try seconds(sequence, events) == fired)
  }

  @Test(
    "in any order an absent step must not come before the time is over",
    arguments: [
      ("0a 1b", [10]), ("0a 1c 2b", []), ("0c 1a 2b", [11]), ("0a 1b 10c", []), ("0a 1b 11c", [10]),
    ] as [(String, [Double])])
  func anyOrderAbsent(events: String, fired: [Double]) throws {
    let sequence = """
      within = "10s", ordered = false, { name = "a", match = [[e == "a"]] },
      { name = "c", match = [[e == "c"]], absent = true }, { name = "b", match = [[e == "b"]] }
      """
    #expect(try seconds(sequence, events) == fired)
  }

  @Test(
    "a step's own time counts from the end of the step before it",
    arguments: [
      ("0a 2b 3c", [3]), ("0a 3b 4c", []), ("0a 3a 4b 5c", [5]), ("0a 2b 9b 10c", [10]),
    ] as [(String, [Double])])
  func stepWithin(events: String, fired: [Double]) throws {
    let sequence = """
      within = "10s", { name = "a", match = [[e == "a"]] }, { name = "b", match = [[e == "b"]], within = "2s" },
      { name = "c", match = [[e == "c"]] }
      """
    #expect(try seconds(sequence, events) == fired)
  }

  @Test("an event takes one place in a run")
  func oneEventOnePlace() throws {
    let sequence = "within = \"10s\", { name = \"a\", match = [[e == \"a\"]] }, { name = \"b\", match = [[e ~= nil]] }"
    #expect(try seconds(sequence, "0a 1a 2x 3a 4x") == [1, 4])
  }

  @Test("where applies to every step, and cancel_on to every event of the key")
  func whereAndCancel() throws {
    let keys = "suppress_for = \"0s\", where = [[k ~= \"b\" and e ~= \"c\"]], cancel_on = [[e == \"c\"]]"
    #expect(try seconds(SequenceTests.failsThenLogin, "0fb 1fb 2fb 3sb", keys: keys) == [])
    #expect(try seconds(SequenceTests.failsThenLogin, "0f 1f 2f 3s", keys: keys) == [3])
    #expect(try seconds(SequenceTests.failsThenLogin, "0f 1f 2f 3c 4s", keys: keys) == [])
    #expect(try seconds(SequenceTests.failsThenLogin, "0f 1f 2f 3cx 4s", keys: keys) == [4])
    #expect(try seconds(SequenceTests.unanswered(), "0a 1c", keys: keys) == [])
  }

  @Test("with hold a match fires by itself, unless it is cancelled, and a firing alert is not")
  func hold() throws {
    let keys = "hold = \"5s\", cancel_on = [[e == \"c\"]]"
    let held = try run(SequenceTests.failsThenLogin, "0f 1f 2f 3s 9x", keys: keys, advance: nil)
    #expect(held.fired.count == 1)
    #expect(try run(SequenceTests.failsThenLogin, "0f 1f 2f 3s 7x", keys: keys, advance: nil).fired.isEmpty)
    #expect(try run(SequenceTests.failsThenLogin, "0f 1f 2f 3s 7c 20x", keys: keys).transitions.isEmpty)
    let firing = try run(SequenceTests.failsThenLogin, "0f 1f 2f 3s 9c 11x", keys: keys, advance: 0)
    #expect(firing.transitions.map(\.status) == [.firing] && firing.detector("s")?.firingAlerts.count == 1)
    let resolved = try run(SequenceTests.failsThenLogin, "0f 1f 2f 3s 9x", keys: keys)
    #expect(resolved.transitions.map(\.status) == [.firing, .resolved])
  }

  @Test("cancel_on drops what a threshold and a script have collected for the key")
  func cancelElsewhere() throws {
    func fired(_ keys: String, _ events: String) throws -> Int {
      var stream = DetectStream()
      for (second, letter) in events.enumerated() { stream.add(Double(second), "\"k\":1,\"e\":\"\(letter)\"") }
      let rule = """
        return rule { api = 1, id = "s", title = "S", severity = "low", where = [[e == "f"]], by = { "k" },
          cancel_on = [[e == "c"]], \(keys) }
        """
      return try stream.run([rule]).fired.count
    }
    for kind in ["", ", window = \"from_first\""] {
      #expect(try fired("threshold = { count = 3, within = \"1m\"\(kind) }", "ffxf") == 1)
      #expect(try fired("threshold = { count = 3, within = \"1m\"\(kind) }", "ffcf") == 0)
      #expect(try fired("threshold = { count = 3, within = \"1m\"\(kind) }", "ffcfff") == 1)
    }
    let script = """
      state = { n = window.count("1m"), own = 0 }, on = function(e, s)
        s.n:add(e) s.own = s.own + 1
        if s.n:count() == 3 and s.own == 3 then return alert {} end
      end
      """
    #expect(try fired(script, "ffxf") == 1 && fired(script, "ffcf") == 0 && fired(script, "ffcfff") == 1)
  }

  @Test("a match says without Lua what happened, to whom, and when")
  func defaultAlert() throws {
    var stream = DetectStream()
    for (second, fields) in [
      "\"e\":\"f\",\"user\":\"amy\"", "\"e\":\"f\",\"user\":\"bob\"", "\"e\":\"x\"", "\"e\":\"f\",\"user\":\"amy\"",
      "\"e\":\"s\",\"user\":\"eve\"",
    ].enumerated() {
      stream.add(Double(second), "\"k\":1,\"message\":\"m\(second)\",\(fields)")
    }
    let rule = SequenceTests.rule(SequenceTests.failsThenLogin, "affected = \"user\"")
    let alert = try #require(try stream.run([rule]).fired.first)
    #expect(alert.summary == "S (k 1): 3 × fails, then login within 10s")
    #expect(alert.count == 4 && alert.value == .integer(4))
    #expect(alert.firstSeen == DetectStream.start && alert.lastSeen == DetectStream.start + 4 * DetectStream.second)
    #expect(alert.evidence.map(\.message) == ["m0", "m1", "m3", "m4"])
    #expect(alert.affectedUsers == ["eve", "amy", "bob"] || alert.affectedUsers == ["amy", "bob", "eve"])
  }

  @Test("on_match sees the steps of the run with their events")
  func onMatch() throws {
    let keys = """
      on_match = function(m)
        local text = ""
        for _, e in ipairs(m.fails.events) do text = text .. e.n .. e.src_ip .. " " end
        return alert { summary = text .. m.fails.first.n .. m.fails.last.n .. " " .. m.login.last.n .. m.last.n .. " "
          .. m.count .. " " .. m.fails.count .. " " .. m.fails.seen .. " " .. m.login.count .. " " .. m.key.k .. " "
          .. (m.ended - m.started) // 1000000000 }
      end
      """
    var stream = DetectStream()
    for (number, letter) in "fffffs".enumerated() {
      stream.add(Double(number), "\"k\":\"k\",\"e\":\"\(letter)\",\"n\":\(number),\"remote_addr\":\"i\"")
    }
    let sequence = """
      within = "10s", { name = "fails", match = [[e == "f"]], times = 4, cap_events = 2 },
      { name = "login", match = [[e == "s"]] }
      """
    let outcome = try stream.run([SequenceTests.rule(sequence, keys)])
    #expect(outcome.rules.failingRules.isEmpty, "\(outcome.rules.failingRules)")
    #expect(outcome.fired.map(\.summary) == ["1i 4i 14 55 5 4 5 1 k 4"])
    let dropped = try stream.run([SequenceTests.rule(sequence, "on_match = function(m) end")])
    #expect(dropped.transitions.isEmpty)
  }

  @Test("a step shows the events of its run, not those that came after it went on")
  func evidenceOfTheRun() throws {
    var stream = DetectStream()
    for (number, letter) in "abaac".enumerated() {
      stream.add(Double(number), "\"k\":1,\"e\":\"\(letter)\",\"message\":\"\(letter)\(number)\"")
    }
    let steps = "abc".map { "{ name = \"\($0)\", match = [[e == \"\($0)\"]] }" }.joined(separator: ", ")
    let outcome = try stream.run([SequenceTests.rule("within = \"10s\", \(steps)")])
    #expect(outcome.fired.map { $0.evidence.map(\.message) } == [["a0", "b1", "c4"]])
  }

  @Test("only what can begin a run takes a key")
  func keys() throws {
    let outcome = try run(SequenceTests.failsThenLogin, "0sa 1sb 2xc 3fd 4se", advance: nil)
    #expect(outcome.detector("s")?.keyCount == 1)
  }
}
