import Foundation
import StellaModel
import StellaRemediation
import StellaSQLite
import Testing

/// Space that runs out in a write of every commit, and is there again for the next command.
@Suite("A disk that fills up")
struct FullDiskTests {
  /// Commands after which a run must have ended once there is space.
  private static let restarts = 3
  static let shares = 2

  /// What the command says when it could not do all that it was to do.
  private func checkWords(_ scene: RepairScene, _ point: CrashPoint) {
    let says = ["no space is left on its file system. Free some", "database or disk is full"]
    #expect(says.contains { scene.said.contains($0) }, "\(point): \(scene.said)")
  }

  /// Lets space run out at the point.
  ///
  /// - Returns: whether the command did what it was to do all the same.
  private func fill(
    _ scene: RepairScene, _ arguments: [String], _ point: CrashPoint, isDone: () throws -> Bool
  ) throws -> Bool {
    try scene.restore()
    let isWatch = arguments[0] == "watch"
    let status = try scene.stella(arguments, scene.crash.environment(.full, at: point.call))
    #expect(status == 0 || status == 10, "\(point): \(scene.said)")
    let isDone = try isDone()
    if !isDone || !scene.lastWords.isEmpty && !isWatch { checkWords(scene, point) }
    // A watch goes on printing alerts whatever becomes of fixes.
    if !isWatch { #expect((status == 0) == isDone, "\(point): \(scene.said)") }
    return isDone
  }

  @Test("An alert that could not be kept or proposed for is proposed for once there is space", arguments: 0..<shares)
  func proposal(share: Int) throws {
    let scene = try RepairScene()
    try scene.keep()
    let command = ["watch", "--no-follow", "--from", "checkpoint", "--propose", "app.jsonl"]
    for point in try scene.trace(command).commits(.full).sample(share: share, of: Self.shares, stride: 5) {
      _ = try fill(scene, command, point) { try scene.isStored && scene.state.runs.first?.state == .awaiting }
      try RunInvariants(scene, "\(point)").checkRecords()
      try scene.expect(command, 0)
      let after = try RunInvariants(scene, "\(point), with space again")
      try after.check()
      #expect(after.state.runs.map(\.state) == [.awaiting], "\(point): \(scene.said)")
    }
  }

  @Test("A vote that could not be kept is not told to be, and counts once there is space")
  func vote() throws {
    let scene = try RepairScene()
    try scene.propose()
    try scene.keep()
    let command = try scene.approval(of: scene.run)
    for point in try scene.trace(command).commits(.full).sample(stride: 2) {
      let isDone = try fill(scene, command, point) { try scene.state.runs[0].state == .approved }
      #expect(scene.lastAnswer.contains("Recorded") == isDone, "\(point)")
      try scene.expect(command, 0)
      let after = try RunInvariants(scene, "\(point)")
      try after.checkRecords()
      try after.expect(scene.run, .approved)
      #expect(after.state.votes[scene.run]?.count == 1, "\(point)")
    }
  }

  /// What can become of a run whose effects or records found no space.
  private static let ends: Set<RunState> = [.succeeded, .failed, .partial]

  /// Fills the disk while the run is carried out, and gives what became of it once there was space.
  ///
  /// - Parameter look: gets what there was before.
  private func execute(
    _ scene: RepairScene, _ point: CrashPoint, look: (RunInvariants) throws -> Void = { _ in }
  ) throws -> RunInvariants {
    let command = ["runs", "execute", scene.run]
    _ = try fill(scene, command, point) { try scene.run(scene.run).state == .succeeded }
    let full = try RunInvariants(scene, "\(point)")
    try full.checkRecords()
    try look(full)
    if try full.run(scene.run).rollsBack == nil { try full.checkSteps(of: scene.run) }
    var lives = 0
    while try scene.run(scene.run).state.turn == .runner {
      lives += 1
      try #require(lives <= Self.restarts, "\(point): \(scene.said)")
      _ = try scene.execute()
    }
    let after = try RunInvariants(scene, "\(point), with space again")
    try after.check()
    let end = try after.run(scene.run).state
    #expect(Self.ends.contains(end), "\(point): \(end): \(scene.said)")
    return after
  }

  @Test("No effect begins without a record of it, and no outcome is lost", arguments: 0..<shares)
  func run(share: Int) throws {
    let scene = try RepairScene()
    try scene.approve()
    try scene.keep()
    let points = try scene.trace(["runs", "execute", scene.run]).commits(.full)
    let events = try scene.state.records.filter { $0.run == scene.run }.map { $0.text("event") ?? $0.kind.rawValue }
    var missing: Set<String> = []
    var ends: Set<RunState> = []
    var givenUp = 0
    for point in points.sample(share: share, of: Self.shares, stride: 1) {
      let after = try execute(scene, point) { full in
        let records = full.state.records.count { $0.run == scene.run }
        if try full.run(scene.run).state.turn == .runner { missing.insert(events[records]) }
        let reserve = try? FileManager.default.attributesOfItem(atPath: scene.directory(".stella/reserve"))
        if reserve?[.size] as? Int == 0 { givenUp += 1 }
      }
      try after.checkSteps(of: scene.run)
      let end = try after.run(scene.run).state
      let applied = after.state.steps[scene.run, default: []].count { $0.state == .applied }
      #expect((end == .failed) == (applied == 0) && (end == .succeeded) == (applied == 3), "\(point)")
      ends.insert(end)
    }
    // Where the run stood each time; outcomes are never missing, because of what is set aside for them.
    #expect(missing == ["claimed", "digest_confirmed", "effect_intended", "all_applied", "script.executed"])
    #expect(ends == Self.ends)
    #expect(givenUp > 0)
  }

  @Test("A rollback restores what it can, and says what it left", arguments: 0..<shares)
  func rollback(share: Int) throws {
    let scene = try RepairScene()
    try scene.approve()
    let origin = scene.run
    #expect(try scene.execute() == 0)
    try scene.approveRollback(of: origin)
    try scene.keep()
    let trace = try scene.trace(["runs", "execute", scene.run])
    for point in trace.commits(.full).sample(share: share, of: Self.shares, stride: 4) {
      let after = try execute(scene, point)
      let ends: [RunState: RunState] = [.succeeded: .rolledBack, .failed: .rollbackFailed, .partial: .rollbackFailed]
      let end = try after.run(scene.run).state
      let found = try after.run(origin).state
      #expect(found == ends[end] || (end == .failed && found == .succeeded), "\(point): \(end), \(found)")
    }
  }

  @Test("On a full disk one can still look, and stop all effects")
  func emergency() throws {
    let scene = try RepairScene()
    try scene.propose()
    // The first who opens a store that was closed writes to it, also to read.
    for arguments in [["runs", "list"], ["freeze", "set", "--reason", "the disk is full"], ["freeze", "status"]] {
      let status = try scene.stella(arguments, scene.crash.environment(.full, at: 1))
      #expect(status == (arguments[1] == "status" ? 8 : 0), "\(arguments): \(scene.said)")
    }
    #expect(scene.said.contains("the disk is full"), "\(scene.said)")
    let spare = try FileManager.default.attributesOfItem(atPath: scene.directory(".stella/spare"))
    #expect((spare[.size] as? Int).map { $0 < StateSpare.byteCount } == true)
    // With space it is set aside again.
    try scene.expect(["freeze", "clear", "--reason", "there is space"], 0)
    let again = try FileManager.default.attributesOfItem(atPath: scene.directory(".stella/spare"))
    #expect(again[.size] as? Int == StateSpare.byteCount)
    try RunInvariants(scene, "after a full disk").check()
  }
}
