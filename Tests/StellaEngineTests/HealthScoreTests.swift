import StellaModel
import Testing

@testable import StellaEngine

@Suite("The score of a system")
struct HealthScoreTests {
  private static func facts(_ change: (inout HealthFacts) -> Void) -> HealthFacts {
    var facts = HealthFacts()
    change(&facts)
    return facts
  }

  @Test("Nothing wrong is 100 without a reason")
  func well() {
    let score = HealthScore(HealthFacts())
    #expect(score.score == 100 && score.reasons.isEmpty && score.status == .healthy)
  }

  @Test("One event that is lost is told as one")
  func grammar() {
    func text(_ lost: Int) -> String? { HealthScore(Self.facts { $0.lostEvents = lost }).reasons.first?.text }
    #expect(text(1) == "1 event of the last 15 minutes was lost or not understood")
    #expect(text(2) == "2 events of the last 15 minutes were lost or not understood")
  }

  @Test("Statuses share out the scores without a gap")
  func statuses() {
    for score in 0...100 {
      let status = HealthStatus(score: score)
      #expect(status.scores.contains(score))
      #expect(HealthStatus.allCases.filter { $0.scores.contains(score) } == [status])
    }
    #expect([80, 79, 40, 39].map { HealthStatus(score: $0) } == [.healthy, .degraded, .degraded, .down])
  }

  /// Each fact alone: its code and points.
  static let single: [(facts: HealthFacts, code: String, points: Int)] = [
    (facts { $0.alerts[.critical] = .init(open: 1) }, "alerts.critical", 30),
    (facts { $0.alerts[.critical] = .init(open: 2) }, "alerts.critical", 45),
    (facts { $0.alerts[.critical] = .init(open: 500) }, "alerts.critical", 60),
    (facts { $0.alerts[.critical] = .init(acknowledged: 1) }, "alerts.critical", 15),
    (facts { $0.alerts[.high] = .init(open: 1) }, "alerts.high", 15),
    (facts { $0.alerts[.medium] = .init(open: 1) }, "alerts.medium", 5),
    (facts { $0.alerts[.low] = .init(open: 1) }, "alerts.low", 2),
    (facts { $0.engineSilence = 16_000_000_000 }, "engine.silent", 65),
    (facts { ($0.judgedEvents, $0.errors) = (1000, 50) }, "errors.rate", 10),
    (facts { ($0.judgedEvents, $0.errors) = (1000, 200) }, "errors.rate", 20),
    (facts { ($0.judgedEvents, $0.errors) = (1000, 500) }, "errors.rate", 30),
    (facts { ($0.judgedEvents, $0.errors) = (50, 50) }, "errors.rate", 30),
    (facts { $0.parts = [.init(.store, name: "the store", detail: "is full")] }, "part.store", 65),
    (facts { $0.parts = [.init(.intake, name: "the journal", detail: "is full")] }, "part.intake", 25),
    (facts { $0.parts = [.init(.archive, name: "the archive", detail: "is full")] }, "part.archive", 25),
    (facts { $0.parts = [.init(.log, name: "the log", detail: "is late")] }, "part.log", 25),
    (facts { $0.parts = [.init(.anchor, name: "the log", detail: "is late")] }, "part.anchor", 10),
    (facts { $0.parts = [.init(.source, name: "syslog", detail: "is deaf")] }, "part.source", 10),
    (facts { $0.refusedRules = ["a"] }, "rules.refused", 2),
    (facts { $0.refusedRules = (0..<40).map(String.init) }, "rules.refused", 10),
    (facts { $0.restingRules = ["a", "b"] }, "rules.resting", 6),
    (facts { $0.restingRules = (0..<40).map(String.init) }, "rules.resting", 15),
    (facts { $0.freeze = .init(by: "mara", reason: "why", since: 7) }, "effects.frozen", 5),
    (facts { $0.lostEvents = 1 }, "events.lost", 5), (facts { $0.lostEvents = 1000 }, "events.lost", 10),
    (facts { $0.unknownRuns = 1 }, "runs.unknown", 10), (facts { $0.unknownRuns = 9 }, "runs.unknown", 20),
  ]

  @Test("Each fact has a reason of its own with its points", arguments: single.indices)
  func reasons(_ index: Int) throws {
    let (facts, code, points) = Self.single[index]
    let score = HealthScore(facts)
    let reason = try #require(score.reasons.first)
    #expect(score.reasons.count == 1 && reason.code == code && reason.points == points && !reason.text.isEmpty)
    #expect(score.score == 100 - points)
  }

  @Test("Reasons hold since what they tell of began, as far as that is known")
  func since() {
    let facts = Self.facts { facts in
      (facts.engineSilence, facts.engineSince) = (20, 5)
      facts.parts = [
        .init(.intake, name: "a", detail: "b", since: 6), .init(.archive, name: "a", detail: "b", since: 7),
        .init(.source, name: "a", detail: "b"),
      ]
      facts.freeze = .init(by: "mara", reason: "why", since: 8)
    }
    let since = HealthScore(facts).reasons.map { ($0.code, $0.since) }
    #expect(
      Dictionary(uniqueKeysWithValues: since) == [
        "engine.silent": 5, "part.intake": 6, "part.archive": 7, "part.source": nil, "effects.frozen": 8,
      ])
  }

  @Test("What says too little, or nothing bad, takes nothing")
  func silent() {
    for facts in [
      Self.facts { ($0.judgedEvents, $0.errors) = (49, 49) }, Self.facts { ($0.judgedEvents, $0.errors) = (1000, 10) },
      Self.facts { $0.alerts[.informational] = .init(open: 90) }, Self.facts { $0.alerts[.critical] = .init() },
    ] { #expect(HealthScore(facts).score == 100) }
  }

  @Test("Where nothing can be kept a system is never healthy", arguments: [HealthFacts.Part.Kind.store, .archive])
  func full(_ part: HealthFacts.Part.Kind) {
    let score = HealthScore(Self.facts { $0.parts = [.init(part, name: "it", detail: "no space is left")] })
    #expect(score.status != .healthy && score.reasons.first?.text.contains("no space is left") == true)
  }

  @Test("Everything at once is 0 and not below, and the reasons are all there, the heaviest first")
  func bounds() {
    let worst = Self.facts { facts in
      for severity in Severity.allCases { facts.alerts[severity] = .init(open: .max / 4, acknowledged: .max / 4) }
      facts.engineSilence = .max
      (facts.judgedEvents, facts.errors) = (.max, .max)
      facts.refusedRules = (0..<1000).map(String.init)
      facts.restingRules = facts.refusedRules
      facts.parts = HealthFacts.Part.Kind.allCases.map { .init($0, name: "a", detail: "b") }
      facts.freeze = .init(by: "a", reason: "b", since: 0)
      (facts.lostEvents, facts.unknownRuns) = (.max / 2, .max / 100)
    }
    let score = HealthScore(worst)
    #expect(score.score == 0 && score.status == .down)
    #expect(score.reasons.map(\.points) == score.reasons.map(\.points).sorted(by: >))
    #expect(score.reasons.allSatisfy { $0.points > 0 })
    #expect(Set(score.reasons.map(\.code)).count == score.reasons.count)
  }

  @Test("No step that makes anything worse gives a better score, from any of 500 states")
  func monotone() {
    var random = SplitMix(seed: 2026)
    let worse: [(String, (inout HealthFacts) -> Void)] = [
      (
        "an error",
        {
          $0.judgedEvents = max($0.judgedEvents, $0.errors + 1)
          $0.errors += 1
        }
      ),
      ("a refused rule", { $0.refusedRules.append("x") }), ("a resting rule", { $0.restingRules.append("x") }),
      ("a lost event", { $0.lostEvents += 1 }), ("an unknown run", { $0.unknownRuns += 1 }),
      ("silence", { $0.engineSilence = ($0.engineSilence ?? 0) + 1 }),
      ("an ill part", { $0.parts.append(.init(.source, name: "x", detail: "")) }),
      ("a freeze", { $0.freeze = .init(by: "a", reason: "b", since: 1) }),
    ]
    for _ in 0..<500 {
      var facts = HealthFacts()
      for severity in Severity.allCases {
        facts.alerts[severity] = .init(
          open: Int.random(in: 0...6, using: &random), acknowledged: Int.random(in: 0...6, using: &random))
      }
      facts.judgedEvents = Int.random(in: 0...300, using: &random)
      facts.errors = facts.judgedEvents == 0 ? 0 : Int.random(in: 0..<facts.judgedEvents, using: &random)
      facts.lostEvents = Int.random(in: 0...1001, using: &random)
      let before = HealthScore(facts).score
      #expect((0...100).contains(before))
      for (name, change) in worse {
        var changed = facts
        change(&changed)
        #expect(HealthScore(changed).score <= before, "\(name) after \(facts)")
      }
      for severity in Severity.allCases {
        var more = facts
        more.alerts[severity, default: .init()].open += 1
        #expect(HealthScore(more).score <= before)
        var known = facts
        known.alerts[severity, default: .init()].acknowledged += 1
        #expect(HealthScore(known).score <= before && HealthScore(known).score >= HealthScore(more).score)
      }
    }
  }

  @Test("What somebody looks after is said, and since when it holds")
  func texts() {
    let reason = HealthScore(
      Self.facts { $0.alerts[.high] = .init(open: 1, acknowledged: 2, since: 42) }
    ).reasons[0]
    #expect(reason.text == "3 high alerts fire, 2 of them acknowledged" && reason.since == 42)
    #expect(reason.severity == .high)
    #expect(
      HealthScore(Self.facts { $0.refusedRules = ["d", "b", "a", "c"] }).reasons[0].text
        == "4 rules are broken and not active: a, b, c, …")
  }
}
