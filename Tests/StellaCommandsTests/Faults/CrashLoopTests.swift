import Foundation
import StellaModel
import StellaRemediation
import Testing

/// Everything that becomes of an alert, with every process killed anywhere, again and again.
@Suite("A crash loop")
struct CrashLoopTests {
  private static let kills = 20

  /// What comes next for the alert, as somebody would do it who only looks at the runs; nil when it is repaired and undone.
  private func next(_ scene: RepairScene) throws -> [String]? {
    guard scene.isStored, let run = try scene.runs.first else { return RepairScene.proposal }
    if let undoing = try scene.runs.first(where: { $0.rollsBack == run.id }) {
      switch undoing.state {
      case .awaiting: return try scene.approval(of: undoing.id)
      case .succeeded: return nil
      default: return ["runs", "execute", undoing.id]
      }
    }
    switch run.state {
    case .proposed, .planning: return RepairScene.proposal
    case .awaiting: return try scene.approval(of: run.id)
    case .succeeded: return ["runs", "rollback", run.id]
    default: return ["runs", "execute", run.id]
    }
  }

  @Test("Twenty kills in a row lose no vote and do nothing twice", arguments: [2026, 41] as [UInt64])
  func loop(seed: UInt64) throws {
    print("seed \(seed)")
    var random = SplitMix64(state: seed)
    let scene = try RepairScene()
    var kills = 0
    var lives = 0
    while let command = try next(scene) {
      lives += 1
      try #require(lives < 10 * Self.kills, "seed \(seed): \(command): \(scene.said)")
      // Most lives are short, so that the kills don't come to an end before the alert does.
      let call = kills < Self.kills ? 1 + random.below(random.below(3) == 0 ? 200 : 12) : 0
      if try scene.stella(command, scene.crash.environment(at: call)) == 128 + SIGKILL { kills += 1 }
      if scene.isStored { try RunInvariants(scene, "seed \(seed), after \(kills) kills").checkRecords() }
    }
    #expect(kills == Self.kills)
    let after = try RunInvariants(scene, "seed \(seed)")
    try after.check()
    #expect(after.state.runs.map(\.state) == [.rolledBack, .succeeded])
    #expect(after.state.votes.values.map(\.count) == [1, 1])
    try after.checkEffects(forth: (true, true, true), back: (true, true, true))
    try scene.expect(["log", "verify"], 0)
  }
}
