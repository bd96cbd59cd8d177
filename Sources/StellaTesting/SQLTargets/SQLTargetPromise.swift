/// What every database promises whose rows effects change. Each is proved on a bench of its own:
///
/// ```swift
/// @Test("A target keeps its promises", arguments: SQLTargetPromise.allCases)
/// func keeps(promise: SQLTargetPromise) throws { try promise.prove(on: try Bench()) }
/// ```
package enum SQLTargetPromise: String, CaseIterable, Sendable {
  case updatesAndRestores, leavesOutWhatIsSo, insertsAndRestores, refersToResults, deletesAndRestores
  case takesCompositeKeys, changesKeys, changesARowTwice, keepsEveryValue, takesManyRows
  case refusesTablesWithoutKey, refusesWhatIsNotThere, refusesWhatIsNotForEffects, refusesBrokenConstraints
  case refusesActionsOfForeignKeys, keepsToTheRowLimit, changesNothingByPreparing
  case seesDriftUnderTheLock, seesAChangedRow, seesAnAddedRow, seesARowThatIsGone, seesDriftWhenRestoring
  case appliesAllOrNothing, appliesOnce, givesUpForGood, tellsWhatWasApplied, fencesAnOlderEngine
  case needsMarkers, knowsItself, locksOutOthers, numbersEffectsAsThePlan
  case answersQuestions, cutsLongAnswers, onlyReads, onlyReadsUnderTheLock

  package func prove(on bench: any SQLTargetBench) throws {
    let scene = SQLTargetScene(bench: bench)
    switch self {
    case .updatesAndRestores: try scene.updatesAndRestores()
    case .leavesOutWhatIsSo: try scene.leavesOutWhatIsSo()
    case .insertsAndRestores: try scene.insertsAndRestores()
    case .refersToResults: try scene.refersToResults()
    case .deletesAndRestores: try scene.deletesAndRestores()
    case .takesCompositeKeys: try scene.takesCompositeKeys()
    case .changesKeys: try scene.changesKeys()
    case .changesARowTwice: try scene.changesARowTwice()
    case .keepsEveryValue: try scene.keepsEveryValue()
    case .takesManyRows: try scene.takesManyRows()
    case .refusesTablesWithoutKey: try scene.refusesTablesWithoutKey()
    case .refusesWhatIsNotThere: try scene.refusesWhatIsNotThere()
    case .refusesWhatIsNotForEffects: try scene.refusesWhatIsNotForEffects()
    case .refusesBrokenConstraints: try scene.refusesBrokenConstraints()
    case .refusesActionsOfForeignKeys: try scene.refusesActionsOfForeignKeys()
    case .keepsToTheRowLimit: try scene.keepsToTheRowLimit()
    case .changesNothingByPreparing: try scene.changesNothingByPreparing()
    case .seesDriftUnderTheLock: try scene.seesDriftUnderTheLock()
    case .seesAChangedRow: try scene.seesDrift("UPDATE jobs SET attempt = 9 WHERE id = 2", gone: 0, changed: 1, added: 0)
    case .seesAnAddedRow:
      try scene.seesDrift("INSERT INTO jobs VALUES (9, 'stuck', 1, 'new')", gone: 0, changed: 0, added: 1)
    case .seesARowThatIsGone: try scene.seesDrift("DELETE FROM jobs WHERE id = 2", gone: 1, changed: 0, added: 0)
    case .seesDriftWhenRestoring: try scene.seesDriftWhenRestoring()
    case .appliesAllOrNothing: try scene.appliesAllOrNothing()
    case .appliesOnce: try scene.appliesOnce()
    case .givesUpForGood: try scene.givesUpForGood()
    case .tellsWhatWasApplied: try scene.tellsWhatWasApplied()
    case .fencesAnOlderEngine: try scene.fencesAnOlderEngine()
    case .needsMarkers: try scene.needsMarkers()
    case .knowsItself: try scene.knowsItself()
    case .locksOutOthers: try scene.locksOutOthers()
    case .numbersEffectsAsThePlan: try scene.numbersEffectsAsThePlan()
    case .answersQuestions: try scene.answersQuestions()
    case .cutsLongAnswers: try scene.cutsLongAnswers()
    case .onlyReads: try scene.onlyReads()
    case .onlyReadsUnderTheLock: try scene.onlyReadsUnderTheLock()
    }
  }
}
