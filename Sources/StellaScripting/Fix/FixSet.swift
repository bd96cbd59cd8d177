import StellaModel

/// The fixes that are active together. Immutable.
package struct FixSet: Sendable {
  /// In the order of their ids.
  package let fixes: [FixScript]
  package let refusals: [FixRefusal]

  /// Loads `sources`. A file that can't be used is among ``refusals`` and the others are active. Of several fixes with one
  /// id the first is kept.
  ///
  /// - Parameter unreadable: files that could not even be read.
  package init(sources: [RuleSource], unreadable: [RuleError] = [], limits: FixLimits = FixLimits()) {
    var refusals = unreadable.map { error in
      FixRefusal(
        file: error.file, id: nil,
        errors: [FixError(.unreadable, error.message, remedy: error.remedy, file: error.file, line: error.line)])
    }
    var fixes: [FixScript] = []
    for source in sources {
      do throws(FixRefusal) {
        let fix = try FixLoader.load(source, limits: limits)
        if let other = fixes.first(where: { $0.manifest.id == fix.manifest.id }) {
          throw FixRefusal(
            file: source.file, id: fix.manifest.id,
            errors: [
              FixError(
                .duplicateID, "the id \(fix.manifest.id) belongs to \(other.source.file) already",
                remedy: "Give each fix an id of its own.", file: source.file,
                line: ManifestLines(source: source.text, constructor: "fix").line(of: "id"))
            ])
        }
        fixes.append(fix)
      } catch {
        refusals.append(error)
      }
    }
    self.fixes = fixes.sorted { $0.manifest.id.utf8.lexicographicallyPrecedes($1.manifest.id.utf8) }
    self.refusals = refusals
  }

  /// The ids of all fixes, refused ones included; nil when one was refused whose id can't be told.
  package var ids: [String]? {
    let refused = refusals.compactMap(\.id)
    return refused.count == refusals.count ? fixes.map(\.manifest.id) + refused : nil
  }

  /// The fix called `id`.
  package func fix(_ id: String) -> FixScript? { fixes.first { $0.manifest.id == id } }

  /// The fixes that have to do with the alert, also those whose `when` says no or fails: best reason first, then by id.
  /// Runs the `when` of each of them; see ``FixScript`` for the thread.
  package func candidates(for alert: Alert) -> [FixCandidate] {
    found(rule: alert.rule, type: alert.type, suggested: alert.fixes)
      .map { FixCandidate(fix: $0.fix, reasons: $0.reasons, when: $0.fix.when(alert)) }
  }

  /// The fixes that would have to do with an alert of a rule, in the order of ``candidates(for:)``. Runs nothing.
  ///
  /// - Parameters:
  ///   - type: of the rule's alerts.
  ///   - suggested: what the rule suggests, best first.
  package func found(
    rule: String, type: String, suggested: [String]
  ) -> [(fix: FixScript, reasons: [FixCandidate.Reason])] {
    let found = fixes.compactMap { fix -> (fix: FixScript, reasons: [FixCandidate.Reason])? in
      var reasons: [FixCandidate.Reason] = []
      if let place = suggested.firstIndex(of: fix.manifest.id) { reasons.append(.suggested(place: place + 1)) }
      if fix.manifest.handles.contains(rule) { reasons.append(.rule(rule)) }
      if fix.manifest.handlesType.contains(type) { reasons.append(.type(type)) }
      return reasons.isEmpty ? nil : (fix, reasons)
    }
    return found.enumerated().sorted { left, right in
      let ranks = (left.element.reasons[0].rank, right.element.reasons[0].rank)
      return ranks.0 == ranks.1 ? left.offset < right.offset : ranks.0 < ranks.1
    }.map(\.element)
  }
}
