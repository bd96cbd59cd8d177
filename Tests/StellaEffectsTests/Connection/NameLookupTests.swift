import Dispatch
import NIOCore
import StellaModel
import Synchronization
import Testing

@testable import StellaEffects

@Suite("Looking names up", .timeLimit(.minutes(10)))
struct NameLookupTests {
  /// Answers for names that begin with `up`, knows none that begins with `gone`, and says nothing of others until it ends.
  private final class Names: Sendable {
    private let end = DispatchSemaphore(value: 0)
    let asked = Mutex<[String]>([])

    var lookup: NameLookup {
      NameLookup { host throws(NameLookup.Failure) in
        self.asked.withLock { $0.append(host) }
        if host.hasPrefix("gone") { throw .unknown(host) }
        if !host.hasPrefix("up"), host != "localhost" { self.end.wait() }
        guard let address = try? SocketAddress(ipAddress: "127.0.0.1", port: 0) else { throw .unknown(host) }
        return [address]
      }
    }

    func stop() { for _ in asked.withLock({ $0 }) { end.signal() } }
  }

  private func probe(_ kind: ProbeSettings.Kind, _ timeout: Duration) -> ProbeSettings {
    var probe = ProbeSettings(name: "p", service: "s", kind: kind)
    probe.timeout = timeout
    return probe
  }

  @Test("Names whose servers don't answer hold up no service with another name, and are told as such")
  func silence() async throws {
    let server = try LoopbackServer { _ in .answer(200) }
    let names = Names()
    defer {
      names.stop()
      server.stop()
    }
    let prober = Prober(secrets: TestSecrets(), names: names.lookup)
    let silent = (0..<16).map { number in
      Task {
        await prober.run(probe(.tcp(.init(host: "silent\(number).test", port: 1)), .milliseconds(300)))
      }
    }
    let web = Task { await prober.run(probe(.http(url: "http://silent.test/", expect: []), .milliseconds(300))) }
    for host in ["up.test", "localhost"] {
      let tcp = await prober.run(probe(.tcp(.init(host: host, port: server.port)), .seconds(60)))
      #expect(tcp.isOK, "\(tcp)")
    }
    let http = await prober.run(probe(.http(url: "http://localhost:\(server.port)/", expect: []), .seconds(60)))
    #expect(http.isOK, "\(http)")
    for (number, task) in silent.enumerated() {
      let result = await task.value
      #expect(!result.isOK && result.errorType == "timeout")
      #expect(result.detail == "no address for the name silent\(number).test in time", "\(result)")
    }
    let late = await web.value
    #expect(!late.isOK && late.detail == "no address for the name silent.test in time", "\(late)")
    await prober.end()
  }

  @Test("A name that is being looked up isn't asked for again; one that nobody has, and an address, need no waiting")
  func once() async throws {
    let names = Names()
    defer { names.stop() }
    let lookup = names.lookup
    for _ in 0..<3 {
      await #expect(throws: NameLookup.Failure.late("silent.test")) {
        try await lookup.addresses(of: "silent.test", by: .now() + .milliseconds(10))
      }
    }
    #expect(names.asked.withLock { $0 } == ["silent.test"])
    let never = NIODeadline.distantFuture
    await #expect(throws: NameLookup.Failure.unknown("gone.test")) {
      try await lookup.addresses(of: "gone.test", by: never)
    }
    for address in ["192.0.2.7", "2001:db8::7"] {
      #expect(try await lookup.addresses(of: address, by: never).map(\.ipAddress) == [address])
    }
    #expect(names.asked.withLock { $0 } == ["silent.test", "gone.test"])
    for _ in 0..<2 { _ = try await lookup.addresses(of: "up.test", by: never) }
    #expect(names.asked.withLock { $0 }.count == 4, "what comes later is looked up anew")
    let result = Prober.failure(NameLookup.Failure.unknown("gone.test"))
    #expect(result.type == "no_such_host" && result.detail == "there is no host gone.test")
  }

  @Test("A question that is cancelled waits for no name")
  func cancelled() async throws {
    let names = Names()
    defer { names.stop() }
    let prober = Prober(secrets: TestSecrets(), names: names.lookup)
    let task = Task { await prober.run(probe(.tcp(.init(host: "silent.test", port: 1)), .seconds(3600))) }
    while names.asked.withLock({ $0.isEmpty }) { try await Task.sleep(for: .milliseconds(1)) }
    task.cancel()
    #expect(await !task.value.isOK)
    await prober.end()
  }

  @Test("The system's own names")
  func system() async throws {
    let found = try await NameLookup.system.addresses(of: "localhost", by: .now() + .seconds(60))
    #expect(found.contains { $0.ipAddress == "127.0.0.1" || $0.ipAddress == "::1" }, "\(found)")
    await #expect(throws: NameLookup.Failure.unknown("a..b")) {
      try await NameLookup.system.addresses(of: "a..b", by: .now() + .seconds(60))
    }
  }
}
