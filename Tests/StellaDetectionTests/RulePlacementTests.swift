import StellaScripting
import Testing

@testable import StellaDetection

@Suite("Which worker runs a rule")
struct RulePlacementTests {
  /// How many rules each worker gets, by list of keys.
  private func counts(_ keys: [String], workers: Int, readsAhead: Bool) -> [String: [Int]] {
    let sources = keys.enumerated().map { number, key in
      RuleSource(
        file: "rule\(number).lua",
        text: Array(
          """
          return rule { api = 1, id = "r\(number)", title = "T", severity = "low", where = [[true]],
            by = { "\(key)" }, threshold = { count = 3, within = "1m" } }
          """.utf8))
    }
    let set = RuleSet(sources: sources, fields: FieldRegister(), workers: workers, readsAhead: readsAhead)
    #expect(set.refusals.isEmpty)
    var counts: [String: [Int]] = [:]
    for rule in set.rules {
      counts[rule.manifest.by[0], default: Array(repeating: 0, count: workers)][rule.detector.keys.share] += 1
    }
    return counts
  }

  @Test("Each gets as many rules of each list of keys as the others")
  func even() {
    let keys = Array(repeating: ["a", "b"], count: 30).flatMap(\.self)
    #expect(counts(keys, workers: 2, readsAhead: false) == ["a": [15, 15], "b": [15, 15]])
    #expect(counts(keys, workers: 3, readsAhead: false) == ["a": [10, 10, 10], "b": [10, 10, 10]])
  }

  @Test("The one that reads ahead gets fewer rules of each list, and none when there are few")
  func readingAhead() {
    let keys = Array(repeating: ["a", "b"], count: 30).flatMap(\.self)
    #expect(counts(keys, workers: 2, readsAhead: true) == ["a": [12, 18], "b": [12, 18]])
    #expect(counts(["a", "a", "b", "a"], workers: 2, readsAhead: true) == ["a": [0, 3], "b": [0, 1]])
    #expect(counts(keys, workers: 1, readsAhead: true) == ["a": [30], "b": [30]])
  }
}
