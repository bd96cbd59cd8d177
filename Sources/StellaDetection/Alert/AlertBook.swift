import StellaModel

/// The alerts of one rule that are pending or firing, one at most per key, and when each has to change by itself.
///
/// Event-driven findings (`threshold`, `on`) keep an alert alive for `suppress_for` + `keep_firing` after the last of
/// them. Findings of `check` keep it alive until the first check that finds nothing and lies at least the longer of
/// `keep_firing` and `suppress_for` after the last that did. Those of `absence` last until the key comes back. Those of
/// `sequence` fire by themselves when they have been pending for `hold`.
///
/// One that a person has resolved is over. Of a rule with checks it stays in the book, with the status `resolved`, until a check
/// finds nothing, or until what checks find is about what came since: see ``endByHand(_:at:by:in:)``.
final class AlertBook {
  /// A class, so that an event that joins an alert does not copy it.
  private final class Episode {
    var alert: Alert
    var finding: Finding
    /// When the condition turned true.
    let since: Int64
    var lastFinding: Int64
    /// A check has found nothing since then; of one that was resolved by hand, that something new came.
    var isMissed = false
    /// Over the rule's limit: nobody hears of it.
    var isHeldBack = false
    /// The entry for what joins it, once there is one.
    var joining: DecisionLog.Number?
    /// When the book looks at it next, and by which of its deadlines.
    var visit = Int64.max
    var stamp: UInt32 = 0

    init(alert: Alert, finding: Finding, since: Int64) {
      self.alert = alert
      self.finding = finding
      self.since = since
      lastFinding = since
    }

    /// Kept in the book only so that what came before doesn't fire again.
    var isEndedByHand: Bool { alert.status == .resolved }

    func isVisited(by deadline: Deadline) -> Bool { stamp == deadline.stamp && visit == deadline.time }
  }

  private let manifest: AlertTemplate
  var order: Int
  private let keys: KeySpace
  let decisions = DecisionLog()
  private let isChecked: Bool
  private let ripens: Bool
  private let span: Int64
  /// How long after a resolve by hand checks may still see what came before it. Only for rules with checks.
  var memory: Int64?
  @exclusivity(unchecked) private var episodes: [Int: Episode] = [:]
  /// How many episodes each slot's key has had.
  @exclusivity(unchecked) private var numbers: [Int: Int] = [:]
  private let deadlines = DeadlineWheel()
  private var stamp: UInt32 = 0

  /// Before it ``expire(upTo:in:)`` has nothing to do.
  @exclusivity(unchecked) private(set) var nextDeadline = Int64.max
  private(set) var fired = 0
  /// How often something was found, whether it raised an alert, joined one or waits.
  @exclusivity(unchecked) private(set) var findings = 0
  /// Alerts that were held back because the rule raised too many at once.
  private(set) var heldBack = 0
  /// Alerts of one rule in a minute of event time, counted from the first; more are held back and counted.
  private static let perMinute = 1000
  private static let minute: Int64 = 60_000_000_000
  private var minuteStart = Int64.min
  private var minuteCount = 0

  init(manifest: AlertTemplate, order: Int, keys: KeySpace, isChecked: Bool, ripens: Bool) {
    self.ripens = ripens
    self.manifest = manifest
    self.order = order
    self.keys = keys
    self.isChecked = isChecked
    span = isChecked ? max(manifest.keepFiring, manifest.suppressFor) : manifest.suppressFor + manifest.keepFiring
  }

  var isEmpty: Bool { episodes.isEmpty }
  /// Alerts that are pending or firing. O(alerts).
  var count: Int { episodes.count { !$0.value.isEndedByHand } }

  func isActive(_ slot: Int) -> Bool {
    guard !episodes.isEmpty, let episode = episodes[slot] else { return false }
    return !episode.isEndedByHand
  }

  /// The slot of the alert that fires under this id; nil when none does. O(alerts).
  func slot(ofFiring id: String) -> Int? {
    episodes.first { $0.value.alert.status == .firing && $0.value.alert.id == id }?.key
  }

  /// Whether a finding at `time` joins an alert that fires.
  func isFiring(_ slot: Int, at time: Int64) -> Bool {
    if episodes.isEmpty { return false }
    guard let episode = episodes[slot], episode.alert.status == .firing else { return false }
    return isContinued(episode, at: time)
  }

  /// Whether the alert of `slot` only waits for time to pass: it is pending, or checks find its condition no more.
  func isUnsettled(_ slot: Int) -> Bool {
    guard !episodes.isEmpty, let episode = episodes[slot], !episode.isEndedByHand else { return false }
    return episode.alert.status == .pending || episode.isMissed
  }

  /// The longest that an alert waits so.
  var longestWait: Int64 { max(manifest.hold, span) }

  /// The alert of `slot`, for people.
  func standing(_ slot: Int) -> KeyStanding.Standing? {
    guard let episode = episodes[slot], !episode.isEndedByHand else { return nil }
    let isPending = episode.alert.status == .pending
    let until: Int64? =
      if isPending { episode.since + manifest.hold } else if isChecked { nil } else { episode.lastFinding + span }
    let fired = isPending ? nil : decisions.firing(of: episode.alert.id)?.time
    return KeyStanding.Standing(alert: episode.alert, since: fired ?? episode.since, until: until)
  }

  /// The slots with an alert, ascending.
  var activeSlots: [Int] { episodes.keys.sorted() }

  /// The alerts that are pending, oldest slot first.
  var pending: [Alert] {
    episodes.sorted { $0.key < $1.key }.map(\.value.alert).filter { $0.status == .pending }
  }

  /// The alerts that are firing, oldest slot first.
  var firing: [Alert] {
    episodes.sorted { $0.key < $1.key }.map(\.value.alert).filter { $0.status == .firing }
  }

  /// Forgets what is kept for a key beyond its episodes.
  func forget(_ slot: Int) {
    if !numbers.isEmpty { numbers[slot] = nil }
    if !episodes.isEmpty, episodes[slot]?.isEndedByHand == true { remove(slot) }
  }

  /// The condition holds for the key of `slot` at `time`.
  func found(_ finding: Finding, slot: Int, key: UInt32, at time: Int64, in context: DetectionContext) {
    findings &+= 1
    if let episode = episodes[slot] {
      if episode.isEndedByHand {
        guard episode.isMissed, time - episode.lastFinding >= memory ?? 0 else { return }
        remove(slot)
      } else if isContinued(episode, at: time) {
        join(finding, to: episode, slot: slot, at: time, in: context)
        return
      } else {
        end(slot, because: .quiet, in: context)
      }
    }
    let number = (numbers[slot] ?? 0) + 1
    numbers[slot] = number
    let episode = Episode(
      alert: manifest.alert(
        finding, key: keys.members(key), firstSeen: finding.firstSeen ?? time, lastSeen: time, episode: number),
      finding: finding, since: time)
    episodes[slot] = episode
    if manifest.hold == 0 {
      fire(episode, slot: slot, at: time, in: context)
    } else {
      note(
        .held, episode, at: time,
        reason: "its condition holds; it fires when that lasts \(DurationText.text(manifest.hold))")
    }
    episodes[slot] = episode
    schedule(slot, episode)
  }

  /// A check of the key of `slot` at `time` found nothing.
  ///
  /// - Parameter cause: what says so.
  func missed(
    slot: Int, at time: Int64, because cause: Alert.ResolveCause = .recovered, in context: DetectionContext
  ) {
    guard let episode = episodes[slot] else { return }
    if episode.isEndedByHand { return remove(slot) }
    episode.isMissed = true
    if episode.alert.status == .pending || time - episode.lastFinding >= span {
      end(slot, at: time, because: cause, in: context)
    }
  }

  /// A matching event of a key with an alert.
  func matched(slot: Int, at time: Int64, user: @autoclosure () -> String?) {
    guard !episodes.isEmpty, let episode = episodes[slot], isContinued(episode, at: time) else { return }
    if episode.isEndedByHand {
      episode.isMissed = true
      return
    }
    episode.alert.count += 1
    episode.alert.lastSeen = max(episode.alert.lastSeen, time)
    if let user = user() { merge([user], into: episode) }
  }

  /// Ends the alert of `slot` now: a pending one is dropped, a firing one is resolved.
  ///
  /// - Parameters:
  ///   - time: when; nil for that of its last finding.
  ///   - cause: what ends it.
  func end(_ slot: Int, at time: Int64? = nil, because cause: Alert.ResolveCause, in context: DetectionContext) {
    guard let episode = episodes[slot] else { return }
    if !episode.isEndedByHand {
      noteEnd(episode, at: max(time ?? .min, episode.lastFinding), cause)
      resolve(episode, because: cause, in: context)
    }
    remove(slot)
  }

  /// Ends the alert of `slot`, which fires, because a person said that it is over.
  ///
  /// Checks see windows that still hold what came before. What they find counts again once one of them has found nothing, or once
  /// something new came and ``memory`` is over.
  ///
  /// - Parameters:
  ///   - time: how far the stream is.
  ///   - person: who said so.
  func endByHand(_ slot: Int, at time: Int64, by person: String, in context: DetectionContext) {
    guard let episode = episodes[slot], episode.alert.status == .firing else { return }
    let time = max(time, episode.lastFinding)
    note(.resolved, episode, at: time, reason: "\(person) said that it is over, \(AlertBook.extent(of: episode))")
    resolve(episode, because: .byHand, in: context)
    guard memory != nil else { return remove(slot) }
    episode.alert.status = .resolved
    episode.alert.evidence = []
    episode.finding = Finding()
    episode.lastFinding = time
    episode.isMissed = false
    episode.joining = nil
  }

  private func remove(_ slot: Int) {
    episodes[slot] = nil
    if episodes.isEmpty {
      deadlines.removeAll()
      nextDeadline = .max
    }
  }

  /// Tells the end of an episode that fires.
  private func resolve(_ episode: Episode, because cause: Alert.ResolveCause, in context: DetectionContext) {
    guard episode.alert.status == .firing && !episode.isHeldBack else { return }
    var alert = episode.alert
    alert.status = .resolved
    alert.resolvedBecause = cause
    alert.revision += 1
    context.emit(alert, order: order)
  }

  /// Forgets the alert of `slot` when it does not fire yet, or no more.
  func dropPending(_ slot: Int, in context: DetectionContext) {
    if !episodes.isEmpty, let episode = episodes[slot], episode.alert.status != .firing {
      end(slot, because: .cancelOn, in: context)
    }
  }

  /// Ends what has been quiet for long enough at `time`.
  func expire(upTo time: Int64, in context: DetectionContext) {
    while let deadline = deadlines.takeDue(time) {
      let slot = Int(deadline.slot)
      guard let episode = episodes[slot], episode.isVisited(by: deadline) else { continue }
      episode.visit = .max
      if deadlineOf(episode) > time {
        schedule(slot, episode)
      } else if ripens && episode.alert.status == .pending {
        fire(episode, slot: slot, at: time, in: context)
        schedule(slot, episode)
      } else {
        end(slot, at: deadline.time, because: .quiet, in: context)
      }
    }
    nextDeadline = deadlines.next
  }

  /// Whether what happens at `time` still belongs to the episode.
  private func isContinued(_ episode: Episode, at time: Int64) -> Bool {
    if isChecked { return true }
    let wait = episode.alert.status == .pending ? max(span, manifest.hold) : span
    return wait > 0 && time - episode.lastFinding <= wait
  }

  private func deadlineOf(_ episode: Episode) -> Int64 {
    if ripens && episode.alert.status == .pending { return episode.since + manifest.hold }
    // A pending alert of an event-driven rule waits for its next finding as long as a firing one, at least its hold.
    let wait = episode.alert.status == .pending ? max(span, manifest.hold) : span
    return episode.lastFinding + wait + 1
  }

  private func schedule(_ slot: Int, _ episode: Episode) {
    if isChecked { return }
    // A deadline that comes too early is put back when it is due, so that each finding need not move it.
    let due = deadlineOf(episode)
    if episode.visit <= due { return }
    stamp &+= 1
    episode.visit = due
    episode.stamp = stamp
    // Those of alerts that have ended, and of keys that began anew.
    if deadlines.count > 64 + 2 * episodes.count {
      deadlines.keepOnly { deadline in episodes[Int(deadline.slot)]?.isVisited(by: deadline) ?? false }
    }
    deadlines.insert(Deadline(time: due, slot: UInt32(slot), stamp: stamp))
    nextDeadline = deadlines.next
  }

  private func fire(_ episode: Episode, slot: Int, at time: Int64, in context: DetectionContext) {
    if isOverLimit(at: episode.lastFinding) {
      note(
        .limited, episode, at: time,
        reason: "over \(AlertBook.perMinute) alerts of the rule in a minute: nobody is told")
      heldBack += 1
      episode.isHeldBack = true
      episode.alert.status = .firing
      return
    }
    fired += 1
    manifest.complete(&episode.alert, with: episode.finding, in: context)
    episode.alert.status = .firing
    episode.alert.revision += 1
    episode.finding = Finding()
    note(.fired, episode, at: time, reason: episode.alert.summary)
    context.emit(episode.alert, order: order)
  }

  /// What was found belongs to an alert that is open.
  private func join(
    _ finding: Finding, to episode: Episode, slot: Int, at time: Int64, in context: DetectionContext
  ) {
    episode.lastFinding = max(episode.lastFinding, time)
    episode.isMissed = false
    episode.alert.lastSeen = max(episode.alert.lastSeen, time)
    episode.alert.value = finding.value ?? episode.alert.value
    episode.alert.expected = finding.expected ?? episode.alert.expected
    if episode.alert.status == .pending {
      episode.finding = finding
      episode.alert.count = max(episode.alert.count, finding.count)
      if time - episode.since >= manifest.hold { fire(episode, slot: slot, at: time, in: context) }
    } else {
      noteJoined(episode, at: time)
    }
    merge(finding.affectedUsers, into: episode)
    schedule(slot, episode)
  }

  /// What was found belongs to an alert that fires.
  private func noteJoined(_ episode: Episode, at time: Int64) {
    if let joining = episode.joining ?? decisions.find(.suppressed, alert: episode.alert.id) {
      episode.joining = joining
      if decisions.again(joining, at: time) { return }
    }
    episode.joining = note(.suppressed, episode, at: time, reason: "it joins the alert that fires already")
  }

  private func noteEnd(_ episode: Episode, at time: Int64, _ cause: Alert.ResolveCause) {
    if episode.alert.status == .pending {
      let held = "its condition held for less than \(DurationText.text(manifest.hold))"
      let isOver = cause == .quiet || cause == .recovered
      note(.dropped, episode, at: time, reason: isOver ? held : cause.meaning)
    } else if !episode.isHeldBack {
      note(.resolved, episode, at: time, reason: "\(cause.meaning), \(AlertBook.extent(of: episode))")
    }
  }

  private static func extent(of episode: Episode) -> String {
    "after \(episode.alert.count) \(episode.alert.count == 1 ? "event" : "events")"
  }

  @discardableResult
  private func note(_ kind: Decision.Kind, _ episode: Episode, at time: Int64, reason: String) -> DecisionLog.Number {
    let key = episode.alert.key.isEmpty ? "" : FieldValue.object(episode.alert.key).json
    return decisions.note(Decision(kind, at: time, key: key, alert: episode.alert.id, reason: reason))
  }

  private func isOverLimit(at time: Int64) -> Bool {
    if minuteStart == .min || time - minuteStart >= AlertBook.minute {
      minuteStart = time
      minuteCount = 0
    }
    minuteCount += 1
    return minuteCount > AlertBook.perMinute
  }

  private func merge(_ users: [String], into episode: Episode) {
    for user in users where episode.alert.affectedUsers.count < Alert.affectedUserLimit {
      if !episode.alert.affectedUsers.contains(user) { episode.alert.affectedUsers.append(user) }
    }
  }

  // MARK: - Saved state

  /// ``fired`` and ``heldBack`` count for this process alone. When an alert has to change follows from the rest.
  func save(to writer: StateWriter) {
    writer.write(episodes.count)
    for (slot, episode) in episodes.sorted(by: { $0.key < $1.key }) {
      writer.write(slot)
      episode.alert.save(to: writer)
      episode.finding.save(to: writer)
      writer.write(episode.since)
      writer.write(episode.lastFinding)
      writer.write(episode.isMissed)
      writer.write(episode.isHeldBack)
    }
    writer.write(numbers.count)
    for (slot, number) in numbers.sorted(by: { $0.key < $1.key }) {
      writer.write(slot)
      writer.write(number)
    }
    writer.write(minuteCount)
    writer.write(minuteStart)
  }

  /// Takes over saved alerts; the book must be empty.
  ///
  /// - Parameter isLive: whether a slot has a key.
  /// - Throws: when the state makes no sense; ``removeAll()`` makes the book usable again.
  func restore(from reader: inout StateReader, isLive: (Int) -> Bool) throws(StateError) {
    func slot() throws(StateError) -> Int {
      let slot = try reader.number(in: 0...Int.max)
      guard isLive(slot) else { throw StateError(message: "slot \(slot) has no key") }
      return slot
    }
    for _ in 0..<(try reader.count()) {
      let slot = try slot()
      let alert = try Alert(from: &reader)
      let finding = try Finding(from: &reader)
      let episode = Episode(alert: alert, finding: finding, since: try reader.time())
      episode.lastFinding = try reader.time()
      episode.isMissed = try reader.bool()
      episode.isHeldBack = try reader.bool()
      guard episode.since != .min, episode.lastFinding != .min else { throw StateReader.impossible }
      episodes[slot] = episode
      schedule(slot, episode)
    }
    for _ in 0..<(try reader.count()) {
      let slot = try slot()
      numbers[slot] = try reader.counter()
    }
    minuteCount = try reader.counter()
    minuteStart = try reader.time()
  }

  /// Forgets all alerts without a word.
  func removeAll() {
    episodes.removeAll()
    numbers.removeAll()
    deadlines.removeAll()
    nextDeadline = .max
  }
}
