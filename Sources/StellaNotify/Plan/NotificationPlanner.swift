import StellaModel

/// Makes messages of what the store has noted: routes each notice, gathers groups, and writes what is due into the outbox. Each
/// turn is one transaction, so that a notice is used once, whenever a process ends.
package struct NotificationPlanner<Store: NotificationStore>: Sendable {
  private static var changeLimit: Int { 500 }
  private static var groupLimit: Int { 200 }

  private let store: Store
  private let settings: NotificationSettings
  private let time: any TimeSource
  private let makeID: @Sendable () -> String

  /// - Parameter makeID: gives 32 hexadecimal digits that nobody can foresee.
  package init(
    _ store: Store, settings: NotificationSettings, time: any TimeSource, makeID: @escaping @Sendable () -> String
  ) {
    self.store = store
    self.settings = settings
    self.time = time
    self.makeID = makeID
  }

  /// Has changes noted from now on, or no more. What waits for a sink that is gone would wait for ever.
  package func begin() throws {
    let (names, now) = (settings.sinks.map(\.name), time.now())
    try store.write(as: .command) { transaction in
      try transaction.setNotifications(settings.isOn)
      try transaction.removeNotificationGroups(exceptOf: names)
      try transaction.giveUpOutbox(exceptOf: names, trouble: "stella.yaml has no such sink any more", now: now)
    }
  }

  /// Works off what there is at this moment.
  ///
  /// - Returns: whether there may be more to do at once.
  package func turn() throws -> Bool {
    let now = time.now()
    let isIdle = try store.readNotifications { transaction in
      try transaction.notificationChanges(limit: 1).isEmpty
        && transaction.notificationGroups(dueBy: now, limit: 1).isEmpty
    }
    if isIdle { return false }
    return try store.write(as: .command) { transaction in
      let changes = try transaction.notificationChanges(limit: Self.changeLimit)
      for change in changes { try take(change, now, transaction) }
      if let last = changes.last { try transaction.removeNotificationChanges(upTo: last.number) }
      let silences = try transaction.silences().filter { $0.until > now }
      let groups = try transaction.notificationGroups(dueBy: now, limit: Self.groupLimit)
      for group in groups { try flush(group, silences, now, transaction) }
      return changes.count == Self.changeLimit || groups.count == Self.groupLimit
    }
  }

  /// Gives up what waits too long a queue, and forgets what is long over.
  package func prune() throws -> Int {
    let now = time.now()
    return try store.write(as: .command) {
      try $0.pruneOutbox(
        waiting: settings.waitingLimit, ended: 10_000, before: now - 7 * 86_400_000_000_000, now: now)
    }
  }

  // MARK: - What happened

  private func take(_ change: NotificationChange, _ now: Int64, _ transaction: Store.Transaction) throws {
    switch change.kind {
    case .alert:
      guard let state = Notice.State(rawValue: change.state),
        let (notice, isInShadow) = AlertText.notice(change, state)
      else { return }
      if state == .resolved {
        try end(notice, now, transaction)
      } else if try !isInShadow && transaction.alert(notice.subject)?.resolved == nil {
        try route(notice, now, transaction)
      }
    case .approval, .run:
      if let notice = RunText.notice(change) { try route(notice, now, transaction) }
    case .engine:
      var notice = Notice(
        kind: .engine, state: .firing, subject: change.subject, rule: "", title: "Stella itself",
        summary: change.body, startsAt: change.time)
      notice.severity = .high
      notice.actions = ["stella doctor"]
      try route(notice, now, transaction)
    }
  }

  private func route(_ notice: Notice, _ now: Int64, _ transaction: Store.Transaction) throws {
    var taken: Set<String> = []
    for (index, route) in settings.effectiveRoutes.enumerated() where route.takes(notice) {
      for name in route.sinks where !taken.contains(name) {
        guard let sink = settings.sink(name) else { continue }
        // Told once, whatever the number of routes that lead there.
        taken.insert(name)
        try add(notice, to: route.group(of: notice, sink: sink, index: index), now, transaction)
      }
      if !route.continues { return }
    }
  }

  private func add(
    _ notice: Notice, to group: NotificationGroup, _ now: Int64, _ transaction: Store.Transaction
  ) throws {
    var group = group
    if let known = try transaction.notificationGroup(group.id) {
      group.sentAt = known.sentAt
      // A group that nobody was told of may wait for the end of a silence.
      group.nextAt = min(known.nextAt, known.sentAt == nil ? now + group.wait : news(of: group, now))
    } else {
      group.nextAt = now + group.wait
    }
    try transaction.put(group)
    let known = try transaction.notificationMembers(about: notice.subject, kind: notice.kind).first {
      $0.group == group.id
    }
    try transaction.put(NotificationMember(group: group.id, notice: notice, isTold: known?.isTold ?? false))
  }

  /// A resolve goes where the firing went, and nowhere else.
  private func end(_ notice: Notice, _ now: Int64, _ transaction: Store.Transaction) throws {
    for member in try transaction.notificationMembers(about: notice.subject, kind: .alert) {
      guard var group = try transaction.notificationGroup(member.group) else { continue }
      guard member.isTold else {
        try transaction.removeNotificationMember(notice.subject, of: group.id)
        if try !transaction.hasNotificationMembers(of: group.id) {
          try transaction.removeNotificationGroup(group.id)
        }
        continue
      }
      var ended = notice
      // What tells it apart for a sink stays as it was told.
      (ended.labels, ended.severity) = (member.notice.labels, member.notice.severity)
      try transaction.put(NotificationMember(group: group.id, notice: ended, isTold: true))
      group.nextAt = min(group.nextAt, news(of: group, now))
      try transaction.put(group)
    }
  }

  /// When there may be a message with news of a group that has had one.
  private func news(of group: NotificationGroup, _ now: Int64) -> Int64 {
    max(now, (group.sentAt ?? now) + group.interval)
  }

  // MARK: - What is due

  private func flush(
    _ group: NotificationGroup, _ silences: [Silence], _ now: Int64, _ transaction: Store.Transaction
  ) throws {
    var group = group
    if let sentAt = group.sentAt, now < sentAt + min(group.interval, group.repeatInterval) {
      // A silence was ended before its time; that is no reason to tell more often than is wanted.
      group.nextAt = sentAt + min(group.interval, group.repeatInterval)
      return try transaction.put(group)
    }
    let members = try standing(group, transaction)
    let ended = members.filter { $0.notice.state == .resolved }
    let firing = members.filter { $0.notice.state == .firing }
    let ends = firing.map { Self.muteEnd($0.notice, silences, now) }
    let heard = zip(firing, ends).filter { $1 == nil }.map(\.0)
    let hasNews = heard.contains { !$0.isTold } || group.sendsResolved && !ended.isEmpty
    let isRepeat = !heard.isEmpty && group.sentAt.map { now >= $0 + group.repeatInterval } ?? true
    // What nobody has taken yet isn't said twice.
    let isDue = try hasNews || isRepeat && !transaction.isWaiting(group.id)
    if isDue {
      let notices = Self.newsFirst(heard, ended: group.sendsResolved ? ended : [])
      let news = heard.count { !$0.isTold } + ended.count
      let parts = parts(notices, wanted: isRepeat ? notices.count : news, of: group)
      for part in parts {
        let message = NotificationMessage(
          id: makeID(), kind: group.kind, group: group.labels, notices: Array(part), time: now)
        try transaction.insert(
          OutboxMessage(
            number: 0, sink: group.sink, group: group.id, message: message, nextAt: now,
            giveUpAt: now + settings.giveUpAfter))
      }
      // What was left for the next repeat doesn't put that off.
      if parts.last?.endIndex == notices.endIndex { group.sentAt = now }
    }
    for member in ended { try transaction.removeNotificationMember(member.notice.subject, of: group.id) }
    // Only alerts go on.
    guard group.kind == .alert, !firing.isEmpty else { return try transaction.removeNotificationGroup(group.id) }
    for var member in heard where !member.isTold {
      member.isTold = true
      try transaction.put(member)
    }
    let next = (group.sentAt ?? now) + group.repeatInterval
    // What is muted and fires still is told when that ends.
    group.nextAt = min(next > now ? next : now + group.repeatInterval, ends.compactMap(\.self).min() ?? .max)
    try transaction.put(group)
  }

  /// What each message tells. An Alertmanager takes for over what it isn't told of: it gets further messages for what has no place in
  /// the first. Those end with the first `wanted` notices, so that news doesn't have a large group told anew each time.
  private func parts(_ notices: [Notice], wanted: Int, of group: NotificationGroup) -> [ArraySlice<Notice>] {
    guard settings.sink(group.sink)?.isAlertmanager == true else { return [notices[...]] }
    let limit = NotificationMessage.noticeLimit
    let count = min(notices.count, max(limit, wanted))
    return stride(from: 0, to: count, by: limit).map { notices[$0..<min($0 + limit, count)] }
  }

  /// Why the message is sent comes first: it is what the title names, and what is not left out of a long one. Then what goes on, the
  /// oldest first.
  private static func newsFirst(_ heard: [NotificationMember], ended: [NotificationMember]) -> [Notice] {
    func sorted(_ members: [NotificationMember], _ isBefore: (Notice, Notice) -> Bool) -> [Notice] {
      members.map(\.notice).sorted { $0.startsAt == $1.startsAt ? $0.subject < $1.subject : isBefore($0, $1) }
    }
    return sorted(heard.filter { !$0.isTold }) { $0.startsAt > $1.startsAt }
      + sorted(ended) { $0.startsAt > $1.startsAt } + sorted(heard.filter(\.isTold)) { $0.startsAt < $1.startsAt }
  }

  /// The group's members as they are by now. An alert that is over is never said to fire, also when its end was not noted; nor is one
  /// that was removed: nobody could resolve it any more.
  private func standing(
    _ group: NotificationGroup, _ transaction: Store.Transaction
  ) throws -> [NotificationMember] {
    try transaction.notificationMembers(of: group.id).compactMap { member in
      guard group.kind == .alert, member.notice.state == .firing else { return member }
      let alert = try transaction.alert(member.notice.subject)
      if let alert, alert.resolved == nil, alert.status != .resolved { return member }
      guard member.isTold else {
        try transaction.removeNotificationMember(member.notice.subject, of: group.id)
        return nil
      }
      var ended = member
      ended.notice.state = .resolved
      ended.notice.endsAt = max(alert?.lastSeen ?? member.notice.startsAt, member.notice.startsAt)
      return ended
    }
  }

  /// When nothing mutes an alert any more, as far as is known now; nil when nothing does.
  private static func muteEnd(_ notice: Notice, _ silences: [Silence], _ now: Int64) -> Int64? {
    guard notice.kind == .alert else { return nil }
    let key = notice.labels.map { FieldValue.Member($0.key, .string($0.value)) }
    let silenced = silences.filter { $0.mutes(rule: notice.rule, key: key, at: now) }.map(\.until)
    return (silenced + [notice.heldUntil].compactMap(\.self)).max().flatMap { $0 > now ? $0 : nil }
  }
}
