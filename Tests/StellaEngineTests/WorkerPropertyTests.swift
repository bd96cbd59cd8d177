import StellaDetection
import StellaModel
import Testing

@testable import StellaEngine

@Suite("Output does not depend on the number of workers")
struct WorkerPropertyTests {
  /// What happens to a stream, the same for all numbers of workers.
  struct Course {
    var lines: [String] = []
    var rules: [String] = []
    /// The rules from `reloadAt` on.
    var reloaded: [String] = []
    var reloadAt = 0
    /// Where time goes on for a minute without events, and until when.
    var pauses: [(at: Int, to: Int64)] = []

    init(_ random: inout SplitMix) {
      var now = 0.0
      let pauseAt = (1...random.number(in: 1...4)).map { $0 * 100 + random.number(in: 0..<80) }
      let jumpAt = random.number(in: 1..<500)
      for number in 0..<500 {
        // Longer than checks go on for a key that nothing comes for.
        if number == jumpAt { now += 30 * 86_400 }
        if pauseAt.contains(number) {
          pauses.append((number, WorkerStream.start + Int64(now + 50) * 1_000_000_000))
          now += 60
        }
        now += random.number(in: 0..<100) == 0 ? 120 : Double(random.number(in: 0...800)) / 1000
        let late = random.number(in: 0..<10) == 0 ? Double(random.number(in: 0...6000)) / 1000 : 0
        let time = WorkerStream.start + Int64(((now - late) * 1000).rounded()) * 1_000_000
        let key = random.number(in: 0..<3) == 0 ? random.number(in: 0..<30) : random.number(in: 0..<4)
        let value = random.number(in: 0..<12)
        let step = random.pick(["a", "b", "c", "x"])
        lines.append(
          "{\"time\":\"\(Timestamp.text(time))\",\"k\":\"k\(key)\",\"v\":\(value),\"e\":\"\(step)\","
            + "\"nest\":{\"d0\":\(value % 5),\"d1\":\"t\(value)\",\"d2\":[\(key)]},\"host\":\"h\(key % 3)\"}")
      }
      reloadAt = random.number(in: 50...450)
      let count = random.number(in: 4...24)
      rules = (0..<count).map { WorkerPropertyTests.rule("r\($0)", &random) }
      // One is gone, one is written anew with the same state, one is another rule now, two are new.
      reloaded = rules
      reloaded.remove(at: random.number(in: 0..<reloaded.count))
      let same = random.number(in: 0..<reloaded.count)
      reloaded[same] += "\n-- changed\n"
      let other = (same + 1) % reloaded.count
      reloaded[other] = WorkerPropertyTests.rule("r\(count)", &random)
      for number in 1...2 {
        reloaded.insert(
          WorkerPropertyTests.rule("r\(count + number)", &random), at: random.number(in: 0...reloaded.count))
      }
    }

    /// What a run has done, and how much was told of it.
    private struct Progress {
      var position = 0
      var alerts = 0
      var pauses = 0
      var isReloaded = false
    }

    /// All transitions, each once.
    ///
    /// - Parameters:
    ///   - most: the events of a batch, at most.
    ///   - restartsWith: the numbers of workers of restarts at random places, which lose what came after the last
    ///     checkpoint; neither restarts nor checkpoints without any.
    func run(workers: Int, most: Int, restartsWith others: [Int], _ random: inout SplitMix) throws -> [Alert] {
      var stream = try WorkerStream(rules, workers: workers)
      var alerts: [Alert] = []
      var now = Progress()
      var saved = now
      func save() {
        if others.isEmpty { return }
        stream.checkpoint()
        now.alerts = alerts.count
        saved = now
      }
      while now.position < lines.count {
        if now.position == reloadAt && !now.isReloaded {
          alerts += try stream.reload(reloaded)
          now.isReloaded = true
          // What went before was done by other rules.
          save()
        }
        if let pause = pauses.dropFirst(now.pauses).first, now.position == pause.at {
          alerts += stream.rest(until: pause.to)
          now.pauses += 1
        }
        var end = min(lines.count, now.position + random.number(in: 1...most))
        for stop in pauses.map(\.at) + [reloadAt] where now.position < stop { end = min(end, stop) }
        alerts += stream.feed(lines[now.position..<end])
        now.position = end
        if random.number(in: 0..<4) == 0 { save() }
        if !others.isEmpty, random.number(in: 0..<8) == 0 {
          stream = try stream.reopened(workers: random.pick(others))
          now = saved
          alerts.removeSubrange(now.alerts...)
        }
      }
      return alerts + stream.end()
    }
  }

  /// A rule of a random kind with random limits.
  static func rule(_ id: String, _ random: inout SplitMix) -> String {
    let count = random.number(in: 2...5)
    let within = random.number(in: 4...20)
    let field = "\"ne\" .. \"st.d\(random.number(in: 0...2))\""
    let kinds = [
      "threshold = { count = \(count), within = \"\(within)s\" }, evidence = 3, resolve_when = [[v == 0]]",
      "threshold = { count = \(count), within = \"\(within)s\", window = \"from_first\" }, hold = \"3s\"",
      "threshold = { count = \(count), within = \"\(within)s\", distinct = \"v\" }, suppress_for = \"1s\", max_keys = 8",
      """
      threshold = { count = \(count), within = "\(within)s" }, suppress_for = "2s", on_match = function(m)
        if m.last.v > 3 then return alert { summary = "{who}", who = tostring(m.last[\(field)]) } end
      end
      """,
      """
      cancel_on = [[e == "x" and v > 8]], hold = "4s", suppress_for = "2s",
      threshold = { count = \(count), within = "\(within)s" }
      """,
      """
      suppress_for = "4s", on = function(e, s)
        s.total = (s.total or 0) + e.v
        if e[\(field)] ~= nil and s.total > 20 then s.total = 0 return alert { value = e.v, evidence = e } end
      end
      """,
      """
      state = { n = window.count("\(within)s"), sample = ring(2), seen = window.distinct("20s") },
      on = function(e, s) s.n:add(e) s.seen:add(e["v"]) s.sample:push(e) end,
      every = "\(count)s", hold = "6s", keep_firing = "9s", suppress_for = "0s",
      check = function(s, t)
        if s.n:count() > \(count) then
          return alert { value = s.n:per_minute(), expected = s.seen:count(), evidence = s.sample, at = t }
        end
      end
      """,
      """
      on = function(e, s) s.n = (s.n or 0) + 1 end, every = "10m", hold = "20m", keep_firing = "1h", suppress_for = "0s",
      check = function(s, t)
        s.checks = (s.checks or 0) + 1
        if (s.n + s.checks) % 7 < 4 then return alert { value = s.checks, at = t } end
      end
      """,
      """
      on = function(e, s) s.n = (s.n or 0) + 1 if e.v > 6 then error("v is " .. e.v .. " at " .. s.n) end end
      """,
      """
      sequence = { within = "\(within)s", { name = "a", match = [[e == "a"]], times = 2 },
        { name = "b", match = [[e == "b"]] } }, cancel_on = [[v == 11]], suppress_for = "0s"
      """,
      """
      sequence = { within = "\(within)s", { name = "a", match = [[e == "a"]] },
        { name = "c", match = [[e == "c" and v > 4]], absent = true } }, suppress_for = "1s",
      on_match = function(m) return alert { summary = "{d} for {k}", d = tostring(m.key.k) } end
      """,
      "absence = { every = \"\(within)s\", grace = \"2s\", learn = \"3s\", forget_after = \"2m\" }",
      """
      absence = { every = "\(within)s", grace = "1s" }, on_absent = function(gap)
        if gap.silent_s > 5 then return alert { summary = "gone for {silent} s", silent = gap.silent_s } end
      end
      """,
    ]
    let by = random.pick(["{ \"k\" }", "{ \"host\" }", "{ \"k\", \"e\" }", "{}"])
    let condition = random.pick(["true", "v >= 2", "e ~= \"x\" and v ~= 1", "startswith(k, \"k\")"])
    let kind = random.pick(kinds)
    return """
      return rule { api = 1, id = "\(id)", title = "T", severity = "low", where = [[\(condition)]], by = \(by),
        \(kind) }
      """
  }

  static let workers = [1, 2, 3, 5]
  static let seeds: Range<UInt64> = 0..<6

  @Test(
    """
    the same bytes for any number of workers, any cuts, pauses, reloads at the same place, checkpoints, and restarts \
    with another number
    """,
    arguments: WorkerPropertyTests.seeds)
  func sameBytes(seed: UInt64) throws {
    print("seed \(seed)")
    try EngineThread.run {
      var random = SplitMix(seed: seed)
      let course = Course(&random)
      let expected = try course.run(workers: 1, most: 300, restartsWith: [], &random).map(\.json)
      #expect(expected.count > 10, "seed \(seed)")
      for workers in WorkerPropertyTests.workers {
        for most in [20, 500] {
          for others in [[], WorkerPropertyTests.workers] {
            let alerts = try course.run(workers: workers, most: most, restartsWith: others, &random).map(\.json)
            let place = "seed \(seed), \(workers) workers, pieces of at most \(most), restarts \(!others.isEmpty)"
            #expect(alerts.count == expected.count, "\(place)")
            let different = zip(alerts, expected).first { $0 != $1 }
            #expect(different == nil, "\(place)")
          }
        }
      }
    }
  }

  @Test("every kind of rule raises alerts in some stream")
  func noKindIsSilent() throws {
    try EngineThread.run {
      var kinds: Set<String> = []
      for seed in WorkerPropertyTests.seeds {
        var random = SplitMix(seed: seed)
        let course = Course(&random)
        for alert in try course.run(workers: 2, most: 200, restartsWith: [], &random) {
          let rule = (course.rules + course.reloaded).first { $0.contains("id = \"\(alert.rule)\"") } ?? ""
          for word in ["threshold", "distinct", "on_match", "sequence", "absence", "check", "on_absent"]
          where rule.contains(word) {
            kinds.insert(word)
          }
          if rule.isEmpty { kinds.insert("failing") }
        }
      }
      #expect(kinds.count == 8, "\(kinds.sorted())")
    }
  }
}
