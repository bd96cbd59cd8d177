import StellaModel

/// A number over the events of a key within a time, and what it is compared with.
struct Aggregate {
  var function: SigmaCondition.Function
  /// An event field.
  var field: String?
  var bounds: [SigmaCondition.Bound]
  var within: Int64
  var line: Int

  private static let countLimit: Int64 = 1_000_000
  /// Different values that a script keeps of a key, to tell how many there are when its window is over.
  static let keptValueLimit = 1_000

  /// The shape of the rule that fires when the comparison holds.
  func shape(of condition: ImportedCondition, notes: inout [String]) throws(SigmaRefusal) -> RuleDraft.Shape {
    switch (function, field) {
    case (.count, let field):
      if let field { try checkName(field) }
      if let least = try leastCount {
        return .threshold(condition, count: least, within: within, distinct: field)
      }
      if field != nil, let most = bounds.map(\.value).max(), most > Double(Aggregate.keptValueLimit) {
        throw SigmaRefusal(
          .aggregation,
          "it tells whether there are fewer than \(most) different values, and a script keeps "
            + "\(Aggregate.keptValueLimit) of a key", "Count to less, or ask for more instead of fewer.", line: line)
      }
      noteWindows(&notes)
      return .judged(condition, field.map { .distinct($0) } ?? .events, bounds, within: within)
    case (.sum, let field?):
      if isRising { return sliding(.sum, field, condition, &notes) }
      noteWindows(&notes)
      return .judged(condition, .sum(field), bounds, within: within)
    case (.avg, let field?): return sliding(.mean, field, condition, &notes)
    case (.min, let field?): return sliding(.min, field, condition, &notes)
    case (.max, let field?): return sliding(.max, field, condition, &notes)
    case (_, nil):
      throw SigmaRefusal(.aggregation, "\(function.rawValue) names no field", "Name one.", line: line)
    }
  }

  /// Percentiles, which only correlations have.
  func quantile(
    _ p: Double, of condition: ImportedCondition, notes: inout [String]
  ) throws(SigmaRefusal) -> RuleDraft.Shape {
    guard let field else {
      throw SigmaRefusal(.aggregation, "the percentile names no field", "Name one.", line: line)
    }
    notes.append("quantiles are estimated: what is compared is at most 1% off a value of that rank")
    return sliding(.quantile(p), field, condition, &notes)
  }

  private func sliding(
    _ statistic: RuleDraft.Statistic, _ field: String, _ condition: ImportedCondition, _ notes: inout [String]
  ) -> RuleDraft.Shape {
    notes.append(
      "it is compared at each event, over a window that slides in 60 steps: what is up to a sixtieth of the time too old "
        + "may be gone already")
    return .sliding(condition, statistic, bounds, field: field, within: within)
  }

  private func noteWindows(_ notes: inout [String]) {
    notes.append(
      "counted in windows that open with a key's first event and are judged when they are over; a key without any event "
        + "is not judged")
  }

  /// Whether more events can only make it truer.
  private var isRising: Bool { bounds.allSatisfy { $0.relation == .greater || $0.relation == .greaterOrEqual } }

  /// The count from which on the comparison holds, when there is one.
  private var leastCount: Int? {
    get throws(SigmaRefusal) {
      guard isRising else { return nil }
      let least =
        bounds.map { bound in
          bound.relation == .greater ? bound.value.rounded(.down) + 1 : bound.value.rounded(.up)
        }.max() ?? 1
      guard least >= 1 else { return 1 }
      guard least <= Double(Aggregate.countLimit) else {
        throw SigmaRefusal(
          .aggregation, "it counts to \(least), and a rule counts to \(Aggregate.countLimit)", "Count to less.",
          line: line)
      }
      return Int(least)
    }
  }

  private func checkName(_ field: String) throws(SigmaRefusal) {
    let isName = field.utf8.allSatisfy { byte in
      (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || [45, 46, 95].contains(byte)
    }
    guard isName, !field.isEmpty, field.utf8.count <= 128 else {
      throw SigmaRefusal(
        .field, "values of the event field \(field) can't be counted: its name is not of letters, digits, . - _",
        "Map it to a field with a plain name.", line: line)
    }
  }
}
