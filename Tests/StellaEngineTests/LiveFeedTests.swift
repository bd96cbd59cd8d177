import Foundation
import StellaDetection
import StellaModel
import Synchronization
import Testing

@testable import StellaEngine

@Suite("The live feed")
struct LiveFeedTests {
  /// A client that keeps what it gets, up to so many messages.
  private final class Listener: FeedClient {
    private let state = Mutex((text: "", left: Int.max, isEnded: false))
    private let changed = DispatchSemaphore(value: 0)

    init(limit: Int = .max) { state.withLock { $0.left = limit } }

    func take(_ chunk: FeedChunk) -> Bool {
      let isTaken = state.withLock { state in
        guard state.left > 0 else { return false }
        state.left -= 1
        state.text += String(decoding: chunk.bytes, as: UTF8.self)
        return true
      }
      changed.signal()
      return isTaken
    }

    func hasRoom(for bytes: Int, orElse body: @escaping @Sendable () -> Void) -> Bool { true }
    func drop() {}

    func end(_ farewell: FeedChunk) {
      state.withLock { state in
        state.text += String(decoding: farewell.bytes, as: UTF8.self)
        state.isEnded = true
      }
      changed.signal()
    }

    var text: String { state.withLock { $0.text } }
    var lines: [String] { text.split(separator: "\n").map(String.init) }

    /// Waits for the next message.
    func next() { _ = changed.wait(timeout: .now() + 30) }

    /// What there is once it holds this; what there is after half a minute otherwise.
    @discardableResult
    func until(_ part: String) -> String {
      while !text.contains(part), changed.wait(timeout: .now() + 30) == .success {}
      return text
    }
  }

  /// A client that has room for one chunk of what it missed, and takes it when it is told to.
  private final class Reader: FeedClient {
    private struct State {
      var chunks: [FeedChunk] = []
      var onRoom: (@Sendable () -> Void)?
      var isDropped = false
    }

    private let state = Mutex(State())
    private let changed = DispatchSemaphore(value: 0)

    func take(_ chunk: FeedChunk) -> Bool {
      state.withLock { $0.chunks.append(chunk) }
      changed.signal()
      return true
    }

    func hasRoom(for bytes: Int, orElse body: @escaping @Sendable () -> Void) -> Bool {
      state.withLock { state in
        if state.chunks.isEmpty { return true }
        state.onRoom = body
        return false
      }
    }

    func drop() {
      state.withLock { $0.isDropped = true }
      changed.signal()
    }

    func end(_ farewell: FeedChunk) {}

    /// The lines of the next chunk; none when there is none within half a minute.
    func read() -> [String] {
      while true {
        let (chunk, onRoom) = state.withLock { state -> (FeedChunk?, (@Sendable () -> Void)?) in
          if state.chunks.isEmpty { return (nil, nil) }
          return (state.chunks.removeFirst(), state.onRoom.take())
        }
        onRoom?()
        if let chunk { return String(decoding: chunk.bytes, as: UTF8.self).split(separator: "\n").map(String.init) }
        guard changed.wait(timeout: .now() + 30) == .success else { return [] }
      }
    }

    /// Waits until there is a chunk to read.
    func awaitChunk() {
      for _ in 0..<30_000 where state.withLock({ $0.chunks.isEmpty }) { usleep(1000) }
    }

    /// Whether it was dropped within half a minute.
    func awaitDrop() -> Bool {
      while !state.withLock({ $0.isDropped }) {
        guard changed.wait(timeout: .now() + 30) == .success else { return false }
      }
      return true
    }
  }

  private func feed(_ change: (inout LiveFeed.Limits) -> Void = { _ in }) throws -> LiveFeed {
    var limits = LiveFeed.Limits()
    change(&limits)
    return try LiveFeed(masking: Masking(), epoch: "t", limits: limits)
  }

  private static func put(
    _ records: [String], to tap: EventTap, first: Int, format: LogFormat = .json, service: String? = nil
  ) {
    let batch = EventBatch(columnCount: 0)
    for (row, record) in records.enumerated() {
      let bytes = Array(record.utf8)
      batch.records[row] = bytes.withUnsafeBufferPointer { batch.arena.copy($0) }
      batch.recordLengths[row] = UInt32(bytes.count)
      batch.times[row] = 1_700_000_000_000_000_000 + Int64(first + row)
      batch.sources[row] = 0
    }
    batch.count = records.count
    tap.put(batch, firstEvent: first) { _ in TappedBatch.Source(format: format, service: service) }
  }

  private static func alert(_ number: Int, rule: String = "a.rule", severity: Severity = .low) -> Alert {
    Alert(
      id: "id\(number)", rule: rule, type: "t", severity: severity, title: "T", summary: "from 192.0.2.\(number)",
      key: [.init("service", .string("shop"))], status: .firing, revision: 1, firstSeen: 0, lastSeen: 0, count: 1)
  }

  private func filter(_ parameters: [(String, String)] = [], lines: Bool = true) throws -> FeedFilter {
    var filter = try FeedFilter(parameters.map { (name: $0.0, value: $0.1) })
    if lines { filter.framing = .lines }
    return filter
  }

  private static let records = [
    #"{"level":"error","service":"shop","message":"mail bob@example.com","status":500}"#,
    #"{"level":"info","service":"api","message":"ok","status":200}"#,
  ]

  @Test("Each client gets what its filter wants, and personal data only when it may see it")
  func filters() throws {
    let feed = try feed()
    defer { feed.end() }
    var clients: [(Listener, FeedFilter)] = []
    func listen(_ parameters: [(String, String)], privileged: Bool = false) throws -> Listener {
      var filter = try filter(parameters)
      filter.isPrivileged = privileged
      let listener = Listener()
      try feed.join(listener, filter)
      clients.append((listener, filter))
      return listener
    }
    let all = try listen([])
    let admin = try listen([], privileged: true)
    let errors = try listen([("types", "events"), ("level", "warning")])
    let api = try listen([("types", "event"), ("service", "api,web")])
    let slow = try listen([("types", "event"), ("where", "status >= 500")])
    let guessing = try listen([("where", #"contains(message, "bob")"#)])
    let knowing = try listen([("where", #"contains(message, "bob")"#)], privileged: true)
    let high = try listen([("types", "alert"), ("severity", "high")])
    let ruled = try listen([("types", "alert"), ("rule", "b.rule")])
    Self.put(Self.records, to: feed.tap, first: 0)
    feed.take([Self.alert(1), Self.alert(2, rule: "b.rule", severity: .critical)])
    feed.take([Self.alert(9, rule: "b.rule", severity: .high)])
    for (listener, filter) in clients {
      listener.until(filter.kinds.contains(.alert) ? "id9" : "\"type\":\"event\"")
    }
    feed.end()
    func messages(_ listener: Listener, _ type: String) -> Int {
      listener.lines.count { $0.contains("\"type\":\"\(type)\"") }
    }
    #expect(messages(all, "event") == 2 && messages(all, "alert") == 3, "\(all.text)")
    #expect(all.text.contains("mail [email]") && !all.text.contains("bob@") && !all.text.contains("192.0.2."))
    #expect(admin.text.contains("bob@example.com") && admin.text.contains("192.0.2.1"))
    for only in [errors, slow] { #expect(messages(only, "event") == 1 && only.text.contains("mail"), "\(only.text)") }
    #expect(messages(api, "event") == 1 && api.text.contains("\"ok\""), "\(api.text)")
    #expect(messages(guessing, "event") == 0 && messages(knowing, "event") == 1, "\(guessing.text)")
    #expect(messages(high, "alert") == 2 && messages(ruled, "alert") == 2)
    #expect(all.lines.last?.contains("\"type\":\"end\"") == true)
    // Every line is JSON, and ids ascend.
    var last = 0
    for line in all.lines.dropLast() {
      let value = try JSONParser().parse(line)
      guard case .object(let members) = value, case .string(let id)? = members.first(where: { $0.name == "id" })?.value
      else {
        Issue.record("\(line)")
        continue
      }
      let number = try #require(Int(id.dropFirst(2)))
      #expect(id.hasPrefix("t-") && number > last)
      last = number
    }
  }

  @Test("Services are asked for by what the client is shown of them")
  func maskedServices() throws {
    let masker = Masker(Masking())
    for (service, all, shown) in [("bob@example.com", true, false), ("[email]", false, true)] {
      var filter = try filter([("service", service)])
      #expect(filter.wants(service: "bob@example.com", masker) == shown)
      filter.isPrivileged = true
      #expect(filter.wants(service: "bob@example.com", masker) == all)
    }
  }

  @Test(
    "What somebody says about an alert by hand reaches those who would hear of the alert, masked for who may not see all"
  )
  func remarks() throws {
    let feed = try feed()
    defer { feed.end() }
    let (all, elsewhere) = (Listener(), Listener())
    try feed.join(all, try filter([("types", "alert"), ("service", "shop"), ("severity", "high"), ("rule", "a.rule")]))
    try feed.join(elsewhere, try filter([("service", "api")]))
    let alert = StoredAlert(Self.alert(4, severity: .high), updatedAt: 1)
    feed.take(
      alert,
      as: #"{"event":"acknowledged","id":"id4","acknowledged":{"by":"user:mara","reason":"ask bob@example.com"}}"#)
    all.until("id4")
    feed.end()
    #expect(all.text.contains(#""type":"alert""#) && all.text.contains("ask [email]"), "\(all.text)")
    #expect(!elsewhere.text.contains("id4"), "\(elsewhere.text)")
  }

  @Test(
    "A silence reaches those whom its rule and its service concern, masked for who may not see all, and who comes back")
  func silences() throws {
    let feed = try feed()
    defer { feed.end() }
    func listen(_ parameters: [(String, String)], privileged: Bool = false) throws -> Listener {
      let listener = Listener()
      var filter = try filter(parameters)
      filter.isPrivileged = privileged
      try feed.join(listener, filter)
      return listener
    }
    let all = try listen([])
    let admin = try listen([("types", "silence")], privileged: true)
    let shop = try listen([("service", "shop"), ("severity", "critical")])
    let api = try listen([("service", "api")])
    let other = try listen([("rule", "b.rule")])
    let alerts = try listen([("types", "alert,run,event")])
    func silence(_ number: Int64, _ service: String?) -> Silence {
      Silence(
        number: number, rule: "a.rule", key: service.map { [.init("service", .string($0))] } ?? [], until: 9,
        set: .init(by: "user:mara", time: 1, reason: ""))
    }
    feed.take(silence(1, "shop"), as: #"{"event":"set","number":1,"reason":"ask bob@example.com"}"#)
    feed.take(silence(2, nil), as: #"{"event":"expired","number":2}"#)
    feed.take([Self.alert(9, severity: .critical)])
    for listener in [all, shop, alerts] { listener.until("id9") }
    admin.until("\"number\":2")
    let late = Listener()
    try feed.join(late, try filter([("types", "silence")]), after: "t-1")
    late.until("\"number\":2")
    feed.end()
    #expect(all.text.contains(#""id":"t-1","type":"silence","data":{"event":"set","number":1,"reason":"ask [email]""#))
    #expect(admin.text.contains("ask bob@example.com") && !admin.text.contains("id9"), "\(admin.text)")
    #expect(shop.text.contains("\"number\":1") && shop.text.contains("\"number\":2"), "\(shop.text)")
    // One that names no service is about all of them.
    #expect(!api.text.contains("\"number\":1") && api.text.contains("\"number\":2"), "\(api.text)")
    for listener in [other, alerts] { #expect(!listener.text.contains("\"number\""), "\(listener.text)") }
    #expect(!late.text.contains("\"number\":1") && late.text.contains("\"id\":\"t-2\""), "\(late.text)")
  }

  @Test("That an alert was resolved by hand is told once, whether the person or detection is faster")
  func resolvedByHand() throws {
    let feed = try feed()
    defer { feed.end() }
    let client = Listener()
    try feed.join(client, try filter([("types", "alert")]))
    func end(_ number: Int) -> Alert {
      var alert = Self.alert(number)
      (alert.status, alert.revision, alert.resolvedBecause) = (.resolved, 2, .byHand)
      return alert
    }
    func remark(_ number: Int) {
      var alert = StoredAlert(end(number), updatedAt: 1)
      alert.resolved = StoredAlert.Remark(by: "user:mara", time: 1, reason: "over")
      feed.take(alert, as: #"{"event":"resolved","id":"id\#(number)","said":true}"#)
    }
    remark(1)
    feed.take([end(1), end(2)])
    remark(2)
    // Those that nobody else tells of let go of the oldest alone.
    for number in 1000..<2001 { remark(number) }
    feed.take([1001, 2000, 1000].map(end))
    feed.take([Self.alert(9999)])
    let lines = client.until("id9999").split(separator: "\n")
    func told(_ number: Int) -> [Bool] { lines.filter { $0.contains("\"id\(number)\"") }.map { $0.contains("said") } }
    #expect(told(1) == [true] && told(2) == [false])
    #expect(told(1000) == [true, false] && told(1001) == [true] && told(2000) == [true])
  }

  @Test("A client that comes back goes on behind the last id it had; what is missing is said")
  func resume() throws {
    let feed = try feed { $0.replayBytes = 4000 }
    defer { feed.end() }
    let first = Listener()
    let filter = try filter()
    try feed.join(first, filter)
    Self.put(["{\"n\":1}", "{\"n\":2}", "{\"n\":3}"], to: feed.tap, first: 0)
    first.until("t-3")
    let second = Listener()
    try feed.join(second, filter, after: "t-1")
    feed.take([Self.alert(7)])
    let text = second.until("id7")
    #expect(
      !text.contains("t-1\"") && text.contains("t-2\"") && text.contains("t-3\"") && !text.contains("gap"), "\(text)")
    let other = Listener()
    try feed.join(other, filter, after: "x-1")
    #expect(other.until("gap").contains(#""data":{"missed":null"#))
    for number in 10..<40 { feed.take([Self.alert(number)]) }
    first.until("id39")
    let late = Listener()
    try feed.join(late, filter, after: "t-1")
    let told = late.until("id39")
    #expect(told.contains(#"{"type":"gap","data":{"missed":"#) && !told.contains("id7"), "\(told)")
    feed.end()
  }

  @Test(
    "A client that comes back and takes little at a time is told the same as one that listened, and then what happens")
  func portions() throws {
    let feed = try feed()
    defer { feed.end() }
    let filter = try filter([("types", "event"), ("where", "n >= 200")])
    let (first, second) = (Listener(), Reader())
    try feed.join(first, filter)
    let padding = String(repeating: "x", count: 150)
    for batch in 0..<2 {
      let records = (0..<1000).map { "{\"n\":\($0),\"message\":\"mail bob@example.com \(padding)\"}" }
      Self.put(records, to: feed.tap, first: batch * 1000)
    }
    first.until("t-2000\"")
    try feed.join(second, filter, after: "t-300")
    let expected = first.lines.dropFirst(100)
    var told: [String] = []
    var chunks = 0
    while told.count < expected.count {
      let lines = second.read()
      try #require(!lines.isEmpty, "\(told.count)")
      told += lines
      chunks += 1
      // While it is told what it missed, and not before that.
      if chunks == 1 { Self.put(["{\"n\":5000}", "{\"n\":100}", "{\"n\":6000}"], to: feed.tap, first: 2000) }
    }
    #expect(chunks > 5 && expected.count == 1500)
    let (all, text) = (first.until("t-2003\"").split(separator: "\n").map(String.init), told.joined())
    while told.count < 1502 {
      let lines = second.read()
      try #require(!lines.isEmpty, "\(told.count)")
      told += lines
    }
    #expect(told == Array(all.dropFirst(100)))
    #expect(text.contains("mail [email]") && !text.contains("bob@"))
    feed.take([Self.alert(1)])
    Self.put(["{\"n\":7000}"], to: feed.tap, first: 2003)
    #expect(second.read().first?.contains("7000") == true)
    #expect(feed.figures.dropped == 0)
  }

  /// A feed that keeps 45 of such alerts and was told of 100.
  private func filledFeed() throws -> (feed: LiveFeed, filter: FeedFilter, alerts: (ClosedRange<Int>) -> [Alert]) {
    let padding = String(repeating: "x", count: 2000)
    let alerts = { (numbers: ClosedRange<Int>) in
      numbers.map { number in
        Alert(
          id: "id\(number + 1000)", rule: "a.rule", type: "t", severity: .low, title: "T", summary: padding, key: [],
          status: .firing, revision: 1, firstSeen: 0, lastSeen: 0, count: 1)
      }
    }
    let size = alerts(1...1)[0].json.utf8.count
    let feed = try feed { $0.replayBytes = 45 * size }
    var filter = try filter()
    filter.isPrivileged = true
    let listener = Listener()
    try feed.join(listener, filter)
    feed.take(alerts(1...100))
    listener.until("t-100\"")
    feed.leave(listener, filter)
    return (feed, filter, alerts)
  }

  @Test("Who takes what it missed slower than that gives way is told what is missing of it")
  func overtaken() throws {
    let (feed, filter, alerts) = try filledFeed()
    defer { feed.end() }
    let reader = Reader()
    try feed.join(reader, filter, after: "t-0")
    #expect(reader.read() == [#"{"type":"gap","data":{"missed":55,"reason":"not kept"}}"#])
    // What it has room for, and what is ready for it, are at most 32 of them.
    feed.take(alerts(101...144))
    var expected = 56
    var gaps = 0
    while expected < 145 {
      let lines = reader.read()
      try #require(!lines.isEmpty, "\(expected)")
      for line in lines {
        if line.hasPrefix(#"{"type":"gap","data":{"missed":"#) {
          gaps += 1
          #expect(line.contains(":\(100 - expected),"), "\(expected): \(line)")
          expected = 100
        } else {
          try #require(line.hasPrefix("{\"id\":\"t-\(expected)\","), "\(expected): \(line.prefix(80))")
          expected += 1
        }
      }
    }
    #expect(gaps == 1 && feed.figures.dropped == 0)
  }

  @Test("Who is overtaken again and again is told what happens from then on, as any other")
  func overtakenAgain() throws {
    let (feed, filter, alerts) = try filledFeed()
    defer { feed.end() }
    let reader = Reader()
    try feed.join(reader, filter, after: "t-0")
    var (told, next, gaps) = (100, 1, 0)
    func read() throws {
      let lines = reader.read()
      try #require(!lines.isEmpty, "\(next)")
      for line in lines {
        if let gap = line.wholeMatch(of: /\{"type":"gap","data":\{"missed":(\d+),"reason":"not kept"\}\}/) {
          gaps += 1
          next += try #require(Int(gap.1))
        } else {
          try #require(line.hasPrefix("{\"id\":\"t-\(next)\","), "\(next): \(line.prefix(80))")
          next += 1
        }
      }
    }
    while gaps < 3, told < 2000 {
      feed.take(alerts(told + 1...told + 30))
      told += 30
      try read()
    }
    #expect(gaps == 3)
    // More at once than is kept.
    feed.take(alerts(told + 1...told + 200))
    told += 200
    while next <= told { try read() }
    #expect(gaps == 3 && feed.figures.dropped == 0)
  }

  @Test("Who comes back behind events that nobody was told of gets what is kept behind them, however often that was")
  func holes() throws {
    let feed = try feed()
    defer { feed.end() }
    let listener = Listener()
    try feed.join(listener, filter())
    for part in 0..<6 {
      Self.put(["{\"n\":\(part)}"], to: feed.tap, first: 100 * part)
      listener.until("t-\(100 * part + 1)\"")
    }
    feed.take([Self.alert(1)])
    let returner = Listener()
    try feed.join(returner, filter(), after: "t-0")
    let text = returner.until("t-502\"")
    for part in 0..<6 { #expect(text.contains("t-\(100 * part + 1)\""), "\(part): \(text)") }
    #expect(text.components(separatedBy: "\"missed\":99").count == 6, "\(text)")
  }

  @Test("What happens is told while somebody who came back is told much")
  func turns() throws {
    let feed = try feed { $0.replayBytes = 64 << 20 }
    defer { feed.end() }
    final class Client: FeedClient {
      private let onTake: @Sendable (FeedChunk) -> Void

      init(_ onTake: @escaping @Sendable (FeedChunk) -> Void) { self.onTake = onTake }

      func take(_ chunk: FeedChunk) -> Bool {
        onTake(chunk)
        return true
      }

      func hasRoom(for bytes: Int, orElse body: @escaping @Sendable () -> Void) -> Bool { true }
      func drop() {}
      func end(_ farewell: FeedChunk) {}
    }
    final class Told: Sendable {
      /// Messages to who came back: so far, and when the other client was told of what happened meanwhile.
      let counts = Mutex((now: 0, then: Int?.none))
      let isAll = DispatchSemaphore(value: 0)
    }
    let told = Told()
    var filter = try filter()
    filter.isPrivileged = true
    let listener = Listener()
    try feed.join(listener, filter)
    feed.take((1...5000).map { Self.alert($0) })
    listener.until("t-5000\"")
    try feed.join(
      Client { chunk in
        if String(decoding: chunk.bytes, as: UTF8.self).contains("t-5001\"") {
          told.counts.withLock { $0.then = $0.now }
        }
      }, filter)
    try feed.join(
      Client { [feed] chunk in
        let (before, now) = told.counts.withLock { counts in
          let before = counts.now
          counts.now += chunk.count
          return (before, counts.now)
        }
        if before == 0 { feed.take([Self.alert(5001)]) }
        if now == 5001 { told.isAll.signal() }
      }, filter, after: "t-0")
    #expect(told.isAll.wait(timeout: .now() + 30) == .success)
    let counts = told.counts.withLock { $0 }
    let then = try #require(counts.then)
    #expect(then > 0 && then < 5000, "\(then)")
  }

  @Test("Who takes nothing of what it missed while all of that gives way is dropped")
  func stalled() throws {
    let (feed, filter, alerts) = try filledFeed()
    defer { feed.end() }
    let reader = Reader()
    try feed.join(reader, filter, after: "t-60")
    reader.awaitChunk()
    feed.take(alerts(101...145))
    #expect(reader.awaitDrop() && feed.figures.dropped == 1)
  }

  @Test("More alerts at once than may wait are told as a gap to who wants alerts, and counted")
  func tooManyAlerts() throws {
    let feed = try feed { $0.queue = 3 }
    defer { feed.end() }
    let (all, events) = (Listener(), Listener())
    try feed.join(all, filter())
    try feed.join(events, filter([("types", "event")]))
    // Both have been let in before the alerts come.
    Self.put(Self.records, to: feed.tap, first: 0)
    for listener in [all, events] { listener.until("\"ok\"") }
    feed.take((1...5).map { Self.alert($0) })
    let told = all.until("gap")
    #expect(told.contains("id3") && !told.contains("id4"), "\(told)")
    #expect(told.contains(#"{"type":"gap","data":{"missed":2,"reason":"too fast"}}"#), "\(told)")
    feed.take([Self.alert(6)])
    #expect(all.until("id6").contains("t-8\""))
    Self.put(Self.records, to: feed.tap, first: 2)
    #expect(!events.until("t-10\"").contains("gap"))
    #expect(feed.figures.lostNews == 2)
  }

  @Test("Events that were not tapped are told as a gap to who listened, and to nobody else")
  func gaps() throws {
    let feed = try feed()
    defer { feed.end() }
    let listener = Listener()
    try feed.join(listener, try filter([("types", "event")], lines: false))
    Self.put(["{\"n\":1}"], to: feed.tap, first: 100)
    listener.until("t-1\n")
    Self.put(["{\"n\":2}"], to: feed.tap, first: 151)
    let text = listener.until("t-52\n")
    #expect(
      text.contains("event: gap\ndata: {\"missed\":50,\"reason\":\"too fast\"}\n\nid: t-52\nevent: event\ndata: {"),
      "\(text)")
    #expect(text.components(separatedBy: "event: gap").count == 2)
    #expect(feed.figures.lostEvents == 50)
  }

  @Test("Text formats are decoded as their source is, with its service, also for conditions")
  func formats() throws {
    let feed = try feed()
    defer { feed.end() }
    let listener = Listener()
    try feed.join(listener, try filter([("where", #"service == "web" and contains(message, "b")"#)]))
    Self.put(["a", "b", "", "ab"].filter { !$0.isEmpty }, to: feed.tap, first: 0, format: .plain, service: "web")
    let text = listener.until("t-3")
    #expect(!text.contains("t-1\"") && text.contains("t-2\"") && text.contains(#""service":"web""#), "\(text)")
  }

  @Test("Who looks on is let in up to the limits, and events are tapped only while somebody wants them")
  func limits() throws {
    let feed = try feed {
      $0.clients = 3
      $0.conditions = 1
      $0.leaseNanoseconds = 0
      $0.pingNanoseconds = 1_000_000
    }
    defer { feed.end() }
    #expect(!feed.tap.isWanted)
    let alerts = Listener()
    try feed.join(alerts, try filter([("types", "alert")]))
    #expect(alerts.until("ping").contains(#"{"type":"ping","data":{}}"#))
    #expect(!feed.tap.isWanted)
    let first = Listener()
    let condition = try filter([("where", "a == 1")])
    try feed.join(first, condition)
    #expect(throws: CommandFailure.self) { try feed.join(Listener(), try self.filter([("where", "a == 2")])) }
    first.until("ping")
    #expect(feed.tap.isWanted)
    try feed.join(Listener(), condition)
    #expect(throws: CommandFailure.self) { try feed.join(Listener(), condition) }
    #expect(feed.figures.clients == 3 && feed.figures.refused == 2)
    let dull = Listener(limit: 1)
    feed.leave(first, condition)
    try feed.join(dull, condition)
    while feed.figures.dropped == 0 { alerts.next() }
    #expect(feed.figures.dropped == 1)
  }

  @Test("A ring that nobody empties keeps the newest batches in their order")
  func ring() throws {
    let tap = try EventTap()
    for number in 0..<100 { Self.put(["{\"n\":\(number)}"], to: tap, first: number) }
    let batches = tap.take()
    #expect(batches.map(\.firstEvent) == Array(100 - EventTap.slots..<100))
    #expect(batches.allSatisfy { String(decoding: $0.record(0), as: UTF8.self) == "{\"n\":\($0.firstEvent)}" })
    #expect(tap.take().isEmpty)
  }

  @Test(
    "What makes no sense in a filter is refused with a reason",
    arguments: [
      ("types", "events,logs", "no type logs"), ("level", "loud", "no level loud"), ("severity", "x", "no severity"),
      ("where", "status >>", "no condition"), ("lvel", "error", "Did you mean level?"), ("rule", ",", "takes 1 to"),
    ])
  func refused(name: String, value: String, reason: String) {
    let error = #expect(throws: CommandFailure.self) { try FeedFilter([(name: name, value: value)]) }
    #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
  }
}
