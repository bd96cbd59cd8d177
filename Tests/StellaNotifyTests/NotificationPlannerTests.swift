import Foundation
import StellaModel
import StellaNotify
import StellaSQLite
import StellaTesting
import Testing

@Suite("Which notifications are written, and when")
struct NotificationPlannerTests {
  private typealias Told = NotifyScene.Told

  /// One sink and one route to it.
  private func settings(_ change: (inout NotificationRoute) -> Void = { _ in }) -> NotificationSettings {
    var settings = NotificationSettings()
    settings.sinks = [NotifyScene.hook("a"), NotifyScene.hook("b")]
    var route = NotificationRoute()
    route.sinks = ["a"]
    change(&route)
    settings.routes = [route]
    return settings
  }

  @Test("The first of a group waits for others, and they go together; others of the group wait for the interval")
  func grouping() throws {
    let scene = try NotifyScene(settings())
    try scene.keep(NotifyScene.alert("a1"))
    try scene.plan()
    try scene.pass(29 * NotifyScene.second)
    #expect(try scene.told() == [])
    try scene.keep(NotifyScene.alert("a2", service: "cart"), NotifyScene.alert("b1", rule: "auth.failures"))
    try scene.plan()
    try scene.pass(NotifyScene.second)
    #expect(try scene.told() == [Told(sink: "a", firing: ["a1", "a2"], resolved: [])])
    try scene.pass(29 * NotifyScene.second)
    #expect(try scene.told() == [Told(sink: "a", firing: ["b1"], resolved: [])])
    try scene.keep(NotifyScene.alert("a3", service: "mail"))
    try scene.plan()
    try scene.pass(4 * NotifyScene.minute + 30 * NotifyScene.second)
    #expect(try scene.told() == [])
    try scene.pass(NotifyScene.second)
    #expect(try scene.told() == [Told(sink: "a", firing: ["a1", "a2", "a3"], resolved: [])])
  }

  @Test(
    "The title names what a message is sent for, also in a group that is older, and that isn't what a long one leaves out"
  )
  func titles() throws {
    let scene = try NotifyScene(settings { $0.groupWait = 0 })
    var number: Int64 = 0
    func alert(_ service: String, _ status: Alert.Status = .firing) -> Alert {
      var alert = NotifyScene.alert(service, service: service, status: status, revision: status == .firing ? 1 : 2)
      alert.firstSeen += number * NotifyScene.second
      return alert
    }
    func title() throws -> String? {
      let now = scene.time.now()
      return try scene.store.write(as: .command) { transaction in
        try transaction.outbox(.waiting, limit: 10).map { message in
          try transaction.update(
            RetryTimes.settled(message, .taken(remark: ""), now: now, chance: 0), attempted: true)
          return message.message.title
        }.last
      }
    }
    try scene.keep(alert("old"))
    try scene.plan()
    #expect(try title() == "[FIRING:1] old: many")
    for service in ["new", "newer"] {
      number += 1
      try scene.keep(alert(service))
    }
    try scene.pass(NotifyScene.minute * 5)
    #expect(try title() == "[FIRING:3] newer: many and 2 more")
    try scene.keep(alert("new", .resolved))
    try scene.pass(NotifyScene.minute * 5)
    #expect(try title() == "[FIRING:2] over: new: many and 2 more")
    try scene.pass(Self.hour * 4)
    #expect(try title() == "[FIRING:2] old: many and 1 more")
    for _ in 0..<NotificationMessage.noticeLimit {
      number += 1
      try scene.keep(alert("s\(number)"))
    }
    try scene.pass(NotifyScene.minute * 5)
    #expect(try title() == "[FIRING:100] s\(number): many and 101 more")
    for service in ["old", "newer"] + (3...number).map({ "s\($0)" }) { try scene.keep(alert(service, .resolved)) }
    try scene.pass(NotifyScene.minute * 5)
    #expect(try title()?.hasPrefix("[RESOLVED] ") == true)
  }

  @Test("What goes on is said again after the repeat interval, and not while the last message waits")
  func repeating() throws {
    let scene = try NotifyScene(settings { $0.groupWait = 0 })
    try scene.keep(NotifyScene.alert("a1"))
    try scene.plan()
    try scene.pass(5 * 3600 * NotifyScene.second)
    // Nobody has taken the first yet.
    #expect(try scene.told() == [Told(sink: "a", firing: ["a1"], resolved: [])])
    try scene.pass(4 * 3600 * NotifyScene.second)
    #expect(try scene.told() == [Told(sink: "a", firing: ["a1"], resolved: [])])
    try scene.pass(3600 * NotifyScene.second)
    #expect(try scene.told() == [])
  }

  @Test("What is new, or over before it was told, is noted without reading the others of its group")
  func othersUnread() throws {
    let scene = try NotifyScene(settings())
    try scene.keep(NotifyScene.alert("a1"), NotifyScene.alert("a2", service: "cart"))
    try scene.plan()
    // Whoever reads it fails.
    try scene.tamper("UPDATE notification_member SET notice = '' WHERE subject = 'a1'")
    try scene.keep(NotifyScene.alert("a3", service: "mail"))
    try scene.resolve("a2", service: "cart")
    try scene.plan()
    func isKept(_ id: String) throws -> Bool {
      try !scene.store.readNotifications { try $0.notificationMembers(about: id, kind: .alert) }.isEmpty
    }
    #expect(try isKept("a3") && !isKept("a2"))
  }

  @Test("A resolve goes where the firing went, once; what nobody was told of ends in silence")
  func resolving() throws {
    var settings = settings { $0.groupWait = 0 }
    settings.routes[0].match.severities = [.high]
    var other = NotificationRoute()
    (other.sinks, other.groupWait) = (["b"], 60 * NotifyScene.second)
    other.match.severities = [.low]
    settings.routes.append(other)
    let scene = try NotifyScene(settings)
    try scene.keep(NotifyScene.alert("a1"), NotifyScene.alert("a2", service: "cart", severity: .low))
    try scene.plan()
    #expect(try scene.told() == [Told(sink: "a", firing: ["a1"], resolved: [])])
    try scene.resolve("a1")
    try scene.resolve("a2", service: "cart")
    // A replay after a crash says it all again.
    try scene.keep(NotifyScene.alert("a1"))
    try scene.resolve("a1")
    try scene.pass(3600 * NotifyScene.second)
    #expect(try scene.told() == [Told(sink: "a", firing: [], resolved: ["a1"])])
    try scene.pass(24 * 3600 * NotifyScene.second)
    #expect(try scene.told() == [])
  }

  @Test("An alert that the store has removed is over, and isn't said again for ever")
  func removed() throws {
    let scene = try NotifyScene(settings { $0.groupWait = 0 })
    try scene.keep(NotifyScene.alert("a1"))
    try scene.plan()
    #expect(try scene.told() == [Told(sink: "a", firing: ["a1"], resolved: [])])
    try scene.tamper("DELETE FROM alert")
    try scene.pass(4 * 3600 * NotifyScene.second)
    #expect(try scene.told() == [Told(sink: "a", firing: [], resolved: ["a1"])])
    #expect(try scene.store.readNotifications { try $0.notificationGroups(dueBy: .max, limit: 10) }.isEmpty)
  }

  @Test("Without resolved in the route's status, the end is not told")
  func firingAlone() throws {
    let scene = try NotifyScene(
      settings {
        $0.groupWait = 0
        $0.sendsResolved = false
      })
    try scene.keep(NotifyScene.alert("a1"))
    try scene.plan()
    #expect(try scene.told().count == 1)
    try scene.resolve("a1")
    try scene.pass(24 * 3600 * NotifyScene.second)
    #expect(try scene.told() == [])
  }

  @Test("What a person calls resolved is told as such")
  func resolvedByHand() throws {
    let scene = try NotifyScene(settings { $0.groupWait = 0 })
    try scene.keep(NotifyScene.alert("a1"))
    try scene.plan()
    #expect(try scene.told().count == 1)
    let now = scene.time.now()
    try scene.store.write(as: .command) { try $0.resolve("a1", .init(by: "mara", time: now, reason: "over")) }
    try scene.pass(NotifyScene.minute * 5)
    #expect(try scene.told() == [Told(sink: "a", firing: [], resolved: ["a1"])])
    try scene.resolve("a1")
    try scene.pass(NotifyScene.minute * 5)
    #expect(try scene.told() == [])
  }

  @Test(
    "What a person resolves is told once and never said to fire again: at once as it is noted, with the next message if not",
    arguments: [true, false])
  func neverAgain(_ isNoted: Bool) throws {
    let scene = try NotifyScene(settings { $0.groupWait = 0 })
    try scene.keep(NotifyScene.alert("a1"), NotifyScene.alert("a2", service: "cart"))
    try scene.plan()
    #expect(try scene.told() == [Told(sink: "a", firing: ["a1", "a2"], resolved: [])])
    let now = scene.time.now()
    let over = StoredAlert(NotifyScene.alert("a1", status: .resolved), updatedAt: now)
    try scene.store.write(as: .command) { transaction in
      if !isNoted { try transaction.put(over) }
      try transaction.resolve("a1", .init(by: "mara", time: now, reason: "over"))
      if isNoted { try transaction.put(over) }
    }
    if !isNoted { try scene.keep(NotifyScene.alert("a3", service: "mail")) }
    try scene.pass(NotifyScene.minute * 5)
    #expect(try scene.told() == [Told(sink: "a", firing: isNoted ? ["a2"] : ["a2", "a3"], resolved: ["a1"])])
    // A replay after a crash says it all again, and then the rule itself calls it over.
    try scene.keep(NotifyScene.alert("a1", status: .pending, revision: 0))
    try scene.keep(NotifyScene.alert("a1"))
    try scene.pass(Self.hour * 4)
    #expect(try scene.told().allSatisfy { !($0.firing + $0.resolved).contains("a1") })
    try scene.resolve("a1")
    try scene.keep(NotifyScene.alert("a4", service: "web"))
    try scene.pass(NotifyScene.minute * 5)
    #expect(
      try scene.told() == [
        Told(sink: "a", firing: isNoted ? ["a2", "a4"] : ["a2", "a3", "a4"], resolved: [])
      ])
  }

  @Test("The first route that fits takes a notice, unless it goes on; a sink is told once")
  func routing() throws {
    var settings = settings {
      $0.groupWait = 0
      $0.match.rules = ["errors.*"]
    }
    settings.routes[0].continues = true
    var other = NotificationRoute()
    (other.sinks, other.groupWait) = (["a", "b"], 0)
    settings.routes.append(other)
    var last = NotificationRoute()
    (last.sinks, last.groupWait) = (["b"], 0)
    settings.routes.append(last)
    let scene = try NotifyScene(settings)
    try scene.keep(NotifyScene.alert("a1"), NotifyScene.alert("b1", rule: "auth.failures"))
    try scene.plan()
    let told = try scene.told().map { "\($0.sink) \($0.firing.joined())" }.sorted()
    #expect(told == ["a a1", "a b1", "b a1", "b b1"])
  }

  @Test(
    "A route takes what its conditions say",
    arguments: [
      ("rules", true), ("other rules", false), ("groups", true), ("services", true), ("other services", false),
      ("key", true), ("other key", false), ("severities", false), ("kinds", false),
    ])
  func matching(_ condition: String, _ isTaken: Bool) throws {
    var route = NotificationRoute()
    switch condition {
    case "rules": route.match.rules = ["x", "*spi*"]
    case "other rules": route.match.rules = ["errors", "spike*"]
    case "groups": route.match.groups = ["errors"]
    case "services": route.match.services = ["shop"]
    case "other services": route.match.services = ["sho"]
    case "key": route.match.key = ["service": "shop"]
    case "other key": route.match.key = ["service": "shop", "region": "eu"]
    case "severities": route.match.severities = [.low]
    default: route.match.kinds = [.engine]
    }
    var notice = Notice(
      kind: .alert, state: .firing, subject: "a", rule: "errors.spike", title: "", summary: "", startsAt: 0)
    (notice.severity, notice.labels) = (.high, ["service": "shop"])
    #expect(route.takes(notice) == isTaken)
  }

  private static let hour = 60 * NotifyScene.minute

  @Test(
    "Silenced, muted and shadow alerts are not told; a silence that comes after the firing lets the resolve through")
  func silenced() throws {
    let scene = try NotifyScene(settings())
    try scene.silence("shop", for: 48 * Self.hour)
    try scene.keep(
      NotifyScene.alert("a1", mute: Mute(.silence, name: "1", by: "mara", reason: "")),
      NotifyScene.alert("a2", service: "x", mute: Mute(.shadow, by: "mara", reason: "", until: scene.time.now() + 1)),
      NotifyScene.alert("a3", service: "cart"), NotifyScene.alert("a4", service: "mail"))
    try scene.plan()
    try scene.silence("cart", for: 48 * Self.hour)
    try scene.pass(NotifyScene.minute)
    #expect(try scene.told() == [Told(sink: "a", firing: ["a4"], resolved: [])])
    try scene.silence("mail", for: 48 * Self.hour)
    try scene.pass(5 * Self.hour)
    #expect(try scene.told() == [])
    try scene.resolve("a4", service: "mail")
    try scene.resolve("a3", service: "cart")
    try scene.pass(NotifyScene.minute)
    #expect(try scene.told() == [Told(sink: "a", firing: [], resolved: ["a4"])])
  }

  @Test("What fires still when its silence or maintenance ends is told then, and what ended before is not")
  func muteEnds() throws {
    let scene = try NotifyScene(settings())
    let now = scene.time.now()
    for (service, hours) in [("shop", 1), ("shop", 2), ("mail", 1), ("cart", 3)] {
      try scene.silence(service, for: Int64(hours) * Self.hour)
    }
    let maintenance = Mute(.maintenance, name: "backup", by: "ivo", reason: "", until: now + Self.hour)
    try scene.keep(
      NotifyScene.alert("a1", mute: Mute(.silence, name: "1", by: "mara", reason: "", until: now + Self.hour)),
      NotifyScene.alert("a2", service: "mail"), NotifyScene.alert("a3", service: "db", mute: maintenance),
      NotifyScene.alert("a4", service: "cart"))
    try scene.plan()
    try scene.pass(Self.hour / 2)
    #expect(try scene.told() == [])
    // What is new waits as in every group, and not for those.
    try scene.keep(NotifyScene.alert("a5", service: "web"))
    try scene.resolve("a2", service: "mail")
    try scene.plan()
    try scene.pass(30 * NotifyScene.second)
    #expect(try scene.told() == [Told(sink: "a", firing: ["a5"], resolved: [])])
    try scene.pass(Self.hour / 2)
    #expect(try scene.told() == [Told(sink: "a", firing: ["a3", "a5"], resolved: [])])
    try scene.pass(Self.hour)
    #expect(try scene.told() == [Told(sink: "a", firing: ["a1", "a3", "a5"], resolved: [])])
    try scene.pass(Self.hour)
    #expect(try scene.told() == [Told(sink: "a", firing: ["a1", "a3", "a4", "a5"], resolved: [])])
    try scene.pass(4 * Self.hour)
    #expect(try scene.told() == [Told(sink: "a", firing: ["a1", "a3", "a4", "a5"], resolved: [])])
  }

  @Test("A silence that somebody ends before its time lets what fires still be told at once, and no more often")
  func silenceIsEnded() throws {
    let scene = try NotifyScene(settings { $0.groupWait = 0 })
    func end(_ number: Int64) throws -> Bool {
      let now = scene.time.now()
      return try scene.store.write(as: .command) { try $0.endSilence(number, at: now) }
    }
    let first = try scene.silence("shop", for: 48 * Self.hour)
    let second = try scene.silence("cart", for: 48 * Self.hour)
    try scene.keep(NotifyScene.alert("a1"), NotifyScene.alert("a2", service: "cart"))
    try scene.pass(NotifyScene.minute)
    #expect(try scene.told() == [])
    #expect(try end(first))
    try scene.plan()
    #expect(try scene.told() == [Told(sink: "a", firing: ["a1"], resolved: [])])
    try scene.pass(NotifyScene.minute)
    #expect(try end(second) && !end(second))
    try scene.plan()
    #expect(try scene.told() == [])
    try scene.pass(4 * NotifyScene.minute)
    #expect(try scene.told() == [Told(sink: "a", firing: ["a1", "a2"], resolved: [])])
    // What was told before its silence is said again when that ends, once it is time.
    let third = try scene.silence("shop", for: 48 * Self.hour)
    try scene.silence("cart", for: 10 * Self.hour)
    try scene.pass(5 * Self.hour)
    #expect(try scene.told() == [])
    #expect(try end(third))
    try scene.plan()
    #expect(try scene.told() == [Told(sink: "a", firing: ["a1"], resolved: [])])
  }

  @Test("An Alertmanager gets each alert at once, again before it forgets it, and its end")
  func alertmanager() throws {
    var settings = settings()
    settings.sinks = [
      NotificationSink(name: "a", kind: .alertmanager(url: ConcealedText("http://127.0.0.1:1"), authorization: nil))
    ]
    let scene = try NotifyScene(settings)
    try scene.keep(NotifyScene.alert("a1"))
    try scene.plan()
    #expect(try scene.told() == [Told(sink: "a", firing: ["a1"], resolved: [])])
    for _ in 0..<3 {
      try scene.pass(NotifyScene.minute)
      #expect(try scene.told() == [Told(sink: "a", firing: ["a1"], resolved: [])])
    }
    try scene.resolve("a1")
    try scene.plan()
    #expect(try scene.told() == [Told(sink: "a", firing: [], resolved: ["a1"])])
    try scene.pass(NotifyScene.minute * 10)
    #expect(try scene.told() == [])
    // One that a person resolves, and whose end was not noted, goes on no longer either.
    try scene.keep(NotifyScene.alert("a2"))
    try scene.plan()
    #expect(try scene.told() == [Told(sink: "a", firing: ["a2"], resolved: [])])
    _ = try scene.store.write(as: .command) {
      try $0.put(StoredAlert(NotifyScene.alert("a2", status: .resolved), updatedAt: 0))
    }
    try scene.pass(NotifyScene.minute)
    #expect(try scene.told() == [Told(sink: "a", firing: [], resolved: ["a2"])])
    try scene.pass(NotifyScene.minute * 10)
    #expect(try scene.told() == [])
  }

  @Test("An Alertmanager gets all that fires, in as many messages as that takes, and news in between alone")
  func largeAlertmanagerGroup() throws {
    var settings = settings()
    settings.sinks = [
      NotificationSink(name: "a", kind: .alertmanager(url: ConcealedText("http://127.0.0.1:1"), authorization: nil))
    ]
    let scene = try NotifyScene(settings)
    var ids = (100..<350).map { "a\($0)" }
    for id in ids { try scene.keep(NotifyScene.alert(id, service: id)) }
    try scene.plan()
    for _ in 0..<3 {
      let told = try scene.told()
      #expect(told.map(\.firing.count) == [100, 100, 50])
      #expect(told.flatMap(\.firing).sorted() == ids)
      try scene.pass(NotifyScene.minute)
    }
    #expect(try scene.told().count == 3)
    // What is new or over comes at once, and doesn't put off that the others are told again.
    try scene.pass(NotifyScene.minute / 2)
    try scene.resolve("a100", service: "a100")
    try scene.keep(NotifyScene.alert("b1", service: "b1"))
    try scene.plan()
    let news = try scene.told()
    #expect(news.count == 1 && news[0].firing.count == 99 && news[0].firing.contains("b1"))
    #expect(news.map(\.resolved) == [["a100"]])
    try scene.pass(NotifyScene.minute / 2)
    ids = Array(ids.dropFirst()) + ["b1"]
    #expect(try scene.told().flatMap(\.firing).sorted() == ids)
    for id in ids { try scene.resolve(id, service: id) }
    try scene.plan()
    let ends = try scene.told()
    #expect(ends.flatMap(\.resolved).sorted() == ids && ends.allSatisfy(\.firing.isEmpty))
    try scene.pass(NotifyScene.minute * 10)
    #expect(try scene.told() == [])
  }

  @Test("Without sinks nothing is noted, and what was noted is forgotten")
  func withoutSinks() throws {
    let scene = try NotifyScene(NotificationSettings())
    try scene.keep(NotifyScene.alert("a1"))
    #expect(try scene.store.readNotifications { try $0.notificationChanges(limit: 10) }.isEmpty)
    let other = try NotifyScene(settings())
    try other.keep(NotifyScene.alert("a1"))
    #expect(try other.store.readNotifications { try $0.notificationChanges(limit: 10) }.count == 1)
    try NotificationPlanner(other.store, settings: NotificationSettings(), time: other.time) { "" }.begin()
    #expect(try other.store.readNotifications { try $0.notificationChanges(limit: 10) }.isEmpty)
  }

  @Test("What waits for a sink that is gone is given up at the next start, and nothing else")
  func goneSink() throws {
    var settings = settings {
      $0.groupWait = 0
      $0.sinks = ["a", "b"]
    }
    let scene = try NotifyScene(settings)
    try scene.keep(NotifyScene.alert("a1"))
    try scene.plan()
    settings.sinks.removeFirst()
    settings.routes[0].sinks = ["b"]
    try NotificationPlanner(scene.store, settings: settings, time: scene.time) { "" }.begin()
    let (outbox, counts) = try scene.store.readNotifications {
      (try $0.outbox(nil, limit: 10), try $0.notificationCounts())
    }
    #expect(
      outbox.map { "\($0.sink) \($0.state.rawValue) \($0.trouble)" }.sorted() == [
        "a failed stella.yaml has no such sink any more", "b waiting ",
      ])
    #expect(outbox.filter { $0.endedAt != nil }.map(\.sink) == ["a"])
    #expect(counts.map(\.sink) == ["a", "b"] && counts.map(\.waiting) == [0, 1])
    #expect(counts.map { $0.oldestWaiting != nil } == [false, true])
  }

  @Test("The note and the change are there together or not at all")
  func together() throws {
    let scene = try NotifyScene(settings())
    struct Stop: Error {}
    #expect(throws: Stop.self) {
      try scene.store.write(as: .command) {
        try $0.put(StoredAlert(NotifyScene.alert("a1"), updatedAt: 0))
        throw Stop()
      }
    }
    #expect(try scene.store.readNotifications { try $0.notificationChanges(limit: 10) }.isEmpty)
    #expect(try scene.store.readNotifications { try $0.alert("a1") } == nil)
  }

  @Test("Trouble of the engine goes where it is routed to, and to nobody else")
  func engine() throws {
    let change = NotificationChange(
      number: 0, kind: .engine, state: "firing", subject: "rules", time: 0, body: "a rule rests")
    for kinds in [Set([Notice.Kind.engine]), [.alert]] {
      let scene = try NotifyScene(
        settings {
          $0.match.kinds = kinds
          $0.groupWait = 0
        })
      try scene.store.write(as: .command) { try $0.note(change) }
      try scene.plan()
      #expect(try scene.told() == (kinds == [.alert] ? [] : [Told(sink: "a", firing: ["rules"], resolved: [])]))
      #expect(try scene.store.readNotifications { try $0.notificationGroups(dueBy: .max, limit: 10) }.isEmpty)
    }
  }

  @Test("The outbox is bounded: the oldest that wait are given up, and as many are kept that failed as were taken")
  func bounded() throws {
    var settings = settings {
      $0.groupWait = 0
      $0.groupBy = ["subject"]
    }
    settings.waitingLimit = 10
    let scene = try NotifyScene(settings)
    for number in 10..<35 { try scene.keep(NotifyScene.alert("a\(number)", service: "s\(number)")) }
    try scene.plan()
    #expect(try scene.planner.prune() == 15)
    #expect(try scene.told().map(\.firing) == (25..<35).map { ["a\($0)"] })
    #expect(try scene.store.readNotifications { try $0.outbox(.failed, limit: 100) }.count == 15)
    // What was taken since drives out none of these.
    let now = scene.time.now()
    #expect(try scene.store.write(as: .command) { try $0.pruneOutbox(waiting: 10, ended: 9, before: 0, now: now) } == 0)
    let kept = try scene.store.readNotifications { transaction in
      try [OutboxMessage.State.sent, .failed].map { try transaction.outbox($0, limit: 100).count }
    }
    #expect(kept == [9, 9])
  }

  @Test("Of a group the oldest message is tried alone, until it is over")
  func order() throws {
    let scene = try NotifyScene(
      settings {
        $0.groupWait = 0
        $0.groupInterval = 0
      })
    try scene.keep(NotifyScene.alert("a1"))
    try scene.plan()
    try scene.keep(NotifyScene.alert("a2", service: "cart"), NotifyScene.alert("b1", rule: "auth.failures"))
    try scene.plan()
    func due() throws -> [OutboxMessage] {
      let now = scene.time.now()
      return try scene.store.readNotifications { try $0.outbox(of: "a", dueBy: now, limit: 10) }
    }
    let first = try due()
    #expect(first.map { $0.message.notices.map(\.subject).sorted() } == [["a1"], ["b1"]])
    let later = RetryTimes.settled(first[0], .later("no", after: nil), now: scene.time.now(), chance: 0)
    try scene.store.write(as: .command) { try $0.update(later, attempted: true) }
    #expect(try due().map(\.number) == [first[1].number])
    scene.time.advance(by: NotifyScene.second)
    #expect(try due().map(\.number) == [first[0].number, first[1].number])
    let over = RetryTimes.settled(later, .refused("never"), now: scene.time.now(), chance: 0)
    try scene.store.write(as: .command) { try $0.update(over, attempted: true) }
    #expect(try due().count == 2)
    let counts = try #require(scene.store.readNotifications { try $0.notificationCounts() }.first)
    #expect(counts.waiting == 2 && counts.failed == 1 && counts.attemptsTotal == 2 && counts.trouble == "never")
  }
}
