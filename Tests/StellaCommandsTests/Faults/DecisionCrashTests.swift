import Foundation
import GRDB
import StellaModel
import StellaRemediation
import Testing

/// Commands that ask for runs or decide on them, killed in every counted call and given again.
@Suite("A process killed while it asks or decides")
struct DecisionCrashTests {
  /// The points are shared out, so that two processes may run at a time.
  static let shares = 2
  /// Restarts after which the command must have ended by itself.
  private static let restarts = 3

  static let proposals = [
    "in a state directory of its own": ["watch", "--no-follow", "--propose", "app.jsonl"],
    "from a checkpoint": ["watch", "--no-follow", "--from", "checkpoint", "--propose", "app.jsonl"],
  ]

  /// Kills the command at the point, and gives it again until it has ended by itself.
  ///
  /// - Parameters:
  ///   - status: how it then ends.
  ///   - isForRunner: whether the run then waits for an engine, which isn't there.
  private func live(
    _ scene: RepairScene, _ arguments: [String], _ point: CrashPoint, status: Int32 = 0, isForRunner: Bool = false
  ) throws -> RunInvariants {
    try scene.restore()
    var found = try scene.stella(arguments, scene.crash.environment(point.manner, at: point.call))
    if found == 128 + SIGKILL, point.again > 0 {
      found = try scene.stella(arguments, scene.crash.environment(at: point.again))
    }
    var lives = 0
    while found == 128 + SIGKILL {
      lives += 1
      try #require(lives <= Self.restarts, "\(point): \(scene.said)")
      found = try scene.stella(arguments)
    }
    #expect(found == status, "\(point): \(scene.said)")
    let invariants = try RunInvariants(scene, "\(arguments[1]): \(point)")
    if isForRunner { try invariants.checkRecords() } else { try invariants.check() }
    let told = Set(scene.said.matches(of: /r-[0-9a-f]{8}/).map { String($0.output) })
    #expect(told.subtracting(invariants.state.runs.map(\.id)) == [], "told of, and lost: \(point)")
    return invariants
  }

  /// Of the kills one in `stride`, of the torn writes, which are few, one in three.
  private func sample(_ trace: CrashTrace, share: Int = 0, of shares: Int = 1, stride: Int) -> [CrashPoint] {
    let points = trace.kills
    return points.filter { $0.manner == .kill }.sample(share: share, of: shares, stride: stride)
      + points.filter { $0.manner == .torn }.sample(share: share, of: shares, stride: 3)
  }

  /// The run goes on as if nothing had happened to those who asked and decided.
  private func carryOut(_ scene: RepairScene, _ point: CrashPoint) throws {
    let run = try scene.state.runs[0]
    if run.state == .awaiting { try scene.expect(scene.approval(of: run.id), 0) }
    try scene.expect(["runs", "execute", run.id], 0)
    let invariants = try RunInvariants(scene, "carried out after \(point)")
    try invariants.check()
    try invariants.expect(run.id, .succeeded)
    try invariants.checkEffects(forth: (true, true, true), back: (false, false, false))
    try scene.expect(["log", "verify"], 0)
  }

  @Test("An alert becomes one run, which waits for its decision", arguments: proposals.keys.sorted(), 0..<shares)
  func proposal(place: String, share: Int) throws {
    let scene = try RepairScene()
    let command = try #require(Self.proposals[place])
    try scene.keep()
    let points = sample(try scene.trace(command), share: share, of: Self.shares, stride: 20)
    for (index, point) in points.enumerated() {
      let after = try live(scene, command, point)
      #expect(after.state.runs.map(\.state) == [.awaiting], "\(point): \(scene.said)")
      if index % 4 == 0 { try carryOut(scene, point) }
    }
  }

  @Test("An alert that still waits its turn is raised again")
  func waiting() throws {
    let scene = try RepairScene(lockTimeout: "1m")
    try scene.directory.write("app.jsonl", "")
    let watch = try scene.directory.stella(["watch", "--from", "checkpoint", "--propose", "app.jsonl"])
    /// It saves where it stands after it has said so; the next time shows that it has.
    func saves(_ counts: ClosedRange<Int>) -> Bool {
      counts.allSatisfy { count in
        watch.send(SIGHUP)
        return watch.until { $0.errors.components(separatedBy: "loaded anew").count > count }
      }
    }
    try #require(watch.until { $0.errors.contains("watching ") } && saves(1...2))
    // Nothing can be planned, so that the first alert keeps the second one waiting.
    var configuration = GRDB.Configuration()
    configuration.allowsUnsafeTransactions = true
    let holder = try DatabaseQueue(path: scene.directory("app.db"), configuration: configuration)
    try holder.inDatabase { try $0.execute(sql: "BEGIN EXCLUSIVE") }
    for service in ["shop", "bank"] {
      try scene.directory.append("app.jsonl", RepairScene.line(service))
      try #require(watch.until { $0.output.contains("(service \(service))") }, "\(watch.errors)")
    }
    try #require(saves(3...4))
    watch.send(SIGKILL)
    #expect(watch.status() == 128 + SIGKILL)
    try holder.close()
    try scene.expect(Self.proposals["from a checkpoint"] ?? [], 0)
    let runs = try scene.runs
    #expect(Set(runs.map(\.alertKey)).count == 2 && runs.count == 2, "\(scene.said)")
    #expect(runs.allSatisfy { $0.state == .awaiting || $0.state == .noChange }, "\(runs.map(\.state))")
    try RunInvariants(scene, "killed while an alert waited").check()
  }

  @Test("What is safe is done once for an alert", arguments: 0..<shares)
  func safe(share: Int) throws {
    let scene = try RepairScene(isSafe: true)
    try scene.keep()
    let command = ["watch", "--no-follow", "--run-fixes", "app.jsonl"]
    for point in sample(try scene.trace(command), share: share, of: Self.shares, stride: 20) {
      let after = try live(scene, command, point)
      #expect(after.state.runs.map(\.state) == [.succeeded], "\(point): \(scene.said)")
      try after.checkEffects(forth: (false, true, true), back: (false, false, false))
    }
  }

  struct Vote: CustomTestStringConvertible {
    let verb: String
    let approvals: Int
    let status: Int32
    let end: RunState

    var testDescription: String { "\(verb), \(approvals) needed" }
  }

  /// What an answer says is on record, without the number that only the first one has.
  private func recorded(_ scene: RepairScene) -> String? {
    scene.lastAnswer.firstMatch(of: /Recorded (?:as #[0-9]+|before): (.*)/).map { String($0.1) }
  }

  @Test(
    "A vote counts once, and given again it gets the same answer",
    arguments: [
      Vote(verb: "approve", approvals: 1, status: 0, end: .approved),
      Vote(verb: "approve", approvals: 2, status: 6, end: .awaiting),
      Vote(verb: "reject", approvals: 1, status: 0, end: .rejected),
    ])
  func vote(_ vote: Vote) throws {
    let scene = try RepairScene(approvals: vote.approvals)
    try scene.propose()
    try scene.keep()
    var command = try scene.approval(of: scene.run)
    command[1] = vote.verb
    let trace = try scene.trace(command)
    let answer = try #require(recorded(scene))
    for (index, point) in sample(trace, stride: 9).enumerated() {
      let after = try live(scene, command, point, status: vote.status, isForRunner: vote.end == .approved)
      #expect(recorded(scene) == answer, "\(point)")
      try after.expect(scene.run, vote.end)
      #expect(after.state.votes[scene.run]?.count == 1, "\(point)")
      guard vote.end == .approved, index % 4 == 0 else { continue }
      try carryOut(scene, point)
      try scene.expect(command, 0)
      #expect(recorded(scene) == answer, "after it was carried out: \(point)")
    }
  }

  @Test("Asking for a rollback again gives the run that was asked for")
  func rollbackRequest() throws {
    let scene = try RepairScene()
    try scene.approve()
    #expect(try scene.execute() == 0)
    try scene.keep()
    let command = ["runs", "rollback", scene.run]
    for (index, point) in sample(try scene.trace(command), stride: 9).enumerated() {
      let after = try live(scene, command, point)
      let undoing = after.state.runs.filter { $0.rollsBack == scene.run }
      #expect(undoing.map(\.state) == [.awaiting], "\(point)")
      guard let id = undoing.first?.id, index % 4 == 0 else { continue }
      #expect(scene.lastAnswer.contains(id), "\(point)")
      try scene.expect(scene.approval(of: id), 0)
      try scene.expect(["runs", "execute", id], 0)
      let invariants = try RunInvariants(scene, "rolled back after \(point)")
      try invariants.check()
      try invariants.expect(scene.run, .rolledBack)
      try invariants.checkEffects(forth: (true, true, true), back: (true, true, true))
    }
  }
}
