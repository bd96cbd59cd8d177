import StellaDetection
import StellaModel
import StellaScripting

/// Makes the changes that warnings come with.
package enum RuleFixer {
  /// A file with what was changed in it.
  package struct FixedFile: Sendable {
    package let file: String
    package let text: [UInt8]
    package let warnings: [LintWarning]
  }

  /// The files in which something can be changed; nothing is written. A change that a rule would not load with is left out.
  /// Runs scripts, so that it must run on the engine's thread. O(warnings × source).
  ///
  /// - Parameter parameters: what the configuration sets, by rule id.
  package static func fix(
    _ rules: RuleSet, _ warnings: [LintWarning], parameters: [String: [String: FieldValue]] = [:]
  ) -> [FixedFile] {
    rules.rules.compactMap { rule in
      var source = rule.source
      var done: [LintWarning] = []
      // From the end, since a change may take lines away.
      for warning in warnings.reversed() where warning.error.file == rule.source.file {
        for edit in warning.edits {
          guard let text = edit.applied(to: source.text) else { continue }
          let changed = RuleSource(file: source.file, text: text)
          let set = RuleSet(sources: [changed], parameters: parameters, fields: FieldRegister())
          guard set.refusals.isEmpty, set.rules.first?.manifest.id == rule.manifest.id else { continue }
          source = changed
          done.append(warning)
        }
      }
      return done.isEmpty ? nil : FixedFile(file: source.file, text: source.text, warnings: done.reversed())
    }
  }
}
