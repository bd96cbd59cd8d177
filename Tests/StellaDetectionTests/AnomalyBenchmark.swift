import Foundation
import StellaModel

/// The Numenta Anomaly Benchmark's standard profile (A. Lavin, S. Ahmad, 2015): which share of the possible reward for
/// finding labelled windows early, less the costs of false alarms, a detector earns with one threshold for all series.
struct AnomalyBenchmark {
  struct Series {
    var name: String
    var times: [Int64]
    var values: [Double]
    /// First and last row of each window.
    var windows: [ClosedRange<Int>]
  }

  private static let falseAlarmCost = 0.11

  private var outcomes: [(score: Double, worth: Double, window: Int)] = []
  private var windowCount = 0

  /// Takes in the scores of a series, one per row.
  mutating func add(_ series: Series, scores: [Double]) {
    let probation = Swift.min(Int(0.15 * Double(scores.count)), 750)
    for row in scores.indices where row >= probation {
      if let index = series.windows.firstIndex(where: { $0.contains(row) }) {
        let window = series.windows[index]
        let place = -Double(window.upperBound - row + 1) / Double(window.count)
        let worth = AnomalyBenchmark.sigmoid(place) / AnomalyBenchmark.sigmoid(-1)
        outcomes.append((scores[row], worth, windowCount + index))
      } else {
        let before = series.windows.last { $0.upperBound < row }
        let worth = before.map {
          AnomalyBenchmark.sigmoid(Double(row - $0.upperBound) / Double($0.count - 1))
        }
        outcomes.append((scores[row], AnomalyBenchmark.falseAlarmCost * (worth ?? -1), -1))
      }
    }
    windowCount += series.windows.count
  }

  /// The score from 0 (says nothing) to 100 (perfect) at the best of all thresholds.
  func best() -> (score: Double, threshold: Double) {
    let ranked = outcomes.sorted { $0.score > $1.score }
    var found = [Double](repeating: -1, count: windowCount)
    var total = 0.0
    var best = (score: 0.0, threshold: 1.1)
    for (index, outcome) in ranked.enumerated() {
      if outcome.window < 0 {
        total += outcome.worth
      } else if outcome.worth > found[outcome.window] {
        total += outcome.worth - found[outcome.window]
        found[outcome.window] = outcome.worth
      }
      if index + 1 == ranked.count || ranked[index + 1].score != outcome.score {
        let score = 100 * total / Double(2 * windowCount)
        if score > best.score { best = (score, outcome.score) }
      }
    }
    return best
  }

  /// The series of the shared corpus; nil when it isn't there.
  static func corpus() throws -> [Series]? {
    guard let labels = DecodeCorpora.file("corpora/nab/labels/combined_windows.json") else { return nil }
    let named = try JSONSerialization.jsonObject(with: Data(labels)) as? [String: [[String]]] ?? [:]
    return named.keys.sorted().compactMap { name in
      guard let file = DecodeCorpora.file("corpora/nab/data/" + name) else { return nil }
      var texts: [String] = []
      var values: [Double] = []
      for line in String(decoding: file, as: UTF8.self).split(whereSeparator: \.isNewline).dropFirst() {
        let fields = line.split(separator: ",")
        guard fields.count == 2, let value = Double(fields[1]) else { return nil }
        texts.append(String(fields[0].prefix(19)))
        values.append(value)
      }
      let windows = (named[name] ?? []).compactMap { ends -> ClosedRange<Int>? in
        guard let first = texts.firstIndex(of: String(ends[0].prefix(19))),
          let last = texts.firstIndex(of: String(ends[1].prefix(19)))
        else { return nil }
        return first...last
      }
      return Series(name: name, times: texts.map(time), values: values, windows: windows)
    }
  }

  private static func time(_ text: String) -> Int64 {
    Timestamp.parse(text.replacing(" ", with: "T") + "Z") ?? 0
  }

  private static func sigmoid(_ x: Double) -> Double { x > 3 ? -1 : 2 / (1 + exp(5 * x)) - 1 }
}
