import StellaModel

/// What a detector says about one key at one moment; an ``AlertBook`` makes alerts of findings.
struct Finding {
  var summary: String?
  var severity: Severity?
  var value: FieldValue?
  var expected: FieldValue?
  /// Matching events so far, and when the first of them was.
  var count = 1
  var firstSeen: Int64?
  var evidence: [EvidenceRecord] = []
  var affectedUsers: [String] = []
  var actions: [String]?
  var suggest: [String]?
  var labels: [FieldValue.Member] = []
}
