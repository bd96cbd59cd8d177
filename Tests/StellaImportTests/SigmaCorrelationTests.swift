import StellaModel
import Testing

@testable import StellaImport

@Suite struct SigmaCorrelationTests {
  private static func rule(_ name: String, _ item: String) -> String {
    """
    title: Rule \(name)
    name: \(name)
    id: \(name)-id
    logsource: {category: test}
    detection:
        s: {\(item)}
        condition: s
    ---

    """
  }

  private static func correlation(_ body: String) -> String {
    let lines = body.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n")
    return "title: Correlated\nid: correlated\nlevel: high\ncorrelation:\n\(lines)\n"
  }

  private static let failed = rule("failed", "event: fail")
  private static let login = rule("login", "event: ok")

  private func seconds(_ yaml: String, _ stream: ImportedStream, advance: Int64 = 0) throws -> [Int64] {
    let texts = try ImportedRules.texts(yaml)
    #expect(texts.count == 1, "rules of a correlation don't stand alone")
    return try stream.alerts(texts, advance: advance).map { ($0.lastSeen - ImportedStream.start) / 1_000_000_000 }
  }

  private func stream(_ events: [(Int64, String)]) -> ImportedStream {
    var stream = ImportedStream()
    for (second, members) in events { stream.add(second, members) }
    return stream
  }

  @Test func eventsAreCountedPerGroup() throws {
    let yaml =
      SigmaCorrelationTests.failed
      + SigmaCorrelationTests.correlation(
        "type: event_count\nrules: [failed]\ngroup-by: [user]\ntimespan: 1m\ncondition: {gte: 3}")
    let events = stream([
      (0, #""event":"fail","user":"a""#), (10, #""event":"fail","user":"a""#), (15, #""event":"fail","user":"b""#),
      (20, #""event":"ok","user":"a""#), (50, #""event":"fail","user":"a""#), (100, #""event":"fail","user":"b""#),
      (110, #""event":"fail","user":"b""#),
    ])
    #expect(try seconds(yaml, events) == [50])
    #expect(try seconds(yaml.replacing("gte: 3", with: "gt: 1, gte: 2"), events).first == 10)
  }

  @Test(arguments: [
    ("{lt: 2}", [Int64(100)]), ("{lte: 2}", [100]), ("{eq: 3}", [0]), ("{neq: 3}", [100]), ("{gt: 1, lt: 4}", [0]),
    ("{gt: 3, lte: 9}", []),
  ])
  func countsThatMoreEventsCanUndoAreJudgedWhenTheirWindowIsOver(condition: String, windows: [Int64]) throws {
    let yaml =
      SigmaCorrelationTests.failed
      + SigmaCorrelationTests.correlation(
        "type: event_count\nrules: [failed]\ngroup-by: [user]\ntimespan: 1m\ncondition: \(condition)")
    // Three in the window that opens at 0, one in that of 100.
    let events = stream([0, 10, 20, 100].map { ($0, #""event":"fail","user":"a""#) })
    let texts = try ImportedRules.texts(yaml)
    let alerts = try events.alerts(texts, advance: 300)
    #expect(alerts.count == windows.count)
    #expect(
      alerts.map(\.value) == windows.map { .integer($0 == 0 ? 3 : 1) })
  }

  @Test func differentValuesAreCounted() throws {
    let yaml =
      SigmaCorrelationTests.failed
      + SigmaCorrelationTests.correlation(
        "type: value_count\nrules: [failed]\ngroup-by: [host]\ntimespan: 1m\ncondition: {field: user, gte: 3}")
    let events = stream([
      (0, #""event":"fail","host":"h","user":"a""#), (1, #""event":"fail","host":"h","user":"a""#),
      (2, #""event":"fail","host":"h","user":"b""#), (3, #""event":"fail","host":"g","user":"d""#),
      (4, #""event":"fail","host":"h","user":"c""#),
    ])
    #expect(try seconds(yaml, events) == [4])
    let few = yaml.replacing("gte: 3", with: "lt: 2")
    #expect(try events.alerts(ImportedRules.texts(few), advance: 300).map(\.value) == [.integer(1)])
  }

  @Test(arguments: [
    ("value_sum", "gte: 60", [Int64(2)]), ("value_avg", "gt: 20", [2]), ("value_median", "gte: 19", [1, 2]),
    ("value_percentile", "percentile: 100, gte: 29", [2]),
  ])
  func valuesAreMeasuredOverTheLastEvents(kind: String, condition: String, firsts: [Int64]) throws {
    let yaml =
      SigmaCorrelationTests.failed
      + SigmaCorrelationTests.correlation(
        "type: \(kind)\nrules: [failed]\ngroup-by: [user]\ntimespan: 1m\ncondition: {field: size, \(condition)}")
    let events = stream([
      (0, #""event":"fail","user":"a","size":10"#), (1, #""event":"fail","user":"a","size":"20""#),
      (2, #""event":"fail","user":"a","size":33"#),
    ])
    let found = try #require(try seconds(yaml, events).first)
    #expect(firsts.contains(found))
    #expect(ImportedRules.imported(yaml).last?.notes.contains { $0.contains("sixtieth") } == true)
  }

  @Test func rulesCorrelateInAnyOrderOrInTheirs() throws {
    let rules = SigmaCorrelationTests.failed + SigmaCorrelationTests.login
    func yaml(_ type: String, _ more: String = "") -> String {
      rules
        + SigmaCorrelationTests.correlation(
          "type: \(type)\nrules: [failed, login-id]\ngroup-by: [user]\ntimespan: 1m\(more)")
    }
    let forwards = stream([(0, #""event":"fail","user":"a""#), (5, #""event":"ok","user":"a""#)])
    let backwards = stream([(0, #""event":"ok","user":"a""#), (5, #""event":"fail","user":"a""#)])
    let apart = stream([(0, #""event":"fail","user":"a""#), (90, #""event":"ok","user":"a""#)])
    let others = stream([(0, #""event":"fail","user":"a""#), (5, #""event":"ok","user":"b""#)])
    for type in ["temporal", "temporal_ordered"] {
      #expect(try seconds(yaml(type), forwards) == [5])
      #expect(try seconds(yaml(type), backwards) == (type == "temporal" ? [5] : []))
      #expect(try seconds(yaml(type), apart).isEmpty)
      #expect(try seconds(yaml(type), others).isEmpty)
    }
    #expect(try seconds(yaml("temporal", "\ncondition: failed and login"), backwards) == [5])
    #expect(try seconds(yaml("temporal", "\ncondition: failed or login"), backwards).isEmpty == false)
    #expect(try seconds(yaml("temporal", "\ncondition: failed and not login"), forwards, advance: 300).isEmpty)
    #expect(try !seconds(yaml("temporal", "\ncondition: failed and not login"), others, advance: 300).isEmpty)
    #expect(try seconds(yaml("temporal", "\ncondition: {gte: 2}"), backwards) == [5])
  }

  @Test func aCountCanBeAStepOfASequence() throws {
    let inner = """
      title: Many
      name: many
      correlation: {type: event_count, rules: [failed], group-by: [user], timespan: 1m, condition: {gte: 3}}
      ---

      """
    let yaml =
      SigmaCorrelationTests.failed + SigmaCorrelationTests.login + inner
      + SigmaCorrelationTests.correlation(
        "type: temporal_ordered\nrules: [many, login]\ngroup-by: [user]\ntimespan: 10m")
    func events(_ times: [Int64]) -> ImportedStream {
      stream(times.map { ($0, #""event":"fail","user":"a""#) } + [(300, #""event":"ok","user":"a""#)])
    }
    #expect(try seconds(yaml, events([0, 10, 20])) == [300])
    #expect(try seconds(yaml, events([0, 10])).isEmpty)
    #expect(try seconds(yaml, events([0, 10, 200])).isEmpty, "the count has a time of its own")
  }

  @Test func aliasesOfOneFieldAreResolvedAndOthersRefused() throws {
    let rules = SigmaCorrelationTests.failed + SigmaCorrelationTests.login
    func yaml(_ other: String) -> String {
      rules
        + SigmaCorrelationTests.correlation(
          """
          type: temporal
          rules: [failed, login]
          group-by: [who]
          timespan: 1m
          aliases: {who: {failed: user, login: \(other)}}
          """)
    }
    let events = stream([(0, #""event":"ok","user":"a""#), (5, #""event":"fail","user":"a""#)])
    #expect(try seconds(yaml("user"), events) == [5])
    let refusal = ImportedRules.imported(yaml("account")).compactMap(\.refusal).first
    #expect(refusal?.reason == .correlation && refusal?.message.contains("account") == true)
  }

  @Test func rulesOfAGeneratingCorrelationStandAlone() throws {
    let yaml =
      SigmaCorrelationTests.failed
      + SigmaCorrelationTests.correlation(
        "type: event_count\nrules: [failed]\ngroup-by: [user]\ntimespan: 1m\ncondition: {gte: 3}\ngenerate: true")
    #expect(try ImportedRules.texts(yaml).count == 2)
  }

  @Test(arguments: [
    ("rules: [nobody]\ntimespan: 1m\ntype: event_count\ncondition: {gte: 1}", "nobody"),
    ("rules: [failed]\ntimespan: soon\ntype: event_count\ncondition: {gte: 1}", "timespan is soon"),
    ("rules: [failed]\ntimespan: 1m\ntype: event_cuont\ncondition: {gte: 1}", "event_count"),
    ("rules: [failed]\ntimespan: 1m\ntype: value_count\ncondition: {gte: 1}", "no field"),
    ("rules: [failed]\ntimespan: 1m\ntype: event_count\ncondition: {gte: 9000000}", "1000000"),
    ("rules: [failed, login]\ntimespan: 1m\ntype: temporal\ncondition: {gte: 1}", "wants all"),
    ("rules: [failed]\ntimespan: 1m\ntype: event_count", "no condition"),
    ("rules: [failed]\ntimespan: 1m\ntype: value_count\ncondition: {field: f, lt: 1e300}", "fewer than"),
  ])
  func aCorrelationThatCannotBeSaidIsRefused(body: String, words: String) throws {
    let yaml = SigmaCorrelationTests.failed + SigmaCorrelationTests.login + SigmaCorrelationTests.correlation(body)
    let refusal = try #require(ImportedRules.imported(yaml).compactMap(\.refusal).first)
    #expect("\(refusal.message) \(refusal.remedy)".contains(words))
  }

  @Test func oldAggregationsBecomeThresholdsAndSequences() throws {
    func alerts(_ condition: String, _ events: [(Int64, String)], advance: Int64 = 0) throws -> Int {
      let detection = "a: {event: fail}\nb: {event: ok}\ntimeframe: 1m\ncondition: \(condition)"
      let texts = try ImportedRules.texts(ImportedRules.rule(detection))
      return try stream(events).alerts(texts, advance: advance).count
    }
    let three = [0, 10, 20].map { (Int64($0), #""event":"fail","user":"a","v":\#($0)"#) }
    #expect(try alerts("a | count() by user > 2", three) == 1)
    #expect(try alerts("a | count() > 3", three) == 0)
    #expect(try alerts("a | count(v) by user >= 3", three) == 1)
    #expect(try alerts("a | count(user) > 1", three) == 0)
    #expect(try alerts("a | count() by user < 4", three, advance: 300) == 1)
    #expect(try alerts("a | count() by user < 3", three, advance: 300) == 0)
    #expect(try alerts("a | sum(v) by user > 29", three) == 1)
    #expect(try alerts("a | sum(v) by user < 29", three, advance: 300) == 0)
    #expect(try alerts("a | max(v) > 15", three) == 1)
    #expect(try alerts("a | min(v) > 0", three) == 0)
    #expect(try alerts("a | avg(v) >= 10", three) == 1)
    #expect(try alerts("a | near b", [three[0], (5, #""event":"ok""#)]) == 1)
    #expect(try alerts("a | near b", [three[0], (70, #""event":"ok""#)]) == 0)
    let refusal = ImportedRules.imported(ImportedRules.rule("a: {b: 1}\ncondition: a | count() > 3"))[0].refusal
    #expect(refusal?.reason == .aggregation && refusal?.message.contains("timeframe") == true)
  }

  @Test func filtersAreJoinedToTheRulesThatTheyName() throws {
    let filter = """
      title: No admins
      logsource: {category: test}
      filter:
          rules: [failed-id]
          selection: {user|startswith: adm_}
          condition: not selection
      ---

      """
    let rules = ImportedRules.imported(filter + SigmaCorrelationTests.failed + SigmaCorrelationTests.login)
    #expect(
      rules[0].kind == .filter && rules[1].notes.contains { $0.contains("No admins") } && rules[2].notes.count == 1)
    let texts = try ImportedRules.texts(filter + SigmaCorrelationTests.failed + SigmaCorrelationTests.login)
    let events = [#""event":"fail","user":"adm_x""#, #""event":"fail","user":"x""#, #""event":"ok","user":"adm_x""#]
    #expect(try ImportedRules.matching(texts, events) == [[1], [2]])
  }
}
