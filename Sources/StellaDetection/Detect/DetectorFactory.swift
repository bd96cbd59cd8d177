import StellaLua
import StellaModel
import StellaScripting

/// Chooses the detector for what a rule declares.
enum DetectorFactory {
  static func make(
    _ script: RuleScript, host: ScriptHost, order: Int, keys: KeySpace, affectedColumn: Int?, fields: FieldRegister
  ) -> Detector {
    let manifest = script.manifest
    if let sequence = manifest.sequence {
      return SequenceDetector(
        sequence, shape: MatchCallback.onMatch(script, host: host), manifest: script.shared, order: order, keys: keys,
        affectedColumn: affectedColumn)
    }
    if let absence = manifest.absence {
      return AbsenceDetector(
        absence, shape: MatchCallback.onAbsent(script, host: host), manifest: script.shared, order: order, keys: keys,
        affectedColumn: affectedColumn)
    }
    guard let threshold = manifest.threshold else {
      return ScriptDetector(script: script, host: host, order: order, keys: keys, affectedColumn: affectedColumn)
    }
    let match = ThresholdMatch(
      evidence: manifest.evidence, shape: MatchCallback.onMatch(script, host: host), keys: keys)
    if let distinct = threshold.distinct {
      return DistinctThreshold(
        threshold, column: fields.table.column(of: distinct), match: match, manifest: script.shared, order: order,
        keys: keys, affectedColumn: affectedColumn)
    }
    switch threshold.window {
    case .sliding:
      return SlidingThreshold(
        threshold, match: match, manifest: script.shared, order: order, keys: keys, affectedColumn: affectedColumn)
    case .fromFirst:
      return FromFirstThreshold(
        threshold, match: match, manifest: script.shared, order: order, keys: keys, affectedColumn: affectedColumn)
    }
  }
}
