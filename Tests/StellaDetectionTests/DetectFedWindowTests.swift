import Testing

@testable import StellaDetection
@testable import StellaScripting

/// Windows and rings with `where`, which take the events of a rule by themselves.
@Suite struct DetectFedWindowTests {
  private static let check = """
    every = "2s", keep_firing = "4s",
      check = function(s)
        if s.high:count() >= 3 then
          return alert { value = s.all:count(), expected = s.high:count("4s"), rate = s.all:per_minute(), evidence = s.r,
                         usual = s.u:usual() or -1, summary = "{k}: {value} {expected} {rate:.3f} {usual}" }
        end
      end
    """

  private static func rule(_ keys: String) -> String {
    """
    return rule { api = 1, id = "r", title = "T", severity = "low", where = [[v ~= 1]], by = { "k" }, \(keys) }
    """
  }

  @Test(arguments: 1...10 as ClosedRange<UInt64>) func `They hold what a script would have given them`(seed: UInt64)
    throws
  {
    var random = DetectRandom(seed: seed)
    let stream = DetectReplayTests.stream(&random)
    let fed = DetectFedWindowTests.rule(
      """
      state = { all = window.count { "20s", where = [[true]] }, high = window.rate { "20s", where = [[v >= 4]] },
        u = baseline { "10s", season = "none", keep = "5m", min_history = "30s", where = [[v >= 2]] },
        r = ring { 2, where = [[v >= 4]] } },
      \(DetectFedWindowTests.check)
      """)
    let given = DetectFedWindowTests.rule(
      """
      state = { all = window.count("20s"), high = window.rate("20s"), r = ring(2),
        u = baseline { "10s", season = "none", keep = "5m", min_history = "30s" } },
      on = function(e, s)
        s.all:add(e)
        if e.v >= 2 then s.u:add(e) end
        if e.v >= 4 then s.high:add(e) s.r:push(e) end
      end,
      \(DetectFedWindowTests.check)
      """)
    let outcome = try stream.run([fed])
    #expect(!outcome.fired.isEmpty, "seed \(seed)")
    #expect(outcome.json == (try stream.run([given]).json), "seed \(seed)")
  }

  @Test func `A script can see them change, and not add to them`() throws {
    var stream = DetectStream()
    for second in 0..<10 { stream.add(Double(second), "\"k\":1,\"v\":5") }
    let seen = try stream.run([
      DetectFedWindowTests.rule(
        """
        state = { n = window.count { "1m", where = [[v > 2]] } },
        on = function(e, s) if s.n:count() == 7 then return alert { value = s.n:count() } end end
        """)
    ])
    #expect(seen.fired.map(\.value) == [.integer(7)])
    for call in ["s.n:add(e)", "s.r:push(e)", "s.b:add(e)"] {
      let refused = try stream.run([
        DetectFedWindowTests.rule(
          """
          state = { n = window.count { "1m", where = [[v > 2]] }, r = ring { 2, where = [[true]] },
            b = baseline { "10m", where = [[true]] } },
          on = function(e, s) \(call) end
          """)
      ])
      let error = refused.rules.failingRules.first?.error ?? ""
      #expect(error.contains("takes the events by itself"), "\(call): \(error)")
    }
  }

  @Test func `A ring with every passes over what comes too soon`() throws {
    var stream = DetectStream()
    for tenth in 0..<100 { stream.add(Double(tenth) / 10, "\"k\":1,\"v\":\(tenth)") }
    let outcome = try stream.run([
      """
      return rule { api = 1, id = "r", title = "T", severity = "low", where = "true", by = { "k" },
        state = { r = ring { 100, every = "2s" } },
        on = function(e, s) s.r:push(e.v)
          if e.v == 99 then return alert { summary = table.concat(s.r:items(), " ") } end
        end }
      """
    ])
    #expect(outcome.fired.map(\.summary) == ["0 20 40 60 80"])
  }

  @Test func `The newest part of a window is counted in whole steps`() throws {
    var stream = DetectStream()
    for second in 0..<600 { stream.add(Double(second), "\"k\":1,\"v\":\(second)") }
    func summary(_ expression: String) throws -> DetectStream.Outcome {
      try stream.run([
        """
        return rule { api = 1, id = "r", title = "T", severity = "low", where = "true", by = { "k" },
          state = { n = window.count { "10m", buckets = 60 } },
          on = function(e, s) s.n:add(e)
            if e.v == 599 then return alert { summary = tostring(\(expression)) } end
          end }
        """
      ])
    }
    // Steps of ten seconds; the last event stands at the end of one.
    #expect(try summary(#"s.n:count("10s")"#).fired.map(\.summary) == ["10"])
    #expect(try summary(#"s.n:count("1m")"#).fired.map(\.summary) == ["60"])
    #expect(try summary(#"s.n:count("61s")"#).fired.map(\.summary) == ["70"])
    #expect(try summary(#"s.n:count("10m")"#).fired.map(\.summary) == ["600"])
    #expect(try summary("s.n:count()").fired.map(\.summary) == ["600"])
    for (expression, message) in [
      (#"s.n:count("11m")"#, "more than the window keeps"), ("s.n:count(5)", "a part of the window"),
    ] {
      #expect(try summary(expression).rules.failingRules.first?.error.contains(message) == true)
    }
  }

  @Test(arguments: [
    (
      #"state = { n = window.count { "1m", where = [[v ==]] } }, every = "5s", check = function(s) end,"#,
      "rule.condition", 3
    ),
    (#"state = { n = window.count("1m") }, every = "5s", check = function(s) end,"#, "rule.missing_key", 3),
    (
      #"state = { n = window.count { "1m", where = 5 } }, every = "5s", check = function(s) end,"#, "rule.wrong_type", 3
    ),
    (
      #"state = { b = baseline { "1m", of = "mean", where = [[true]] } }, every = "5s", check = function(s) end,"#,
      "rule.wrong_type", 3
    ),
    (
      #"state = { d = window.distinct { "1m", where = [[true]] } }, every = "5s", check = function(s) end,"#,
      "rule.unknown_key", 3
    ),
    (#"state = { r = ring { 3, every = 5 } }, on = function(e, s) end,"#, "rule.wrong_type", 3),
  ])
  func `What can't be taken is refused with its line`(keys: String, code: String, line: Int) {
    let text = """
      return rule { api = 1, id = "r", title = "T", severity = "low", where = "true",
        by = { "k" },
        \(keys)
      }
      """
    let set = RuleSet(sources: [RuleSource(file: "r.lua", text: Array(text.utf8))], fields: FieldRegister())
    let errors = set.refusals.flatMap(\.errors)
    #expect(errors.contains { $0.code == code && $0.line == line }, "\(errors)")
  }
}
