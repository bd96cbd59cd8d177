import Testing

@testable import StellaImport

@Suite struct SigmaCorpusTests {
  /// Whole rule sets of others convert, find what they must, and agree with another engine but where that one errs.
  @Test func publicRulesConvertAndFindWhatTheirAuthorsRecorded() throws {
    guard let corpus = try SigmaCorpus.load() else { return }
    let evtx = try #require(FieldMapping.builtIn("windows-evtx"))
    let stella = try #require(FieldMapping.builtIn("stella"))
    let imported = SigmaImport(mappings: [evtx, stella]).run(corpus.rules)
    let converted = imported.filter(\.isConverted)
    let refusals = imported.compactMap(\.refusal)
    print(
      "sigma: \(converted.count) of \(imported.count) documents convert, \(converted.filter { !$0.notes.isEmpty }.count) with notes"
    )
    for reason in SigmaReason.allCases {
      let found = refusals.filter { $0.reason == reason }
      if !found.isEmpty { print("sigma: refused, \(reason.rawValue): \(found.count), such as \(found[0])") }
    }
    #expect(!refusals.contains { $0.reason == .defect })
    #expect(Double(converted.count) >= 0.97 * Double(imported.count))

    var texts: [String: [String]] = [:]
    var titles: [String: String] = [:]
    for rule in converted {
      guard let id = rule.metadata.id else { continue }
      texts[id] = rule.files.map(\.text)
      titles[id] = rule.metadata.title
    }
    var passed = 0
    for (id, events) in corpus.regression {
      guard let rules = texts[id] else {
        print("sigma: regression, not converted: \(id)")
        continue
      }
      if try ImportedRules.matchingLines(rules, events).allSatisfy(\.isEmpty) {
        print("sigma: regression, not found: \(id) \(titles[id] ?? "")")
      } else {
        passed += 1
      }
    }
    print("sigma: \(passed) of \(corpus.regression.count) regression cases pass")
    #expect(passed >= corpus.regression.count - 1)

    // Another engine knows Windows events only.
    let windows = converted.filter { $0.files[0].text.contains("product windows") }.compactMap(\.metadata.id)
    let parts = windows.flatMap { id in (texts[id] ?? []).map { (id: id, text: $0) } }
    var found: [String: Set<Int>] = [:]
    for (part, events) in zip(parts, try ImportedRules.matchingLines(parts.map(\.text), corpus.events)) {
      found[part.id, default: []].formUnion(events)
    }
    var scores: [Double] = []
    for id in windows {
      let ours = found[id] ?? []
      let theirs = corpus.hits[id] ?? []
      if ours.isEmpty && theirs.isEmpty { continue }
      let common = Double(ours.intersection(theirs).count)
      scores.append(2 * common / Double(ours.count + theirs.count))
      if ours != theirs {
        let more = ours.subtracting(theirs).sorted().prefix(5)
        let fewer = theirs.subtracting(ours).sorted().prefix(5)
        print(
          "sigma: \(id) \(titles[id] ?? ""): \(ours.count) hits, \(theirs.count) there; only here \(more), only there \(fewer)"
        )
      }
    }
    for id in corpus.hits.keys.sorted() where !windows.contains(id) {
      print("sigma: hits of \(id), not converted")
      scores.append(0)
    }
    let mean = scores.reduce(0, +) / Double(max(1, scores.count))
    print("sigma: macro F1 \(mean) over \(scores.count) rules, \(windows.count) Windows rules")
    #expect(mean > 0.9)
  }
}
