import Glibc
import StellaDetection
import StellaModel
import StellaRemediation
import Synchronization

/// Keeps alerts, and where it is told to proposes fixes for them and carries out what is approved, on a thread of its own, so
/// that detection never waits for a store, a target or a person.
package final class RemediationThread<Store: RunStore>: @unchecked Sendable {
  // Sendable, because `lock` guards everything that changes, but for what only the thread itself uses.
  package enum Notice: Sendable {
    /// A plan that awaits a decision, or that a policy has approved.
    case proposed(Run)
    /// A fix could help, and nothing was asked for. Told once for each run that it is on record with, and each alert.
    case notAsked(NotAsked)
    /// A run that was carried out, to its end or to where a person has to decide.
    case ran(Run)
    /// So many alerts were neither kept nor acted on: they came faster than they could be.
    case dropped(Int)
    /// What went wrong; it is tried again. What the store says is told at most once a minute.
    case trouble(String)
    /// The store takes everything again.
    case recovered
    /// Another engine has taken over; this one carries out nothing more.
    case fenced(String)
    /// Which silences hold is not what it was: somebody set or ended one, or one's time is over.
    case silencesChanged
  }

  /// Alerts that are looked at before decisions are looked at again.
  private static var sliceLimit: Int { 256 }
  /// Alerts that wait at most. A newer revision takes the place of an older one.
  package static var queueLimit: Int { 10_000 }
  /// How often the store is looked at for decisions.
  private static var pauseNanoseconds: Int64 { 20_000_000 }
  /// How long to wait after something failed.
  private static var retryNanoseconds: Int64 { 500_000_000 }
  /// How often deadlines are looked at when nothing else happens.
  private static var roundNanoseconds: Int64 { 1_000_000_000 }
  /// By how much a decision may be older than it is seen to be: who made it may have waited for the store.
  private static var decisionNanoseconds: Int64 { 15_000_000_000 }

  private let store: Store
  private let time: any TimeSource
  /// Nil where alerts are kept and nothing is proposed for them.
  private let remediation: Remediation<Store>?
  private let onNotice: @Sendable (Notice) -> Void
  private let alertLifetime: Int64
  private let seal: @Sendable () -> Void
  /// Used on the thread only.
  private var runner: Runner<Store>?
  private var seenSize: Int64 = -1
  /// Nothing was committed while the store's stamp is this.
  private var seenStamp: Int64?
  private var schedule = RoundSchedule()
  /// Whether something may have been left half done: by a process before this one, or by a round that failed.
  private var needsRecovery = true
  private var sealedSize: Int64 = 0
  private var nextSealing: Int64 = 0
  /// How often it was looked for what people said about alerts. Of a thread that has ended.
  private(set) var looks = 0
  private var nextPruning: Int64 = 0
  /// What the store refuses, by why.
  private var troubles: [StoreError.Code: SaveTrouble] = [:]
  /// Whether something failed since the loop began anew, and whether the store was looked through.
  private var hasFailed = false
  private var hasLooked = false

  /// Runs and alerts of which it was told what became of them, or why nothing did.
  private var told: Set<String> = []
  /// Up to when it was looked for alerts that people have resolved, and those that were found by the last look.
  private var lookedForResolved: Int64
  private var foundResolved: Set<String> = []

  private let lock = ConditionLock()
  private var queue: [Alert] = []
  /// The numbers of those in the queue, by their ids; its first one has the number `taken`.
  private var places: [String: Int] = [:]
  private var taken = 0
  private var dropped = 0
  private var silences: [Silence] = []
  /// Alerts that were over before anybody looked at them firing.
  private var overtaken: Set<String> = []
  /// How alerts stand that were taken before, by their ids.
  private var standing: [String: Alert] = [:]
  /// What people have resolved, for detection, by the alerts' ids.
  private var resolved: [String: AlertClosing] = [:]
  /// Whether ``resolved`` holds anything, to be seen without the lock.
  private let hasResolved = Atomic(false)
  /// Whether alerts were taken out of the queue that aren't kept and acted on yet.
  private var isWorking = false
  /// How often alerts could not be kept.
  private var failures = 0
  private var isEnding = false
  private var thread: pthread_t?

  /// - Parameters:
  ///   - runner: carries out what is approved; nil where alerts are proposed for only. It goes on first with what an engine
  ///     before left.
  ///   - alertLifetime: how long resolved alerts are kept, in nanoseconds.
  ///   - seal: has the execution log signed, and that published, as it is by now.
  ///   - onNotice: called on the thread.
  /// - Throws: ``StoreError``; ``LiveError`` when there is no thread.
  package convenience init(
    _ remediation: Remediation<Store>, runner: Runner<Store>?, alertLifetime: Int64,
    seal: @escaping @Sendable () -> Void, onNotice: @escaping @Sendable (Notice) -> Void
  ) throws {
    try self.init(
      remediation.store, time: remediation.journal.time, remediation: remediation, runner: runner,
      alertLifetime: alertLifetime, seal: seal, onNotice: onNotice)
  }

  /// One that keeps alerts and proposes nothing.
  ///
  /// - Throws: ``StoreError``; ``LiveError`` when there is no thread.
  package convenience init(
    keepingIn store: Store, time: any TimeSource, alertLifetime: Int64, onNotice: @escaping @Sendable (Notice) -> Void
  ) throws {
    try self.init(
      store, time: time, remediation: nil, runner: nil, alertLifetime: alertLifetime, seal: {}, onNotice: onNotice)
  }

  private init(
    _ store: Store, time: any TimeSource, remediation: Remediation<Store>?, runner: Runner<Store>?,
    alertLifetime: Int64,
    seal: @escaping @Sendable () -> Void, onNotice: @escaping @Sendable (Notice) -> Void
  ) throws {
    self.store = store
    self.time = time
    self.remediation = remediation
    self.runner = runner
    self.alertLifetime = alertLifetime
    self.seal = seal
    self.onNotice = onNotice
    lookedForResolved = time.now()
    let now = lookedForResolved
    silences = try store.readRuns { try $0.silences() }.filter { $0.until > now }
    thread = try EngineThread.start { self.run() }
  }

  /// Takes alerts over; never waits.
  package func take(_ alerts: [Alert]) {
    lock.locked {
      for alert in alerts { enqueue(alert) }
      lock.broadcast()
    }
  }

  /// Takes over how alerts stand by now that were taken before and fire still. Nothing follows from it but that the store knows it.
  package func update(_ alerts: [Alert]) {
    lock.locked {
      for alert in alerts where standing.count < Self.queueLimit || standing[alert.id] != nil {
        standing[alert.id] = alert
      }
    }
  }

  /// The silence that mutes an alert at this moment; nil when none does.
  package func mute(_ alert: Alert) -> Mute? {
    let now = time.now()
    return lock.locked { silences.first { $0.mutes(rule: alert.rule, key: alert.key, at: now) } }?.mute
  }

  /// What people have resolved by hand: detection ends such alerts, however they were resolved.
  package var resolvedByHand: ResolvedByHand {
    ResolvedByHand(
      take: { [self] in
        guard hasResolved.load(ordering: .acquiring) else { return [] }
        return lock.locked {
          hasResolved.store(false, ordering: .releasing)
          defer { resolved.removeAll() }
          return resolved.values.sorted { $0.alert < $1.alert }
        }
      },
      all: { [store] in
        var query = AlertQuery()
        query.resolvedByHandSince = .min
        // What can't be read now is found when how alerts stand is kept.
        let found = try? store.readRuns { [query] in try $0.alerts(query).compactMap(AlertClosing.init) }
        return found ?? []
      })
  }

  /// Leaves it to detection to end an alert that a person has resolved.
  private func end(_ stored: StoredAlert?) {
    guard let closing = stored.flatMap(AlertClosing.init) else { return }
    lock.locked {
      resolved[closing.alert] = closing
      hasResolved.store(true, ordering: .releasing)
    }
  }

  /// With the lock held.
  private func enqueue(_ alert: Alert) {
    if let place = places[alert.id] {
      let before = queue[place - taken]
      if remediation != nil, alert.status == .resolved, before.status == .firing, before.mute == nil {
        overtaken.insert(alert.id)
      }
      queue[place - taken] = alert
    } else if queue.count < Self.queueLimit {
      places[alert.id] = taken + queue.count
      queue.append(alert)
    } else {
      dropped += 1
    }
  }

  /// Whether all alerts so far are kept and acted on, so that nobody has to take them over again after a restart.
  ///
  /// - Parameter patience: nanoseconds to wait until they are, or the store doesn't take some; nil for as long as it takes.
  package func isSettled(within patience: Int64?) -> Bool {
    lock.locked {
      let before = failures
      let end = patience.map { machineMonotonicTime() + $0 }
      while isWorking || !queue.isEmpty, failures == before {
        guard let end else {
          lock.wait()
          continue
        }
        guard lock.wait(until: end) else { break }
      }
      return !isWorking && queue.isEmpty
    }
  }

  private func settle(_ left: [Alert]) {
    lock.locked {
      isWorking = !left.isEmpty
      if isWorking { failures += 1 }
      lock.broadcast()
    }
  }

  /// Alerts that the store didn't take wait for the next round, before those that came meanwhile.
  private func giveBack(_ alerts: [Alert]) {
    lock.locked {
      let newer = queue
      queue.removeAll()
      places.removeAll()
      taken = 0
      for alert in alerts + newer { enqueue(alert) }
    }
  }

  /// Works off what was taken, and ends the thread.
  package func end() {
    lock.locked {
      isEnding = true
      lock.broadcast()
    }
    if let thread { pthread_join(thread, nil) }
    thread = nil
  }

  private func run() {
    var left: [Alert] = []
    var isBehind = false
    while true {
      let (alerts, lost, isLast) = next(pauses: !left.isEmpty || isBehind)
      (hasFailed, hasLooked) = (false, false)
      if lost > 0 { onNotice(.dropped(lost)) }
      attempt(recover)
      left = propose(alerts)
      settle(left)
      attempt { if try isDue(isLast: isLast) { try round(isLast: isLast) } }
      isBehind = left.isEmpty && !attempt(keepStanding)
      noteRecovery()
      if isLast {
        if !left.isEmpty { onNotice(.trouble("alerts that were neither kept nor acted on at the end: \(left.count)")) }
        return
      }
      if !left.isEmpty { giveBack(left) }
    }
  }

  /// Whatever failed before was tried again by now.
  private func noteRecovery() {
    guard !troubles.isEmpty, hasLooked, !hasFailed else { return }
    var wasTold = false
    for code in troubles.keys { wasTold = troubles[code]?.succeeded() == true || wasTold }
    if wasTold { onNotice(.recovered) }
  }

  /// What was left half done comes before anything new.
  private func recover() throws {
    guard needsRecovery else { return }
    if let runner {
      for run in try runner.recover() { onNotice(.ran(run)) }
    } else if let remediation {
      for run in try remediation.resumePlanning() where run.state == .awaiting || run.state == .approved {
        onNotice(.proposed(run))
      }
    }
    needsRecovery = false
  }

  /// - Returns: those that the store didn't take.
  private func propose(_ alerts: [Alert]) -> [Alert] {
    guard attempt({ try keep(alerts) }) else { return alerts }
    guard let remediation else { return [] }
    var missed: [(fix: String, alerts: Int)] = []
    let left = alerts.filter { alert in
      // Forgotten in any case: those that are muted would stay for ever.
      let wasOvertaken = alert.status == .resolved && lock.locked { overtaken.remove(alert.id) } != nil
      guard alert.mute == nil, mute(alert) == nil else { return false }
      if wasOvertaken {
        attempt {
          guard let fix = try remediation.missedFix(for: alert) else { return }
          let place = missed.firstIndex { $0.fix == fix } ?? missed.count
          if place == missed.count { missed.append((fix, 0)) }
          missed[place].alerts += 1
        }
      }
      guard alert.status == .firing else { return false }
      return !attempt { try propose(alert, remediation) }
    }
    for (fix, count) in missed { onNotice(.notAsked(NotAsked(fix: fix, over: count))) }
    return left
  }

  private func propose(_ alert: Alert, _ remediation: Remediation<Store>) throws {
    let run = try remediation.propose(alert) { why in
      let isNew = !told.contains(alert.id) && why.run.map { !told.contains($0) } ?? true
      if let run = why.run { told.insert(run) }
      if isNew { onNotice(.notAsked(why)) }
    }
    // Whatever happens to the alert from now on, what became of it was told.
    told.insert(alert.id)
    if told.count > Self.queueLimit { told = [alert.id] }
    if let run { onNotice(.proposed(run)) }
  }

  /// - Parameter pauses: whether to wait although there is something to do, because it just failed.
  private func next(pauses: Bool) -> (alerts: [Alert], dropped: Int, isLast: Bool) {
    lock.locked {
      if queue.isEmpty || pauses, !isEnding {
        // Without fixes there are no decisions to look for, and a watch that has nothing to do shall sleep.
        let pause = remediation == nil ? Self.roundNanoseconds : Self.pauseNanoseconds
        _ = lock.wait(until: machineMonotonicTime() + (pauses ? Self.retryNanoseconds : pause))
      }
      let slice = Array(isEnding ? queue[...] : queue.prefix(Self.sliceLimit))
      queue.removeFirst(slice.count)
      for alert in slice { places[alert.id] = nil }
      taken += slice.count
      if !slice.isEmpty { isWorking = true }
      defer { dropped = 0 }
      return (slice, dropped, isEnding)
    }
  }

  private func keep(_ alerts: [Alert]) throws {
    guard !alerts.isEmpty else { return }
    let now = time.now()
    let refused = try store.write(as: .command) { transaction in
      var refused: [StoredAlert] = []
      for alert in alerts {
        var alert = alert
        // Why nobody was told that it fires is the question that is asked of it, also when it is over.
        if alert.status == .resolved, alert.mute == nil, let before = try transaction.alert(alert.id) {
          alert.mute = Self.mute(of: before)
        }
        if try !transaction.put(StoredAlert(alert, updatedAt: now)), let kept = try transaction.alert(alert.id) {
          refused.append(kept)
        }
      }
      return refused
    }
    // It was read again, and fires where nobody looks at it.
    for alert in refused { end(alert) }
  }

  /// Keeps how alerts stand by now. Those that wait to be kept at all, and to be acted on, come first.
  private func keepStanding() throws {
    let ready = lock.locked {
      let ready = standing.filter { places[$0.key] == nil }
      for id in ready.keys { standing[id] = nil }
      return ready
    }
    let alerts = ready.values.sorted { $0.id < $1.id }
    do {
      for start in stride(from: 0, to: alerts.count, by: Self.sliceLimit) {
        let over = try store.write(as: .command) { transaction in
          var over: [StoredAlert] = []
          for alert in alerts[start..<min(start + Self.sliceLimit, alerts.count)] {
            guard let before = try transaction.alert(alert.id) else { continue }
            guard before.status == .firing else {
              over.append(before)
              continue
            }
            var alert = alert
            alert.mute = Self.mute(of: before)
            let newer = StoredAlert(alert, updatedAt: before.updatedAt)
            if newer.json != before.json { try transaction.put(newer) }
          }
          return over
        }
        for alert in over { end(alert) }
      }
    } catch let error as StoreError {
      lock.locked { standing.merge(ready) { newer, _ in newer } }
      throw error
    }
  }

  private static func mute(of stored: StoredAlert) -> Mute? {
    guard let json = try? JSONParser().parse(stored.json) else { return nil }
    return Alert(json)?.mute
  }

  /// Every decision is on record, so that the log's size tells of each.
  private func isDue(isLast: Bool) throws -> Bool {
    if isLast || schedule.isRoundDue(at: machineMonotonicTime()) { return true }
    if remediation == nil { return false }
    let stamp = try store.changeStamp()
    if let stamp, stamp == seenStamp { return false }
    guard try store.readRuns({ $0.head.size }) == seenSize else { return true }
    seenStamp = stamp
    return false
  }

  private func round(isLast: Bool) throws {
    if let runner { for run in try runner.turn() { onNotice(.ran(run)) } }
    try refresh(isLast: isLast)
    schedule.ranRound(at: machineMonotonicTime())
    hasLooked = true
  }

  private func refresh(isLast: Bool) throws {
    let now = time.now()
    // Whatever somebody sets the calendar to.
    let round = machineMonotonicTime()
    if schedule.isLookDue(at: round) || isLast {
      seenSize = try lookForWords(at: now)
      schedule.looked(at: round)
    } else {
      seenSize = try store.readRuns { $0.head.size }
    }
    if round >= nextPruning {
      _ = try store.write(as: .command) { try $0.pruneAlerts(before: now - alertLifetime) }
      nextPruning = round + 3_600_000_000_000
    }
    guard remediation != nil, seenSize != sealedSize, round >= nextSealing || isLast else { return }
    seal()
    sealedSize = seenSize
    nextSealing = round + 5_000_000_000
  }

  /// Takes note of what people said about alerts, which is seldom: other rounds may follow each other much faster.
  ///
  /// - Returns: the size of the log.
  private func lookForWords(at now: Int64) throws -> Int64 {
    looks += 1
    var query = AlertQuery()
    query.resolvedByHandSince = min(lookedForResolved, now) - Self.decisionNanoseconds
    let (found, size, over) = try store.readRuns { [query] in
      (try $0.silences(), $0.head.size, try $0.alerts(query))
    }
    for alert in over where !foundResolved.contains(alert.id) { end(alert) }
    (foundResolved, lookedForResolved) = (Set(over.map(\.id)), now)
    let holding = found.filter { $0.until > now }
    let isOther = lock.locked {
      defer { silences = holding }
      return silences != holding
    }
    if isOther { onNotice(.silencesChanged) }
    return size
  }

  /// What fails is said, and tried again in the next round.
  ///
  /// - Returns: whether it was done; also after what no further try helps.
  @discardableResult
  private func attempt(_ body: () throws -> Void) -> Bool {
    do {
      try body()
      return true
    } catch let error as StoreError where error.code == .fenced {
      runner = nil
      onNotice(.fenced(error.description))
    } catch {
      needsRecovery = true
      guard let error = error as? StoreError else {
        onNotice(.trouble("\(error)"))
        return true
      }
      hasFailed = true
      if troubles[error.code, default: SaveTrouble()].failed(at: machineMonotonicTime()) {
        onNotice(.trouble("\(error)"))
      }
      return false
    }
    return true
  }
}
