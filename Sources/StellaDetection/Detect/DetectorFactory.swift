import StellaLua
import StellaModel
import StellaScripting

/// Chooses the detector for what a rule declares.
enum DetectorFactory {
  static func make(
    _ script: RuleScript, host: ScriptHost, order: Int, keys: KeySpace, affectedColumn: Int?, fields: FieldRegister
  ) -> Detector {
    let manifest = script.manifest
    guard let threshold = manifest.threshold else {
      return ScriptDetector(script: script, host: host, order: order, keys: keys, affectedColumn: affectedColumn)
    }
    let match = ThresholdMatch(
      evidence: manifest.evidence,
      shape: manifest.onMatch == nil ? nil : MatchCallback(script: script, host: host, keys: keys))
    if let distinct = threshold.distinct {
      return DistinctThreshold(
        threshold, column: fields.table.column(of: distinct), match: match, manifest: manifest, order: order,
        keys: keys, affectedColumn: affectedColumn)
    }
    switch threshold.window {
    case .sliding:
      return SlidingThreshold(
        threshold, match: match, manifest: manifest, order: order, keys: keys, affectedColumn: affectedColumn)
    case .fromFirst:
      return FromFirstThreshold(
        threshold, match: match, manifest: manifest, order: order, keys: keys, affectedColumn: affectedColumn)
    }
  }
}
