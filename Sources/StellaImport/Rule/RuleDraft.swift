import StellaModel

/// A native rule before it is written down. Times are nanoseconds.
struct RuleDraft {
  enum Shape {
    /// An alert for each event, those of one key within a time joined.
    case each(ImportedCondition)
    /// An alert for each event in whose values a function finds keywords: groups of them, each to hold or not.
    case searched(ImportedCondition, keywords: [(group: ImportedCondition, holds: Bool)])
    case threshold(ImportedCondition, count: Int, within: Int64, distinct: String?)
    case sequence([Step], within: Int64, isOrdered: Bool)
    /// Windows that open with a key's first event and are judged when they are over.
    case judged(ImportedCondition, Measure, [SigmaCondition.Bound], within: Int64)
    /// A value over the last events, compared at each event.
    case sliding(ImportedCondition, Statistic, [SigmaCondition.Bound], field: String, within: Int64)
  }

  struct Step {
    var name: String
    var condition: ImportedCondition
    var times = 1
    var isAbsent = false
    var within: Int64?
  }

  enum Measure {
    case events
    case distinct(String)
    case sum(String)
  }

  enum Statistic {
    case sum, mean, min, max
    case quantile(Double)
  }

  var metadata: SigmaMetadata
  var logSource: SigmaLogSource?
  var id: String
  var shape: Shape
  /// Event fields.
  var by: [String]
  /// Event fields worth showing.
  var shown: [String] = []
  var notes: [String] = []

  /// What the rule asks of events: of its `where`, or of each step.
  var conditions: [ImportedCondition] {
    switch shape {
    case .each(let condition), .searched(let condition, _), .threshold(let condition, _, _, _),
      .judged(let condition, _, _, _), .sliding(let condition, _, _, _, _):
      [condition]
    case .sequence(let steps, _, _): steps.map(\.condition)
    }
  }
}
