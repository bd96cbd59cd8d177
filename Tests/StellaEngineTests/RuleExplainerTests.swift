import StellaDetection
import StellaModel
import StellaScripting
import Testing

@testable import StellaEngine

@Suite("Explaining rules") struct RuleExplainerTests {
  private static let rules = [
    """
    return rule { api = 1, id = "many", title = "Many", severity = "low", summary = "{service} fails",
      where = [[level >= error and not contains(message, "retry")]], by = { "service" },
      cancel_on = [[event == "deployed"]],
      threshold = { count = 3, within = "1m" } }
    """,
    """
    return rule { api = 1, id = "script", title = "Script", severity = "low", summary = "{service} is slow",
      where = [[duration_ms > 100]], by = { "service" }, hold = "10s",
      state = { slow = window.count("5m"), worst = window.max("5m"), note = "" },
      on = function(e, s)
        s.slow:add(e)
        s.worst:add(e.duration_ms)
        if s.slow:count() < 2 then
          return nil
        end
        s.note = "twice"
        return alert { value = s.slow:count() }
      end,
    }
    """,
    """
    return rule { api = 1, id = "steps", title = "Steps", severity = "low", summary = "x", by = { "user" },
      max_keys = 10,
      sequence = { within = "5m",
        { name = "fails", match = [[outcome == "fail"]], times = 2 },
        { name = "login", match = [[outcome == "ok"]] } } }
    """,
    """
    return rule { api = 1, id = "told", title = "Told", severity = "low", summary = "x", by = { "service" },
      where = [[wait == true]], hold = "5s", keep_firing = "1h",
      on = function(e, s)
        if e.code > 5 then
          return alert {}
        end
      end }
    """,
    """
    return rule { api = 1, id = "chain", title = "Chain", severity = "low", summary = "x", by = { "service" },
      where = [[kind ~= nil]], max_keys = 10,
      sequence = { within = "5m",
        { name = "first", match = [[kind ==
          "a"]] },
        { name = "second", match = [[kind == "b"]] } } }
    """,
    """
    return rule { api = 1, id = "checked", title = "Checked", severity = "low", summary = "x", by = { "service" },
      where = [[depth ~= nil]], state = { n = window.count { "5m", where = [[depth > 10]] } }, every = "30s",
      check = function(s)
        if s.n:count() > 100 then
          return alert {}
        end
      end }
    """,
    """
    return rule { api = 1, id = "unchecked", title = "Unchecked", severity = "low", summary = "x", by = { "service" },
      where = [[late ~= nil]], state = { n = window.count("5m") }, every = "30s",
      on = function(e, s)
        s.n:add(e)
      end,
      check = function(s)
        return s.missing > 1
      end }
    """,
    """
    local p = params { least = 3 }
    local limit = 5
    return rule { api = 1, id = "sized", title = "Sized", severity = "low", summary = "x", by = { "service" },
      where = [[size ~= nil]], state = { sizes = window.mean("5m") }, every = "30s",
      on = function(e, s) s.sizes:add(e.size) end,
      check = function(s)
        local n, mean = s.sizes:count(), s.sizes:mean()
        if n < p.least then return end
        if n >= 4 and mean > limit * 2 then
          return alert { value = mean }
        end
      end }
    """,
    """
    return rule { api = 1, id = "broken", title = "Broken", severity = "low", summary = "x",
      where = [[boom == true]], by = { "service" },
      on = function(e, s)
        error("no")
      end }
    """,
  ]

  private func explain(
    _ lines: [String], line: Int? = nil, rules: [String] = RuleExplainerTests.rules, exceptions: [RuleException] = [],
    mute: @escaping @Sendable (String, [FieldValue.Member], Int64) -> Mute? = { _, _, _ in nil }
  ) throws -> [String: RuleExplanation] {
    let log = Array(lines.joined(separator: "\n").utf8)
    let report = try EngineThread.run { () throws -> RuleExplainer.Report in
      let set = RuleSet(
        sources: rules.enumerated().map {
          RuleSource(file: "r\($0.offset).lua", text: Array($0.element.utf8))
        }, exceptions: exceptions, fields: FieldRegister(), tracesLines: true)
      #expect(set.refusals.isEmpty, "\(set.refusals)")
      return try RuleExplainer.explain(log, name: "app.log", line: line, rules: set, reading: .init(), mute: mute)
    }
    return Dictionary(uniqueKeysWithValues: report.rules.map { ($0.rule, $0) })
  }

  private func event(_ second: Int, _ fields: String) -> String {
    "{\"time\":\"2026-01-01T00:00:\(second < 10 ? "0" : "")\(second)Z\",\"service\":\"shop\",\(fields)}"
  }

  @Test("What an exception takes away is told with its author, its end and what it took before; a mute is told beside")
  func muting() throws {
    let until = try #require(Timestamp.parse("2026-02-01T00:00:00Z"))
    let exception = RuleException(
      rules: ["many"], condition: "user == \"probe\"", author: "mara", reason: "our probe", expires: until,
      file: "stella.yaml", line: 4)
    let errors = (1...4).map { event($0, #""level":"error","msg":"no","user":"\#($0 < 4 ? "probe" : "amy")""#) }
    let third = try #require(try explain(Array(errors[..<3]), exceptions: [exception])["many"])
    #expect(third.outcome == .excepted && third.key.isEmpty && third.after == nil)
    #expect(
      third.verdict
        == "an exception of mara excludes this event until 2026-02-01 00:00:00Z: our probe "
        + "(stella.yaml:4; it took 2 events before)")
    let last = try #require(try explain(errors, exceptions: [exception])["many"])
    #expect(
      last.outcome == .counted && last.exception == nil && last.after?.readings.first?.text.hasPrefix("1 of 3") == true)
    let mute = Mute(.shadow, by: "ivo", reason: "new")
    let fired = try #require(
      try explain(errors, mute: { rule, key, _ in rule == "many" && key.count == 1 ? mute : nil })["many"])
    #expect(fired.outcome == .joined || fired.outcome == .fired)
    #expect(fired.mute == mute)
  }

  @Test("A threshold that is not reached says how far it is, and the one that is reached says so") func threshold()
    throws
  {
    let errors = (1...3).map { event($0, #""level":"error","msg":"no""#) }
    let second = try #require(try explain(Array(errors[..<2]))["many"])
    #expect(second.outcome == .counted && second.key == [.init("service", .string("shop"))])
    #expect(second.before?.readings == [.init("count", "1 of 3 events within 1m")])
    #expect(second.after?.readings == [.init("count", "2 of 3 events within 1m")])
    #expect(second.verdict == "not enough yet: count 2 of 3 events within 1m")
    let third = try #require(try explain(errors)["many"])
    #expect(third.outcome == .fired && third.verdict == "an alert fires: shop fails")
    #expect(third.alerts.map(\.status) == [.firing])
    let fourth = try #require(try explain(errors + [event(4, #""level":"error""#)])["many"])
    #expect(
      fourth.outcome == .joined
        && fourth.verdict.hasPrefix("it belongs to the alert that fires since 2026-01-01 00:00:03Z"))
  }

  @Test("What a rule passes over is told with the part that is false and the value it read") func passed() throws {
    func verdict(_ fields: String) throws -> String? { try explain([event(1, fields)])["many"]?.verdict }
    #expect(try verdict(#""level":"info""#) == "where: level >= error: level is \"info\"")
    #expect(
      try verdict(#""level":"error","msg":"retry 1""#)
        == "where: not contains(message, \"retry\"): message is \"retry 1\"")
    #expect(
      try explain([event(1, #""level":"info""#)])["script"]?.verdict
        == "where: duration_ms > 100: duration_ms is missing")
    #expect(try explain([event(1, #""level":"info""#)])["steps"]?.verdict.hasPrefix("sequence[1].match") == true)
  }

  @Test("A script tells which of its lines ran, what it keeps, and that hold has to pass") func script() throws {
    let slow = [event(1, #""duration_ms":200"#), event(2, #""duration_ms":300"#)]
    let first = try #require(try explain([slow[0]])["script"])
    #expect(
      first.outcome == .counted
        && first.verdict == "on returned no alert; missing: line 7: s.slow:count() < 2 must not hold, now 1 < 2")
    let read = try #require(first.onCall).readings.map { "\($0.line) \($0.name) = \($0.value)" }
    #expect(read == ["6 e.duration_ms = 200", "7 s.slow:count() = 1"])
    #expect(first.lines.map(\.number) == [5, 6, 7, 8] && first.lines.last?.text == "return nil")
    #expect(first.before == nil)
    let second = try #require(try explain(slow)["script"])
    #expect(second.outcome == .pending && second.lines.map(\.number) == [5, 6, 7, 10, 11])
    #expect(second.onCall?.raised == true && second.onCall?.missing.isEmpty == true)
    #expect(second.verdict.contains("waits for hold") && second.verdict.contains("00:00:12"))
    #expect(second.before?.readings.first?.text.hasPrefix("count 1") == true)
    #expect(second.after?.readings.map(\.name) == ["slow", "worst", "note"])
    #expect(second.after?.readings[0].text.hasPrefix("count 2") == true)
    #expect(second.after?.readings[1].text == "max 300.0, count 2")
    #expect(second.after?.readings[2].text == "\"twice\"")
  }

  @Test("A sequence tells which steps it waits for") func sequence() throws {
    let fails = (1...2).map { event($0, #""outcome":"fail","user":"ana""#) }
    let one = try #require(try explain([fails[0]])["steps"])
    #expect(one.outcome == .counted)
    #expect(one.after?.readings == [.init("fails", "1 of 2, awaited"), .init("login", "0 of 1, not its turn")])
    let two = try #require(try explain(fails)["steps"])
    #expect(two.after?.readings == [.init("fails", "2 of 2"), .init("login", "0 of 1, awaited")])
    let whole = try #require(try explain(fails + [event(3, #""outcome":"ok","user":"ana""#)])["steps"])
    #expect(whole.outcome == .fired)
  }

  @Test("A script that fails, and one that rests, say why") func failing() throws {
    let events = (1...7).map { event($0, #""boom":true"#) }
    let first = try #require(try explain([events[0]])["broken"])
    #expect(first.outcome == .counted && first.verdict.contains("its script failed") && first.verdict.contains("no"))
    let later = try #require(try explain(events)["broken"])
    #expect(later.outcome == .counted && later.verdict.hasPrefix("its script rests until"))
  }

  @Test("An event without the key's field is counted like any other, and that it shares its key is told") func missing()
    throws
  {
    let error = #"{"time":"2026-01-01T00:00:01Z","level":"error","msg":"a"}"#
    let first = try #require(try explain([error])["many"])
    #expect(first.outcome == .counted && first.verdict == "not enough yet: count 1 of 3 events within 1m")
    #expect(first.before == nil && first.after?.readings == [.init("count", "1 of 3 events within 1m")])
    #expect(first.key == [.init("service", .null)] && first.missing == ["service"])
    let null = try #require(try explain([error, error.replacing("msg", with: "service\":null,\"msg")])["many"])
    #expect(null.before == nil && null.missing.isEmpty)
    let third = try #require(try explain([error, error, error, error])["many"])
    #expect(third.outcome == .joined)
    let pending = (1...2).map { "{\"time\":\"2026-01-01T00:00:0\($0)Z\",\"duration_ms\":500}" }
    #expect(try explain(pending)["script"]?.outcome == .pending)
  }

  @Test("A script that fails says so whatever else there is to say, and one that failed before does not") func errors()
    throws
  {
    func wait(_ second: Int, _ fields: String = "") -> String {
      "{\"time\":\"2026-01-01T00:00:0\(second)Z\",\"wait\":true\(fields)}"
    }
    let alone = try #require(try explain([wait(1)])["told"])
    #expect(alone.verdict.hasPrefix("its script failed") && alone.verdict.contains("compare"), "\(alone.verdict)")
    let pending = try #require(try explain([wait(1, ",\"code\":9"), wait(2)])["told"])
    #expect(pending.outcome == .pending && pending.verdict.hasPrefix("its script failed"))
    #expect(pending.verdict.contains("its condition holds since 2026-01-01 00:00:01Z"))
    let after = try #require(try explain([wait(1), wait(2, ",\"code\":1")])["told"])
    #expect(
      after.outcome == .counted
        && after.verdict == "on returned no alert; missing: line 4: e.code > 5 has to hold, now 1 > 5")
    let resting = try #require(try explain((1...7).map { wait($0, ",\"code\":1") } + [wait(8)])["told"])
    #expect(resting.onCall?.failure?.contains("compare") == true)
  }

  @Test("An alert that waited for hold fires since it was told") func since() throws {
    let events = [1, 7, 8].map { "{\"time\":\"2026-01-01T00:00:0\($0)Z\",\"wait\":true,\"code\":9}" }
    let joined = try #require(try explain(events)["told"])
    #expect(
      joined.outcome == .joined && joined.verdict.contains("fires since 2026-01-01 00:00:07Z"), "\(joined.verdict)")
  }

  @Test("A later step without the first one says what has to come; parts are shown as they are written, where once")
  func steps() throws {
    let second = try #require(try explain([event(1, #""kind":"b""#)])["chain"])
    #expect(second.verdict == "not enough yet: first has to come first")
    #expect(second.parts.map(\.key) == ["where", "sequence[1].match", "sequence[2].match"])
    #expect(second.parts[2].explanation.text == #"kind == "b""#)
    let other = try #require(try explain([event(1, #""kind":"c""#)])["chain"])
    #expect(other.verdict == #"sequence[1].match: kind == "a": kind is "c""#)
    let feed = try #require(try explain([event(1, #""depth":11"#)])["checked"]?.parts.last)
    #expect(feed.explanation.text == "depth > 10")
  }

  @Test("A check that fails is not said to have raised nothing") func failingCheck() throws {
    let said = try #require(try explain([1, 40, 45].map { event($0, #""late":1"#) })["unchecked"]?.verdict)
    #expect(said.contains("check decides every 30s, and its script failed: ") && said.contains("compare"), "\(said)")
  }

  @Test("A rule that checks says when it found nothing, and when it is next") func checks() throws {
    let checked = try #require(try explain([event(1, #""depth":11"#), event(59, #""depth":12"#)])["checked"])
    #expect(checked.outcome == .counted)
    #expect(
      checked.verdict
        == "it is counted; check decides every 30s, raised nothing at 2026-01-01 00:00:30Z, is next at 2026-01-01 00:01:00Z"
        + "; missing: line 4: s.n:count() > 100 has to hold, now 2 > 100")
    #expect(checked.after?.readings.first?.text.hasPrefix("count 2, per_second 0.0") == true)
    let last = try #require(checked.lastCheck)
    #expect(Timestamp.clock(last.time) == "2026-01-01 00:00:30Z" && !last.raised)
    #expect(last.lines.map(\.number) == [4, 7] && last.lines[0].text == "if s.n:count() > 100 then")
    #expect(last.readings.map(\.name) == ["s.n:count()"] && last.readings.map(\.value) == ["1"])
    #expect(last.missing == ["line 4: s.n:count() > 100 has to hold, now 1 > 100"])
    let next = try #require(checked.nextCheck)
    #expect(
      next.readings.map(\.value) == ["2"] && next.missing == ["line 4: s.n:count() > 100 has to hold, now 2 > 100"])
  }

  @Test("A check says what it compared: calls, variables, parameters, returns on the way, and what an error means")
  func comparisons() throws {
    let checks = try explain((1...4).map { event($0 * 10, #""size":\#($0)"#) })
    let sized = try #require(checks["sized"])
    #expect(sized.nextCheck?.missing == ["line 9: mean > limit * 2 has to hold, now 2.50 > 5 * 2"])
    let read = sized.nextCheck?.readings.filter { $0.line == 9 }.map { "\($0.name) = \($0.value)" } ?? []
    #expect(read == ["n = 4", "mean = 2.50", "limit = 5"], "\(read)")
    let few = try #require(try explain([event(10, #""size":1"#)])["sized"])
    #expect(few.nextCheck?.missing == ["line 8: n < p.least must not hold, now 1 < 3"])
    let late = try #require(try explain([1, 40, 45].map { event($0, #""late":1"#) })["unchecked"])
    #expect(late.lastCheck?.failure?.contains("r6.lua:7: attempt to compare") == true)
    #expect(late.lastCheck?.failure?.contains("one side is nil") == true)
  }

  @Test("cancel_on drops what was kept, and says so") func cancel() throws {
    let cancelled = try #require(
      try explain([event(1, #""level":"error""#), event(2, #""event":"deployed""#)])["many"])
    #expect(cancelled.outcome == .passed && cancelled.verdict.hasPrefix("cancel_on holds"))
    #expect(cancelled.before != nil && cancelled.after == nil)
  }

  @Test("Any line can be asked for, and one that isn't there or is no event is refused with a reason") func lines()
    throws
  {
    let log = [event(1, #""level":"error""#), "", event(2, #""level":"error""#), ""]
    #expect(try explain(log, line: 1)["many"]?.before == nil)
    #expect(try explain(log)["many"]?.before?.readings == [.init("count", "1 of 3 events within 1m")])
    #expect(throws: RuleExplainer.Failure.self) { try explain(log, line: 2) }
    #expect(throws: RuleExplainer.Failure.self) { try explain(log, line: 9) }
    #expect(throws: RuleExplainer.Failure.self) { try explain([""]) }
  }

  @Test("Explaining an event says what a run over the whole log does") func agreement() throws {
    var random = SplitMix(seed: 11)
    for _ in 0..<4 {
      let log = (0..<20).map { second -> String in
        event(
          second,
          random.pick([
            #""level":"error","msg":"no""#, #""duration_ms":150"#, #""outcome":"fail","user":"a""#,
            #""outcome":"ok","user":"a""#, #""level":"info""#,
          ]))
      }
      var fired = 0
      for end in 1...log.count { fired += try explain(Array(log[..<end])).values.count { $0.outcome == .fired } }
      let whole = try EngineThread.run { () -> Int in
        let set = RuleSet(
          sources: RuleExplainerTests.rules.enumerated().map {
            RuleSource(file: "r\($0.offset).lua", text: Array($0.element.utf8))
          }, fields: FieldRegister())
        let pipeline = Pipeline(rules: set, lateness: 5_000_000_000) { _, _, time in
          Event(time: time, level: nil, message: "", service: nil, fields: [])
        }
        let reader = SourceReader(
          splitter: LineSplitter(
            source: RecordedSource(name: "a", bytes: Array(log.joined(separator: "\n").utf8)), index: 0),
          number: pipeline.addSource("a"), format: .auto, clock: SourceClock(reference: 0), fields: set.fields,
          holdsJumps: false)
        pipeline.clear()
        var count = 0
        while case .more = try reader.fill(pipeline.batch) {
          count += pipeline.process().count { $0.status == .firing }
        }
        return count
      }
      #expect(fired == whole)
    }
  }

  @Test("What a script keeps in tables is shown as JSON, cut where it is long, and numbers to the digits that count")
  func tables() throws {
    let rule = """
      return rule { api = 1, id = "kept", title = "Kept", severity = "low", summary = "x", by = { "service" },
        where = [[level >= error]], state = { n = window.count("5m") },
        on = function(e, s)
          s.n:add(e)
          s.hits = { 1, 2.5, "three" }
          s.open = { by = { user = "amy", at = 0.067857142857 }, [9] = true }
          s.long = {}
          for i = 1, 100 do s.long[i] = "a text of some length" end
        end }
      """
    let kept = try #require(try explain([1, 2].map { event($0, #""level":"error""#) }, rules: [rule])["kept"]?.after)
    let texts = Dictionary(kept.readings.map { ($0.name, $0.text) }) { first, _ in first }
    #expect(texts["hits"] == #"[1,2.5,"three"]"#, "\(texts)")
    #expect(texts["open"] == #"{"9":true,"by":{"at":0.06786,"user":"amy"}}"#, "\(texts)")
    #expect(texts["long"]?.hasSuffix("…") == true && texts["long"]?.utf8.count ?? 0 < 220)
    let digits = texts["n"]?.split(separator: " ").last.map { $0.drop { "0.".contains($0) } } ?? ""
    #expect(digits.count <= 4, "\(texts)")
  }
}
