import StellaDetection
import StellaModel
import StellaRemediation
import StellaSQLite
import StellaTesting
import Testing

@testable import StellaEngine

@Suite("The thread that repairs")
struct RemediationThreadTests {
  @Test("100,000 alerts that say the same of a few things make one run for each thing, and none is lost")
  func same() throws {
    let scene = try RemediationScene()
    let thread = try scene.thread()
    for round in 0..<100 {
      // Ten alerts of each of a hundred services, said again and again.
      thread.take(
        (0..<1000).map { RemediationScene.alert("a\($0)", service: "s\($0 % 100)", revision: round + 1) })
    }
    thread.end()
    #expect(scene.notices.droppedCount == 0)
    #expect(try scene.base.readRuns { try $0.alerts(AlertQuery()).count } == 1000)
    #expect(try scene.runs(.awaiting).count == 100)
    // What else came of it is bounded.
    #expect(try scene.runs().count <= 100 + Remediation<FaultyStore<SQLiteStore>>.suppressionLimit)
    #expect(scene.target.calls == 0)
  }

  @Test("100,000 alerts at once are kept up to the queue's limit, and each of the others is counted and told")
  func storm() throws {
    let scene = try RemediationScene()
    let thread = try scene.thread()
    let before = ResidentMemory.bytes()
    for batch in 0..<100 {
      thread.take(
        (0..<1000).map { RemediationScene.alert("a\(batch).\($0)", service: "s", status: .resolved) })
    }
    thread.end()
    let kept = try scene.base.readRuns { try $0.alerts(AlertQuery()).count }
    #expect(kept + scene.notices.droppedCount == 100_000)
    #expect(kept >= RemediationThread<RemediationScene.Store>.queueLimit)
    #expect(try scene.runs().isEmpty)
    print("100,000 alerts: \(kept) kept, resident memory grew by \((ResidentMemory.bytes() - before) >> 20) MiB")
  }

  @Test("A thousand runs of a fix may wait; alerts of more things make no more, and that is on record once")
  func waiting() throws {
    let scene = try RemediationScene()
    try fill(scene, count: Remediation<RemediationScene.Store>.waitingLimit)
    let thread = try scene.thread(runs: false)
    thread.take((0..<300).map { RemediationScene.alert("more \($0)", service: "more\($0)") })
    thread.end()
    #expect(try scene.runs(.awaiting).count == Remediation<RemediationScene.Store>.waitingLimit)
    let held = try scene.runs(.suppressed)
    #expect(held.count == Remediation<RemediationScene.Store>.suppressionLimit)
    #expect(held.allSatisfy { $0.detail.contains("1000 runs of this fix wait already") })
    // Who asks for one more is told, too, and leaves nothing.
    let failure = #expect(throws: RemediationError.self) {
      try scene.remediation.request(
        "restart", parameters: [.init("service", .string("one more"))], by: "token:asker@mara")
    }
    #expect(failure?.code == .conflict && failure?.message.contains("withdraw them") == true, "\(failure as Any)")
    #expect(try scene.runs(.awaiting).count == Remediation<RemediationScene.Store>.waitingLimit)
  }

  @Test("Runs that tokens ask for take half of the room of a fix's; alerts and people find the rest")
  func tokens() throws {
    let scene = try RemediationScene()
    let limit = Remediation<RemediationScene.Store>.tokenWaitingLimit
    try fill(scene, count: limit + 1, by: Caller.tokenActor("asker", owner: "mara"))
    func ask(by actor: String) throws -> Run {
      try scene.remediation.request("restart", parameters: [.init("service", .string("more"))], by: actor)
    }
    let failure = #expect(throws: RemediationError.self) { try ask(by: Caller.tokenActor("other", owner: "mara")) }
    #expect(failure?.code == .conflict && failure?.message.contains("tokens") == true, "\(failure as Any)")
    #expect(try scene.runs(.awaiting).count == limit + 1)
    #expect(try ask(by: "user:mara").state == .awaiting)
    #expect(try scene.remediation.propose(RemediationScene.alert("next", service: "next"))?.state == .awaiting)
  }

  @Test("How an alert stands by now is kept while it fires, after those that wait; one that is over stays over")
  func standing() throws {
    let scene = try RemediationScene()
    let thread = try scene.thread(runs: false)
    // More than are looked at at once.
    let alerts = (0..<300).map { RemediationScene.alert("a\($0)", service: "s\($0)") }
    thread.take(alerts + [RemediationScene.alert("over", service: "over", status: .resolved, revision: 2)])
    thread.update(
      (alerts + [RemediationScene.alert("over", service: "over")]).map { alert in
        var alert = alert
        (alert.count, alert.lastSeen, alert.inputEnded) = (9, 7, true)
        return alert
      })
    thread.end()
    let kept = try scene.base.readRuns { try $0.alerts(AlertQuery()) }
    let firing = kept.filter { $0.status == .firing }
    #expect(firing.count == 300)
    #expect(firing.allSatisfy { $0.count == 9 && $0.lastSeen == 7 && $0.json.contains(#""input_ended":true"#) })
    #expect(kept.first { $0.id == "over" }?.count == 3)
    #expect(try scene.runs(.awaiting).count == 300)
  }

  @Test("Why nothing is asked for is told once: the alerts are over, or the run is held back")
  func notAsked() throws {
    let scene = try RemediationScene()
    let thread = try scene.thread(runs: false)
    // Over before anybody could look at them.
    thread.take(
      ["a", "b"].flatMap { name in
        [
          RemediationScene.alert(name, service: name),
          RemediationScene.alert(name, service: name, status: .resolved, revision: 2),
        ]
      })
    thread.take([RemediationScene.alert("never fired", service: "c", status: .resolved)])
    let over = Notices.Notice.notAsked(NotAsked(fix: "restart", over: 2))
    try scene.notices.wait { $0 == over }
    thread.take([RemediationScene.alert("d", service: "d")])
    try scene.notices.wait { if case .proposed = $0 { true } else { false } }
    for revision in 1...3 {
      thread.take([
        RemediationScene.alert("again", service: "d", revision: revision),
        RemediationScene.alert("d", service: "d", revision: 1 + revision),
      ])
      _ = thread.isSettled(within: nil)
    }
    thread.end()
    let held = try #require(try scene.runs(.suppressed).first)
    let said = scene.notices.all.filter { if case .notAsked = $0 { true } else { false } }
    #expect(said == [over, .notAsked(NotAsked(fix: "restart", why: held.detail, run: held.id))])
  }

  @Test("Alerts of a rule in shadow mode, and muted ones, are kept with the reason and never reach a fix")
  func muted() throws {
    let scene = try RemediationScene(isSafe: true)
    let thread = try scene.thread()
    let mutes = [
      Mute(.shadow, by: "mara", reason: "new"), Mute(.maintenance, name: "move", by: "ivo", reason: "racks", until: 9),
      Mute(.silence, name: "4", by: "user:mara", reason: "known"), nil,
    ]
    let alerts = mutes.enumerated().map { number, mute in
      var alert = RemediationScene.alert("a\(number)", service: "s\(number)")
      alert.mute = mute
      return alert
    }
    thread.take(alerts)
    try scene.notices.wait { if case .ran = $0 { true } else { false } }
    // When it is over, why nobody was told is still what there is to know.
    thread.take([RemediationScene.alert("a0", service: "s0", status: .resolved, revision: 2)])
    thread.end()
    #expect(try scene.runs().map(\.alert) == ["a3"])
    #expect(scene.target.calls == 1)
    let kept = try scene.base.readRuns { try $0.alerts(AlertQuery()) }.sorted { $0.id < $1.id }
    #expect(try kept.map { try #require(Alert(JSONParser().parse($0.json))).mute } == mutes)
    #expect(kept.map(\.mutedBy) == [nil, nil, 4, nil] && kept[0].status == .resolved)
    for alert in alerts.dropLast() { #expect(try scene.remediation.propose(alert) == nil) }
  }

  @Test("A silence that somebody sets is what mutes from then on, for its rule and key")
  func silence() throws {
    let scene = try RemediationScene()
    let set = StoredAlert.Remark(by: "user:mara", time: 0, reason: "known")
    let number = try scene.base.write(as: .command) {
      try $0.insert(
        Silence(rule: "service.down", key: [.init("service", .string("a"))], until: .max / 2, set: set))
    }
    let thread = try scene.thread(runs: false)
    let mute = thread.mute(RemediationScene.alert("x", service: "a"))
    #expect(mute == Mute(.silence, name: "\(number)", by: "user:mara", reason: "known", until: .max / 2))
    #expect(thread.mute(RemediationScene.alert("x", service: "b")) == nil)
    thread.end()
  }

  @Test(
    "What a person resolved stays resolved when the journal is read again, and nothing is asked for; a newer revision counts"
  )
  func resolvedByHand() throws {
    let scene = try RemediationScene()
    let firing = RemediationScene.alert("a", service: "a")
    try keepsDecision(firing, in: scene.base) { try RemediationThread.keeping($0, scene.notices) }
    try keepsDecision(firing, in: InMemoryRunStore()) { try RemediationThread.keeping($0, scene.notices) }
    let thread = try scene.thread(runs: false)
    thread.take([firing])
    thread.end()
    #expect(try scene.runs().isEmpty && scene.notices.all.isEmpty)
    #expect(try scene.base.readRuns { try $0.alert("a")?.status } == .resolved)
    // One that fires anew after the decision is not what the decision was about.
    let again = try scene.thread(runs: false)
    again.take([RemediationScene.alert("a", service: "a", revision: 2)])
    again.end()
    #expect(try scene.base.readRuns { try $0.alert("a")?.status } == .firing)
    #expect(try scene.runs(.awaiting).map(\.alert) == ["a"])
  }

  /// An alert fires, a person resolves it, and an engine that was killed reads its events again.
  private func keepsDecision<Store: RunStore>(
    _ firing: Alert, in store: Store, _ makeThread: (Store) throws -> RemediationThread<Store>
  ) throws {
    let remark = StoredAlert.Remark(by: "user:mara", time: 5, reason: "the deploy is undone")
    let first = try makeThread(store)
    first.take([firing])
    first.end()
    try store.write(as: .command) { transaction in
      var over = try #require(try transaction.alert(firing.id))
      #expect(over.status == .firing)
      try transaction.resolve(firing.id, remark)
      (over.status, over.updatedAt) = (.resolved, remark.time)
      try transaction.put(over)
    }
    let second = try makeThread(store)
    second.take([firing])
    var standing = firing
    standing.count = 9
    let closings = [AlertClosing(alert: firing.id, rule: firing.rule, by: remark.by, time: remark.time)]
    #expect(second.resolvedByHand.all() == closings)
    second.update([standing])
    second.end()
    // What detection holds as firing is left to it to end, once.
    #expect(second.resolvedByHand.take() == closings && second.resolvedByHand.take().isEmpty)
    // Whatever else was missed is found when it is looked how alerts stand.
    let third = try makeThread(store)
    third.update([standing])
    third.end()
    #expect(third.resolvedByHand.take() == closings)
    let kept = try #require(try store.readRuns { try $0.alert(firing.id) })
    #expect(kept.status == .resolved && kept.resolved == remark && kept.updatedAt == 5 && kept.count == 3)
  }

  /// Runs that wait, as copies of one.
  ///
  /// - Parameter actor: who asked for all but the first.
  private func fill(_ scene: RemediationScene, count: Int, by actor: String? = nil) throws {
    let first = try #require(try scene.remediation.propose(RemediationScene.alert("first", service: "first")))
    try scene.base.write(as: .command) { transaction in
      for number in 1..<count {
        var run = first
        run.id = "r-copy\(number)"
        run.alert = "copy \(number)"
        run.subject = "copy \(number)"
        run.requestedBy = actor ?? run.requestedBy
        try transaction.insert(run)
      }
    }
  }

  @Test("What people said about alerts is looked for about once a second, however fast the log grows")
  func looks() throws {
    let scene = try RemediationScene()
    let began = ContinuousClock.now
    let thread = try scene.thread(runs: false)
    for number in 0..<60 {
      thread.take([RemediationScene.alert("a\(number)", service: "s\(number)")])
      try scene.notices.wait { _ in scene.notices.all.count > number }
    }
    thread.end()
    // The first, the last, and one for each second that began.
    #expect(thread.looks <= 3 + Int((ContinuousClock.now - began).components.seconds))
  }

  @Test("Decisions are looked at between slices of a storm, not after it")
  func slices() throws {
    let scene = try RemediationScene()
    let run = try #require(try scene.remediation.propose(RemediationScene.alert("first", service: "first")))
    let digest = try #require(run.digest).short
    let thread = try scene.thread()
    _ = try scene.remediation.vote(.approve, on: run.id, by: "mara", digest: digest, reason: "r")
    thread.take((0..<400).map { RemediationScene.alert("a\($0)", service: "s\($0)") })
    try scene.notices.wait { $0 == .ran(run.id, .succeeded) }
    thread.end()
    let said = scene.notices.all
    let ran = try #require(said.firstIndex(of: .ran(run.id, .succeeded)))
    let proposals = said.indices.filter { if case .proposed = said[$0] { true } else { false } }
    #expect(proposals.count == 400)
    #expect(ran < proposals[399] || said.first == .ran(run.id, .succeeded))
  }

  @Test("What a busy store didn't take is tried again, with nothing lost and nothing twice")
  func busy() throws {
    let scene = try RemediationScene()
    let thread = try scene.thread()
    scene.store.next([.refuse(.locked), .refuse(.locked)])
    thread.take((0..<5).map { RemediationScene.alert("a\($0)", service: "s\($0)") })
    let proposed = { (notice: Notices.Notice) in if case .proposed = notice { true } else { false } }
    try scene.notices.wait(for: proposed)
    thread.end()
    // Told once, however often it is tried, and when it is over.
    #expect(scene.notices.all.filter { $0 == .trouble }.count == 1)
    #expect(scene.notices.all.filter { $0 == .recovered }.count == 1)
    #expect(scene.notices.all.filter(proposed).count == 5)
    #expect(try scene.runs(.awaiting).count == 5)
    #expect(scene.notices.droppedCount == 0)
  }

  @Test("What an engine before it left is recovered first, again and again until the store takes it")
  func recovery() throws {
    let scene = try RemediationScene(isSafe: true)
    let run = try #require(try scene.remediation.propose(RemediationScene.alert("a", service: "a")))
    try scene.base.write(as: .command) { transaction in
      var run = try #require(try transaction.run(run.id))
      for event in [RunEvent.claimed, .digestConfirmed] {
        try scene.remediation.journal.record(event, on: &run, actor: "engine", transaction)
      }
    }
    let runner = try Runner(scene.remediation, holder: "a test")
    scene.store.next([.refuse(.locked), nil, .refuse(.failed), nil, nil, .refuse(.full)])
    let notices = scene.notices
    let thread = try RemediationThread(
      scene.remediation, runner: runner, alertLifetime: .max / 2, seal: {}, onNotice: { notices.add($0) })
    try scene.notices.wait { $0 == .ran(run.id, .succeeded) }
    thread.end()
    #expect(scene.notices.all.contains(.trouble))
    #expect(scene.target.ledger == ["\(run.id)-e1"])
  }

  @Test("Once another engine has taken over it carries out nothing more, and still keeps and proposes")
  func fenced() throws {
    let scene = try RemediationScene()
    let thread = try scene.thread()
    let run = try #require(try scene.remediation.propose(RemediationScene.alert("first", service: "first")))
    let digest = try #require(run.digest).short
    let other = try Runner(scene.remediation, holder: "another")
    _ = try scene.remediation.vote(.approve, on: run.id, by: "mara", digest: digest, reason: "r")
    try scene.notices.wait { $0 == .fenced }
    #expect(scene.target.calls == 0)
    thread.take([RemediationScene.alert("a", service: "a")])
    try scene.notices.wait { if case .proposed = $0 { true } else { false } }
    #expect(try other.turn().map(\.state) == [.succeeded])
    thread.end()
    #expect(scene.notices.all.filter { $0 == .fenced }.count == 1)
    #expect(scene.target.ledger == ["\(run.id)-e1"])
    #expect(try scene.base.readRuns { try $0.alerts(AlertQuery()).count } == 2)
  }
}

extension RemediationThread {
  /// One that keeps alerts and proposes nothing.
  fileprivate static func keeping(_ store: Store, _ notices: Notices) throws -> RemediationThread {
    try RemediationThread(
      keepingIn: store, time: ManualTime(), alertLifetime: .max / 2, onNotice: { notices.add($0) })
  }
}
