import Foundation
import StellaModel
import StellaRemediation
import Testing

/// `stella runs execute` killed in every counted call that changes a file of the state directory or of the target, and
/// started again, until the run has come to an end or to a person.
@Suite("A run killed while it is carried out")
struct RunCrashTests {
  /// The points are shared out, so that two processes may run at a time.
  static let shares = 2
  /// Restarts after which a run must have ended.
  private static let restarts = 3

  /// - Parameter stride: of so many points one is taken, unless all are asked for: most of what happens before the last
  ///   effect is the same in all tests, and one of them takes every second point.
  private func points(_ scene: RepairScene, share: Int, stride: Int = 8) throws -> [CrashPoint] {
    let trace = try scene.trace(["runs", "execute", scene.run])
    #expect(Set("wstu").isSubset(of: trace.calls.map(\.letter)))
    return trace.kills.sample(share: share, of: Self.shares, stride: stride)
  }

  private func isOver(_ scene: RepairScene) throws -> Bool {
    try scene.runs.allSatisfy { $0.state.turn != .runner }
  }

  /// Kills at the point, goes on after it, and gives what came of it.
  private func live(_ scene: RepairScene, _ point: CrashPoint) throws -> RunInvariants {
    try scene.restore()
    var status = try scene.execute(scene.crash.environment(point.manner, at: point.call))
    let wasKilled = status == 128 + SIGKILL
    if wasKilled, point.again > 0 { status = try scene.execute(scene.crash.environment(at: point.again)) }
    var lives = 0
    while try !isOver(scene) {
      lives += 1
      let states = try scene.runs.map(\.state)
      try #require(lives <= Self.restarts, "\(point): \(states): \(scene.said)")
      _ = try scene.execute()
    }
    let invariants = try RunInvariants(scene, "\(point)")
    try invariants.check()
    if point.call % 16 == 0 { try scene.expect(["log", "verify"], 0) }
    return invariants
  }

  @Test("Each effect has happened once when it succeeds", arguments: 0..<shares)
  func success(share: Int) throws {
    let scene = try RepairScene()
    try scene.approve()
    try scene.keep()
    for point in try points(scene, share: share, stride: 2) {
      let after = try live(scene, point)
      try after.expect(scene.run, .succeeded)
      try after.checkEffects(forth: (true, true, true), back: (false, false, false))
    }
  }

  @Test("What nothing tells about is asked of a person, and never done twice", arguments: 0..<shares)
  func blind(share: Int) throws {
    let scene = try RepairScene(last: .blind)
    try scene.approve()
    try scene.keep()
    var unknown = 0
    for point in try points(scene, share: share) {
      var after = try live(scene, point)
      let end = try after.run(scene.run).state
      if end == .unknown {
        unknown += 1
        let wasDone = !scene.commandLedger.isEmpty
        try scene.expect(
          ["runs", "reconcile", scene.run, wasDone ? "--applied" : "--not-applied", "--reason", "looked"], 0)
        _ = try scene.execute()
        after = try RunInvariants(scene, "\(point), reconciled")
        try after.check()
      }
      let wasDone = !scene.commandLedger.isEmpty
      try after.expect(scene.run, (wasDone ? .succeeded : .partial))
      try after.checkEffects(forth: (true, true, wasDone), back: (false, false, false))
    }
    #expect(unknown > 0)
  }

  @Test("A run whose last effect fails is half done, and says so", arguments: 0..<shares)
  func failure(share: Int) throws {
    let scene = try RepairScene()
    try scene.directory.write("refuse", "")
    try scene.approve()
    try scene.keep()
    for point in try points(scene, share: share) {
      let after = try live(scene, point)
      try after.expect(scene.run, .partial)
      try after.checkEffects(forth: (true, true, false), back: (false, false, false))
    }
  }

  @Test("A run whose last effect fails is undone where the policy says so", arguments: 0..<shares)
  func rollbackByPolicy(share: Int) throws {
    let scene = try RepairScene(rollsBack: true)
    try scene.directory.write("refuse", "")
    try scene.approve()
    try scene.keep()
    for point in try points(scene, share: share) {
      let after = try live(scene, point)
      try after.expect(scene.run, .rolledBack)
      try after.checkEffects(forth: (true, true, false), back: (true, true, false))
    }
  }

  @Test("A rollback restores each thing once", arguments: 0..<shares)
  func rollback(share: Int) throws {
    let scene = try RepairScene()
    try scene.approve()
    let origin = scene.run
    #expect(try scene.execute() == 0)
    try scene.approveRollback(of: origin)
    try scene.keep()
    for point in try points(scene, share: share) {
      let after = try live(scene, point)
      try after.expect(origin, .rolledBack)
      try after.expect(scene.run, .succeeded)
      try after.checkEffects(forth: (true, true, true), back: (true, true, true))
    }
  }
}
