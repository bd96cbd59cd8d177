import Glibc
import StellaDetection
import StellaModel

/// The thread of a ``LiveFeed``: everything that changes there belongs to it.
final class FeedThread {
  /// Messages that are looked at for clients that come back before what happens now is told again: some milliseconds.
  private static let turn = 2048

  private let feed: LiveFeed
  private let masker: Masker
  private let conditions = FeedConditions()
  /// Of clients that may not see personal data.
  private let maskedConditions: FeedConditions
  private var views: [FeedFilter: FeedView] = [:]
  /// In the order in which they came, so that nothing depends on hashes.
  private var order: [FeedView] = []
  /// Clients that came back and haven't been told yet of all that they missed, in the order in which they came.
  private var returning: [FeedResumption] = []
  /// Those of them that have room, in the order in which they are told more.
  private var ready: [FeedResumption] = []
  /// Whether what is kept may take more than was counted, because it was encoded for who came back.
  private var hasUncounted = false
  private var decoders: [UInt16: (decided: LogFormat?, decoder: any Decoder)] = [:]
  private var replay: FeedReplay
  private var ends = ToldEnds()
  /// The number of the next message.
  private var next: Int64 = 1
  /// Behind the last event that was told of.
  private var lastEvent: Int?
  /// Whether no client has listened since that event.
  private var wasUnwanted = true
  private var nextPing: Int64
  /// When events are not kept any more; nil while somebody wants them.
  private var leaseEnd: Int64?

  init(_ feed: LiveFeed) {
    self.feed = feed
    masker = Masker(feed.masking)
    maskedConditions = FeedConditions(masking: feed.masking)
    replay = FeedReplay(limit: feed.limits.replayBytes)
    nextPing = machineMonotonicTime() + feed.limits.pingNanoseconds
  }

  func run() {
    while true {
      var (inbox, batches) = wait()
      for command in inbox.commands where !command.isNews { carryOut(command) }
      // After those that have made room.
      dropStalled()
      batches.reverse()
      // Each is let go before the next is encoded.
      while let batch = batches.popLast() {
        tell(batch)
        flush()
      }
      // Behind the events that an alert is made of.
      for command in inbox.commands where command.isNews { carryOut(command) }
      if inbox.lost > 0 { tellLost(inbox.lost) }
      flush()
      if !inbox.isEnding { goOn() }
      if inbox.isEnding {
        for resumption in returning {
          let view = FeedView(resumption.filter, epoch: feed.epoch)
          view.add(resumption.client, isResumed: true)
          order.append(view)
        }
        for view in order { view.end("the server ends") }
        return
      }
      look(at: machineMonotonicTime())
    }
  }

  private func wait() -> (LiveFeed.Inbox, [TappedBatch]) {
    var found = take()
    // Who has stalled is dropped unless it is among those that have made room since.
    guard found.0.commands.isEmpty, found.1.isEmpty, !found.0.isEnding, ready.isEmpty, stalled.isEmpty else {
      return found
    }
    feed.tap.rest()
    found = take()
    if found.0.commands.isEmpty, found.1.isEmpty, !found.0.isEnding {
      let until = min(nextPing, leaseEnd ?? .max)
      let left = max(0, until - machineMonotonicTime())
      var request = pollfd(fd: feed.tap.descriptor, events: Int16(POLLIN), revents: 0)
      poll(&request, 1, Int32(min(left / 1_000_000 + 1, 60_000)))
      found = take()
    }
    feed.tap.rise()
    return found
  }

  private func take() -> (LiveFeed.Inbox, [TappedBatch]) {
    let inbox = feed.inbox.withLock { inbox in
      let taken = inbox
      inbox.commands = []
      inbox.lost = 0
      return taken
    }
    return (inbox, feed.tap.take())
  }

  private func look(at now: Int64) {
    if now >= nextPing {
      nextPing = now + feed.limits.pingNanoseconds
      for view in order { send(FeedView.notice("ping", "{}", view.filter.framing), to: view) }
    }
    if let end = leaseEnd, now >= end {
      leaseEnd = nil
      feed.tap.setWanted(false)
      wasUnwanted = true
    }
  }

  // MARK: - Commands

  private func carryOut(_ command: LiveFeed.Command) {
    switch command {
    case .alert(let alert):
      if alert.resolvedBecause == .byHand, ends.takeOther(of: alert.id) { return }
      let service = Self.service(alert.key)
      tell(.alert, rule: alert.rule, severity: alert.severity, service: service, Array(alert.json.utf8))
    case .remarked(let alert, let json):
      if alert.isResolvedByHand, ends.takeOther(of: alert.id) { return }
      let key: [FieldValue.Member] =
        if case .object(let key)? = try? JSONParser().parse(alert.key) { key } else { [] }
      tell(.alert, rule: alert.rule, severity: alert.severity, service: Self.service(key), Array(json.utf8))
    case .run(let run): tell(.run, rule: run.rule, severity: nil, service: nil, Array(run.json.utf8))
    case .leave(let client, let filter):
      if let resumption = resumption(of: client) { return forget(resumption) }
      guard let view = views[filter] else { return }
      view.remove(client)
      if view.isEmpty { drop(view) }
    case .join(let client, let filter, let id): join(client, filter, after: id)
    case .room(let client): if let resumption = resumption(of: client) { makeReady(resumption) }
    case .silence(let silence, let json):
      tell(.silence, rule: silence.rule, severity: nil, service: Self.service(silence.key), Array(json.utf8))
    }
  }

  private static func service(_ key: [FieldValue.Member]) -> String? {
    if case .string(let name)? = key.first(where: { $0.name == "service" })?.value { name } else { nil }
  }

  private func join(_ client: any FeedClient, _ filter: FeedFilter, after id: String?) {
    guard let id else { return admit(client, filter, isResumed: false) }
    guard let number = number(of: id) else {
      let gap = Self.gap(nil, "the server began anew", filter.framing)
      if hand(gap, to: client) { admit(client, filter, isResumed: true) }
      return
    }
    // Clients with the same condition share what finds its events.
    let known = returning.first {
      $0.filter.condition == filter.condition && $0.filter.isPrivileged == filter.isPrivileged
    }
    let conditions = known?.conditions ?? FeedConditions(masking: filter.isPrivileged ? nil : feed.masking)
    conditions.use([filter.condition].compactMap(\.self))
    let resumption = FeedResumption(client, filter, conditions, from: number + 1, horizon: next)
    returning.append(resumption)
    // What happens meanwhile is for it, too.
    useTap()
    makeReady(resumption)
  }

  /// Tells a client what happens from now on.
  private func admit(_ client: any FeedClient, _ filter: FeedFilter, isResumed: Bool) {
    // What is collected is none of the new client's.
    flush()
    let view = views[filter] ?? FeedView(filter, epoch: feed.epoch)
    view.add(client, isResumed: isResumed)
    if views[filter] == nil {
      views[filter] = view
      order.append(view)
      useConditions()
    }
  }

  private func drop(_ view: FeedView) {
    views[view.filter] = nil
    order.removeAll { $0 === view }
    useConditions()
  }

  private func useConditions() {
    for (isPrivileged, conditions) in [(true, conditions), (false, maskedConditions)] {
      var known: [Expression] = []
      for view in order where view.filter.isPrivileged == isPrivileged {
        if let condition = view.filter.condition, !known.contains(condition) { known.append(condition) }
      }
      conditions.use(known)
    }
    useTap()
  }

  /// Has events tapped as long as somebody wants them, and a while longer.
  private func useTap() {
    if order.contains(where: { $0.filter.kinds.contains(.event) })
      || returning.contains(where: { $0.filter.kinds.contains(.event) })
    {
      leaseEnd = nil
      feed.tap.setWanted(true)
    } else if leaseEnd == nil, feed.tap.isWanted {
      leaseEnd = machineMonotonicTime() + feed.limits.leaseNanoseconds
    }
  }

  // MARK: - Messages

  private func tell(_ kind: FeedFilter.Kind, rule: String, severity: Severity?, service: String?, _ json: [UInt8]) {
    let message = FeedMessage(next, kind, rule: rule, severity: severity, service: service, json)
    next += 1
    for view in order { add(message, to: view) }
    replay.keep(.message(message))
  }

  private func add(_ message: FeedMessage, to view: FeedView) {
    guard message.isWanted(by: view.filter, masker) else { return }
    let type: StaticString =
      switch message.kind {
      case .event: "event"
      case .alert: "alert"
      case .run: "run"
      case .silence: "silence"
      }
    view.add(message.number, type, message.json(isPrivileged: view.filter.isPrivileged, masker))
  }

  private func tell(_ tapped: TappedBatch) {
    let missed = Int64(tapped.firstEvent - (lastEvent ?? tapped.firstEvent))
    if missed > 0 {
      // A client that has just begun has missed nothing.
      say(missed: missed, toResumed: wasUnwanted)
      if !wasUnwanted { feed.counts.withLock { $0.lostEvents += Int(missed) } }
      next += missed
    }
    lastEvent = tapped.firstEvent + tapped.count
    wasUnwanted = false
    let batch = FeedBatch(tapped, first: next)
    next += Int64(tapped.count)
    add(batch, to: order.filter(\.filter.isPrivileged), conditions)
    add(batch, to: order.filter { !$0.filter.isPrivileged }, maskedConditions)
    replay.keep(.events(batch))
  }

  /// - Parameter conditions: those of the views.
  private func add(_ batch: FeedBatch, to views: [FeedView], _ conditions: FeedConditions) {
    guard views.contains(where: { $0.filter.kinds.contains(.event) }) else { return }
    let decoder = decoder(of: batch.tapped)
    let rows = conditions.conditions.isEmpty ? [] : conditions.rows(batch.tapped, decoder)
    for view in views where view.filter.kinds.contains(.event) {
      let place = view.filter.condition.flatMap { conditions.conditions.firstIndex(of: $0) }
      for row in 0..<batch.tapped.count {
        if let place, rows[place][row >> 6] & (1 << UInt64(row & 63)) == 0 { continue }
        guard let json = batch.json(row, view.filter, decoder, masker) else { continue }
        view.add(batch.first + Int64(row), "event", json)
        if view.isFull, let chunk = view.chunk() { send(chunk, to: view) }
      }
    }
  }

  private func decoder(of tapped: TappedBatch) -> any Decoder {
    let decided = tapped.source.detector?.decided
    if let known = decoders[tapped.number], known.decided == decided { return known.decoder }
    let decoder: any Decoder =
      tapped.source.detector.map { AutoDecoder(detector: $0) } ?? AutoDecoder.decoder(for: tapped.source.format)
    decoders[tapped.number] = (decided, decoder)
    return decoder
  }

  private func say(missed: Int64?, reason: String = "too fast", toResumed: Bool) {
    flush()
    for view in order where view.filter.kinds.contains(.event) {
      send(Self.gap(missed, reason, view.filter.framing), to: view, toResumed: toResumed)
    }
  }

  /// Says that so many alerts, runs and silences are missing: more came than may wait.
  private func tellLost(_ news: Int) {
    flush()
    for view in order where view.filter.kinds != [.event] {
      send(Self.gap(Int64(news), "too fast", view.filter.framing), to: view)
    }
    feed.counts.withLock { $0.lostNews += news }
    next += Int64(news)
  }

  private static func gap(_ missed: Int64?, _ reason: String, _ framing: FeedFilter.Framing) -> FeedChunk {
    let json = FieldValue.object([
      .init("missed", missed.map { .integer($0) } ?? .null), .init("reason", .string(reason)),
    ]).json
    return FeedView.notice("gap", json, framing)
  }

  private func flush() {
    for view in order { if let chunk = view.chunk() { send(chunk, to: view) } }
  }

  private func send(_ chunk: FeedChunk, to view: FeedView, toResumed: Bool = false) {
    let (messages, dropped) = view.send(chunk, toResumed: toResumed)
    feed.counts.withLock { counts in
      counts.messages += messages
      counts.dropped += dropped
    }
  }

  /// Whether the client took it.
  private func hand(_ chunk: FeedChunk, to client: any FeedClient) -> Bool {
    let isTaken = client.take(chunk)
    feed.counts.withLock { counts in
      counts.messages += chunk.count
      if !isTaken { counts.dropped += 1 }
    }
    return isTaken
  }

  // MARK: - Clients that come back

  /// The number in an id; nil when it is none of this feed.
  private func number(of id: String) -> Int64? {
    guard let dash = id.lastIndex(of: "-"), let number = Int64(id[id.index(after: dash)...]), id[..<dash] == feed.epoch,
      number < next
    else {
      return nil
    }
    return number
  }

  private func resumption(of client: ObjectIdentifier) -> FeedResumption? {
    returning.first { ObjectIdentifier($0.client) == client }
  }

  private func makeReady(_ resumption: FeedResumption) {
    if resumption.isReady { return }
    resumption.isReady = true
    ready.append(resumption)
  }

  /// Tells those that have room of what they missed, one after the other, as much as a turn allows.
  private func goOn() {
    var left = Self.turn
    while left > 0, !ready.isEmpty {
      let resumption = ready.removeFirst()
      resumption.isReady = false
      goOn(resumption, &left)
    }
    if hasUncounted {
      hasUncounted = false
      replay.measure()
    }
  }

  /// Tells a client as much of what it missed as it has room for; once that is all, it is told what happens like any other.
  ///
  /// - Parameter left: messages that may be looked at.
  private func goOn(_ resumption: FeedResumption, _ left: inout Int) {
    let (client, first) = (resumption.client, resumption.next)
    let id = ObjectIdentifier(client)
    while let chunk = resumption.waiting ?? portion(for: resumption, &left) {
      // Who is too slow has the rest told like any other: if that is too much for it, too, it isn't told.
      let hasRoom =
        resumption.isTooSlow || client.hasRoom(for: chunk.bytes.count) { [feed] in feed.give(.room(id)) }
      guard hasRoom else {
        resumption.waiting = chunk
        // Not what it is in the midst of: that would be let go in place of what it has behind it.
        replay.measure(first..<resumption.next)
        return
      }
      resumption.waiting = nil
      guard hand(chunk, to: client) else { return forget(resumption) }
      resumption.horizon = next
    }
    guard resumption.next >= next else {
      replay.measure(first..<resumption.next)
      return makeReady(resumption)
    }
    forget(resumption)
    admit(client, resumption.filter, isResumed: true)
  }

  private func forget(_ resumption: FeedResumption) {
    returning.removeAll { $0 === resumption }
    if resumption.isReady { ready.removeAll { $0 === resumption } }
    hasUncounted = true
    useTap()
  }

  /// Those that took nothing while all that was kept gave way to what came since.
  private var stalled: [FeedResumption] {
    guard let first = replay.first else { return [] }
    return returning.filter { !$0.isReady && $0.horizon <= first }
  }

  private func dropStalled() {
    for resumption in stalled {
      feed.counts.withLock { $0.dropped += 1 }
      resumption.client.drop()
      forget(resumption)
    }
  }

  /// The next that a client missed, as much as goes out together, or that something of it isn't kept; nil when there is no more,
  /// or when no more may be looked at.
  private func portion(for resumption: FeedResumption, _ left: inout Int) -> FeedChunk? {
    let view = FeedView(resumption.filter, epoch: feed.epoch)
    for item in replay.items(from: resumption.next) {
      if left <= 0 { return view.chunk() }
      let numbers = item.numbers
      if numbers.lowerBound > resumption.next {
        if let chunk = view.chunk() { return chunk }
        // Not where there was nothing to keep: events that came too fast to be told have numbers, too.
        if numbers.lowerBound == replay.first { resumption.overtakings += 1 }
        return skip(to: resumption.isTooSlow ? next : numbers.lowerBound, resumption)
      }
      switch item {
      case .message(let message):
        add(message, to: view)
        resumption.next = numbers.upperBound
        left -= 1
      case .events(let batch): add(batch, to: view, for: resumption, &left)
      }
      if view.isFull { return view.chunk() }
    }
    if let chunk = view.chunk() { return chunk }
    return resumption.next < next && left > 0 ? skip(to: next, resumption) : nil
  }

  private func skip(to number: Int64, _ resumption: FeedResumption) -> FeedChunk {
    let missed = number - resumption.next
    resumption.next = number
    return Self.gap(missed, "not kept", resumption.filter.framing)
  }

  /// Collects the events of a batch that a client missed, until they are as much as goes out together or may be looked at.
  private func add(_ batch: FeedBatch, to view: FeedView, for resumption: FeedResumption, _ left: inout Int) {
    let end = batch.first + Int64(batch.tapped.count)
    guard view.filter.kinds.contains(.event) else {
      resumption.next = end
      left -= 1
      return
    }
    let decoder = decoder(of: batch.tapped)
    while resumption.next < end, left > 0, !view.isFull {
      let number = resumption.next
      let row = Int(number - batch.first)
      resumption.next += 1
      left -= 1
      guard resumption.holds(batch, row, decoder), let json = batch.json(row, view.filter, decoder, masker) else {
        continue
      }
      view.add(number, "event", json)
    }
  }
}
