import StellaModel
import Synchronization
import Testing

@testable import StellaServer

@Suite("How often somebody may try")
struct AttemptLimitTests {
  static let second: Int64 = 1_000_000_000
  static let day: Int64 = 86_400 * second

  private final class RefusalScene: Sendable {
    let time = Mutex<Int64>(0)
    let notes = Mutex<[String]>([])

    @Sendable func now() -> Int64 { time.withLock { $0 } }

    @Sendable func take(_ note: String) { notes.withLock { $0.append(note) } }
  }

  @Test("Ten thousand bad logins in a day from one address come to fewer than 120 that are looked at")
  func oneAddress() {
    let attempts = LoginGuard()
    let looked = (0..<10_000).count {
      attempts.begin(address: "192.0.2.1", name: "user\($0)", now: Int64($0) * Self.day / 10_000) == 0
    }
    #expect(looked >= LoginGuard.free && looked < 120, "\(looked)")
  }

  @Test(
    "Ten thousand bad logins for one name from as many addresses are slowed down, and its owner gets in within a minute"
  )
  func oneName() {
    let attempts = LoginGuard()
    let looked = (0..<10_000).count {
      attempts.begin(address: "192.0.\($0 / 250).\($0 % 250)", name: "mara", now: Int64($0) * Self.second / 10) == 0
    }
    #expect(looked < 40, "\(looked)")
    #expect(attempts.addressCount <= LoginGuard.addressLimit)
    let wait = attempts.begin(address: "198.51.100.7", name: "mara", now: 1000 * Self.second)
    #expect(wait <= LoginGuard.longestForName)
    #expect(attempts.begin(address: "198.51.100.7", name: "mara", now: 1000 * Self.second + wait) == 0)
  }

  @Test("Attempts at one moment count, before any of them has an outcome")
  func atOnce() {
    let attempts = LoginGuard()
    let looked = (0..<1000).count { _ in attempts.begin(address: "192.0.2.1", name: "mara", now: 7) == 0 }
    #expect(looked == LoginGuard.free)
  }

  @Test("The wait doubles, has an end, and a right password takes it away")
  func waits() {
    let attempts = LoginGuard()
    var now: Int64 = 0
    var waits: [Int64] = []
    for _ in 0..<20 {
      let wait = attempts.begin(address: "192.0.2.1", name: "mara", now: now)
      waits.append(wait)
      now += wait
      if wait > 0 { _ = attempts.begin(address: "192.0.2.1", name: "mara", now: now) }
    }
    let longer = waits.filter { $0 > 0 }
    #expect(longer.prefix(4) == [1, 2, 4, 8].map { $0 * Self.second }[...], "\(waits)")
    #expect(longer.max() == LoginGuard.longestForAddress)
    attempts.succeeded(address: "192.0.2.1", name: "mara")
    #expect(attempts.begin(address: "192.0.2.1", name: "mara", now: now) == 0)
  }

  @Test("What is taken back counts no longer, and the attempts beside it do")
  func takenBack() {
    let attempts = LoginGuard()
    func begin() -> Int64 { attempts.begin(address: "192.0.2.1", name: "mara", now: 7) }
    for _ in 0..<100 {
      #expect(begin() == 0)
      attempts.takeBack(address: "192.0.2.1", name: "mara")
    }
    #expect((0..<100).count { _ in begin() == 0 } == LoginGuard.free)
    attempts.takeBack(address: "192.0.2.1", name: "mara")
    #expect(begin() == 0 && begin() > 0)
    // No new wait begins with it, either.
    let later = 7 + 100 * Self.second
    func again() -> Int64 { attempts.begin(address: "192.0.2.1", name: "mara", now: later) }
    #expect(again() == 0 && again() > 0)
    attempts.takeBack(address: "192.0.2.1", name: "mara")
    #expect(again() == 0)
    for _ in 0..<10 { attempts.takeBack(address: "198.51.100.7", name: "tomas") }
    #expect(attempts.begin(address: "198.51.100.7", name: "tomas", now: 7) == 0)
  }

  @Test("A bucket allows its burst and then its rate, for each by itself, in bounded memory")
  func buckets() {
    let rate = RequestRate(burst: 10, perSecond: 5, limit: 100)
    #expect((0..<50).count { _ in rate.take("a", now: 0) } == 10)
    #expect(rate.take("b", now: 0))
    #expect((0..<50).count { _ in rate.take("a", now: Self.second) } == 5)
    for index in 0..<10_000 { _ = rate.take("\(index)", now: Self.second) }
    #expect(rate.count <= 100)
  }

  @Test("Whether a bucket is empty can be asked without taking from it")
  func exhausted() {
    let rate = RequestRate(burst: 2, perSecond: 1)
    #expect(!rate.isExhausted("a", now: 0) && rate.take("a", now: 0) && !rate.isExhausted("a", now: 0))
    #expect(rate.take("a", now: 0) && rate.isExhausted("a", now: 0) && rate.isExhausted("a", now: Self.second - 1))
    #expect(!rate.isExhausted("a", now: Self.second) && rate.take("a", now: Self.second))
    #expect(!rate.isExhausted("b", now: 0) && rate.count == 1)
  }

  @Test("An address has a part of the places for credentials that are not known, and who came in before has theirs")
  func lookUps() throws {
    let lookUps = LookUpGuard()
    let mara = try #require(lookUps.begin("mara's", from: "a", isSuspect: false))
    lookUps.end(mara, isValid: true)
    let begun = (0..<1000).compactMap { lookUps.begin("wrong \($0)", from: "a", isSuspect: false) }
    #expect(begun.count == LookUpGuard.most)
    #expect(lookUps.begin("new", from: "a", isSuspect: false) == nil)
    #expect(lookUps.begin("mara's", from: "a", isSuspect: true) != nil)
    #expect(lookUps.begin("wrong", from: "b", isSuspect: false) != nil)
    for entry in begun { lookUps.end(entry, isValid: false) }
    let suspect = (0..<1000).compactMap { lookUps.begin("wrong \($0)", from: "a", isSuspect: true) }
    #expect(suspect.count == LookUpGuard.fewest)
    // What could not be looked up is neither known nor forgotten, and what is revoked is as any other.
    let again = try #require(lookUps.begin("mara's", from: "a", isSuspect: true))
    lookUps.end(again, isValid: nil)
    let revoked = try #require(lookUps.begin("mara's", from: "a", isSuspect: true))
    lookUps.end(revoked, isValid: false)
    #expect(lookUps.begin("mara's", from: "a", isSuspect: true) == nil)
    for entry in suspect { lookUps.end(entry, isValid: nil) }
    #expect(lookUps.begin("mara's", from: "a", isSuspect: true) != nil)
  }

  @Test("One machine has a part of the connections, and this one as many as it likes")
  func connections() throws {
    let places = ConnectionPlaces(each: 3) { _ in }
    let key = try #require(ConnectionPlaces.key("2001:db8:1:2::9"))
    #expect((0..<9).count { _ in places.take(key) } == 3)
    let other = try #require(ConnectionPlaces.key("192.0.2.1"))
    #expect(places.take(other))
    places.give(key)
    #expect(places.take(key) && !places.take(key))
    for own in ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"] { #expect(ConnectionPlaces.key(own) == nil) }
    #expect(ConnectionPlaces.key(nil) == nil && ConnectionPlaces.key("/run/stella.sock") == nil)
  }

  @Test("Refused connections are counted, and told of at once and then at most once a minute, with address and remedy")
  func refusedConnections() {
    let scene = RefusalScene()
    let places = ConnectionPlaces(each: 1, now: scene.now, note: scene.take)
    #expect(places.take("192.0.2.1") && places.take("192.0.2.2"))
    #expect(scene.notes.withLock { $0 }.isEmpty)
    #expect(!places.take("192.0.2.1") && !places.take("192.0.2.1"))
    scene.time.withLock { $0 = 60 * Self.second - 1 }
    #expect(!places.take("192.0.2.1"))
    let first = scene.notes.withLock { $0 }
    #expect(first.count == 1)
    #expect(first.allSatisfy { $0.hasPrefix("1 connection was refused, from 192.0.2.1: one address may have 1 at ") })
    #expect(first.allSatisfy { $0.contains("`connections_per_address` under `server:`") })
    scene.time.withLock { $0 = 60 * Self.second }
    #expect(!places.take("192.0.2.2"))
    let all = scene.notes.withLock { $0 }
    #expect(all.count == 2 && all.last?.hasPrefix("3 connections were refused, the last one from 192.0.2.2:") == true)
    var metrics = MetricsText()
    places.add(to: &metrics)
    #expect(metrics.text.contains("# TYPE stella_http_refused_connections_total counter\n"))
    #expect(metrics.text.hasSuffix("\nstella_http_refused_connections_total 4\n"))
  }

  @Test("However many logins fail, the log grows by one record in ten seconds, and none is left out of the count")
  func tally() {
    let tally = FailureTally(burst: 20, step: 10 * Self.second)
    let records = (0..<10_000).compactMap { tally.add(now: Int64($0) * Self.second / 10) }
    #expect(records.count <= 20 + 100 + 1)
    let last = tally.add(now: 2000 * Self.second)
    #expect(records.reduce(0, +) + (last ?? 0) == 10_001)
  }
}

@Suite("Passwords")
struct PasswordHashTests {
  @Test("A hash is yescrypt's with a salt of its own, fits its password, and no other")
  func hashes() throws {
    let password = "correct horse battery staple"
    let (one, other) = (try PasswordHash.make(password, of: "mara"), try PasswordHash.make(password, of: "mara"))
    #expect(one.hasPrefix("$y$") && one != other && !one.contains(password))
    #expect(PasswordHash.matches(password, one) && PasswordHash.matches(password, other))
    for wrong in ["", password + " ", "Correct horse battery staple", password + "\0x", String(password.dropLast())] {
      #expect(!PasswordHash.matches(wrong, one), "\(wrong)")
    }
  }

  @Test("What is no hash fits nothing", arguments: ["", "*", "*0", "!", "x", "$y$", "$y$j9T$"])
  func noHash(hash: String) { #expect(!PasswordHash.matches("correct horse battery", hash)) }

  @Test(
    "A password that is guessed at once, or that crypt can't take, is refused",
    arguments: [
      "short", "aaaaaaaaaaaaaaaa", "abababababababab", "marakellermara", "with\0zero-byte",
      String(repeating: "x1y2", count: 65),
    ])
  func refused(password: String) {
    #expect(throws: CommandFailure.self) { try PasswordHash.make(password, of: "marakellermara") }
  }

  @Test("The longest password counts to its last byte")
  func longest() throws {
    let password = String(repeating: "abcd", count: 64)
    let hash = try PasswordHash.make(password, of: "mara")
    #expect(PasswordHash.matches(password, hash) && !PasswordHash.matches(password.dropLast() + "e", hash))
  }
}

@Suite("Where requests come from")
struct ClientAddressTests {
  @Test(
    "One network counts as one",
    arguments: [
      ("192.0.2.1", "192.0.2.1"), ("::ffff:192.0.2.1", "192.0.2.1"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
      ("2001:db8:1:2::9", "2001:db8:1:2::/64"), ("fe80::1%eth0", "fe80:0:0:0::/64"), ("::1", "0:0:0:0::/64"),
    ])
  func keys(text: String, key: String) { #expect(ClientAddress.key(text) == key) }

  @Test("What a client says of its address before the proxy does isn't believed")
  func forwarded() {
    #expect(ClientAddress.forwarded("10.0.0.1, 192.0.2.7") == "192.0.2.7")
    #expect(ClientAddress.forwarded("192.0.2.7") == "192.0.2.7")
    #expect(ClientAddress.forwarded("nonsense") == nil && ClientAddress.forwarded(nil) == nil)
  }
}
