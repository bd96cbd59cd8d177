import Foundation
import StellaEffects
import StellaModel
import StellaRemediation
import StellaScripting
import Synchronization
import Testing

/// Fixes that ship, planned as the engine plans them and performed for real: on a server, and on nftables in a network
/// namespace of their own.
@Suite("Fixes that ship, performed", .timeLimit(.minutes(2)))
struct ShippedFixTests {
  func load(_ path: String) throws -> FixScript {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Fixes/" + path)
    return try FixLoader.load(RuleSource(file: path, text: Array(try Data(contentsOf: file))))
  }

  func plan(_ fix: FixScript, _ key: [String: String]) throws -> [EffectDeclaration] {
    let members = key.sorted { $0.key < $1.key }.map { FieldValue.Member($0.key, .string($0.value)) }
    let plan = try fix.plan(try FixParameters(of: fix.manifest, given: members), targets: [:]).result.get()
    return try plan.effects.map { try EffectDeclaration(kind: $0.kind.rawValue, members: $0.members) }
  }

  func refuses(_ fix: FixScript, _ key: [String: String]) throws -> Bool {
    let members = key.sorted { $0.key < $1.key }.map { FieldValue.Member($0.key, .string($0.value)) }
    let alert = Alert(
      id: "0", rule: "r", type: "t", severity: .high, title: "A", summary: "a", key: members, status: .firing,
      revision: 1,
      firstSeen: 0, lastSeen: 0, count: 3)
    guard case .success(false) = fix.when(alert).result else { return false }
    return (try? plan(fix, key)) == nil
  }

  /// The request as it goes to a server of the test instead of the one that the fix names.
  func redirected(_ effect: Effect, to server: LoopbackServer) throws -> Effect {
    guard case .httpRequest(var request) = effect else { throw CocoaError(.featureUnsupported) }
    let named = try #require(HTTPAddress(request.url)).origin
    let prefix = "https://\(named.host)"
    request.url = request.url.replacingOccurrences(of: prefix, with: server.origin)
    if let observation = request.observation, case .get(let url) = observation.probe {
      request.observation?.probe = .get(url: url.replacingOccurrences(of: prefix, with: server.origin))
    }
    return .httpRequest(request)
  }

  func executor(_ server: LoopbackServer, _ allowed: [(String, String)], _ secret: String) throws -> HTTPExecutor {
    HTTPExecutor(
      HTTPTargetSettings(
        name: "target", origins: [HTTPOrigin(server.origin)!],
        allowed: try allowed.map { try HTTPAllowedRequest(method: $0.0, path: $0.1, isSafe: true) }),
      secrets: TestSecrets([secret: "correct-horse-battery"]))
  }

  @Test("reindex-source asks for one source, once for each key, and is safe where its target says so")
  func reindex() throws {
    let fix = try load("search/reindex-source.lua")
    let begun = Mutex<Set<String>>([])
    let server = try LoopbackServer { request in
      guard request.headers["authorization"] == "Bearer correct-horse-battery" else { return .answer(401) }
      guard request.target == "/v1/sources/orders/reindex" else { return .answer(404) }
      _ = begun.withLock { $0.insert(request.headers["idempotency-key"] ?? "") }
      return .answer(202, body: "queued")
    }
    defer { server.stop() }
    let effect = try redirected(try #require(try plan(fix, ["source": "orders"]).first).effect, to: server)
    let executor = try executor(server, [("POST", "/v1/sources/{word}/reindex")], "search-token@1")
    #expect(try executor.admit(effect).isSafe && fix.manifest.approval != .always && effect.strongestClass == .keyed)
    #expect(executor.perform(effect, marker: .test()) == .applied("202: queued"))
    #expect(executor.perform(effect, marker: .test()).kind == .applied)
    #expect(begun.withLock { $0 } == ["r-1-e1"])
    let other = try redirected(try #require(try plan(fix, ["source": "mail"]).first).effect, to: server)
    #expect(executor.perform(other, marker: .test(group: 2)) == .notApplied("404"))
    for source in ["", "../admin", "a/b", "a%2fb", "-a", "a b", "a?x=1", String(repeating: "a", count: 65)] {
      #expect(try refuses(fix, ["source": source]), "\(source)")
    }
  }

  @Test("clear-stale-cache throws one entry away, and knows by looking whether it is gone")
  func clearCache() throws {
    let fix = try load("cache/clear-stale-cache.lua")
    let entries = Mutex<Set<String>>(["/v1/caches/users/entries/u-7", "/v1/caches/users/entries/u-8"])
    let server = try LoopbackServer { request in
      entries.withLock { entries in
        guard entries.contains(request.target) else { return .answer(404) }
        if request.method == "DELETE" { entries.remove(request.target) }
        // Its answers to deletions get lost.
        return request.method == "DELETE" ? .raw("HTTP/1.1 2") : .answer(200)
      }
    }
    defer { server.stop() }
    let effect = try redirected(
      try #require(try plan(fix, ["cache": "users", "entry": "u-7"]).first).effect, to: server)
    let path = "/v1/caches/{users|carts}/entries/{word}"
    let executor = try executor(server, [("DELETE", path), ("GET", path)], "cache-token@1")
    #expect(try executor.admit(effect).isSafe && effect.strongestClass == .probe)
    #expect(executor.observe(effect) == .notApplied("200"))
    #expect(executor.perform(effect, marker: .test()).kind == .unclear)
    #expect(executor.observe(effect) == .applied("404"))
    #expect(executor.perform(effect, marker: .test()) == .applied("404"))
    #expect(entries.withLock { $0 } == ["/v1/caches/users/entries/u-8"])
    for entry in ["", "*", "..", "a/b", "-x", "a%00", "a b"] {
      #expect(try refuses(fix, ["cache": "users", "entry": entry]), "\(entry)")
    }
  }

  @Test("block-address puts one address into its set and takes it out again")
  func block() throws {
    let fix = try load("network/block-address.lua")
    #expect(fix.manifest.approval == .always)
    let directory = try CommandDirectory()
    guard let namespace = try NetworkNamespace() else {
      print("left out: nftables or unprivileged network namespaces aren't there")
      return
    }
    defer { namespace.end() }
    try namespace.run(["add", "table", "inet", "stella"])
    try namespace.run(["add", "set", "inet", "stella", "blocked4", "{ type ipv4_addr; }"])
    try namespace.run(["add", "set", "inet", "stella", "blocked6", "{ type ipv6_addr; }"])
    let nft = try directory.script(
      "nft", "exec \((["/usr/bin/nsenter"] + namespace.entry).joined(separator: " ")) /usr/sbin/nft \"$@\"")
    let commands = try ["add", "get", "delete"].map { verb in
      HostTargetSettings.Command(
        try ExecCommand([nft, verb, "element", "inet", "stella", "{blocked4|blocked6}", "{", "{word}", "}"]))
    }
    let executor = ExecExecutor(HostTargetSettings(name: "local", commands: commands), secrets: TestSecrets())
    for address in ["203.0.113.7", "2001:db8::7"] {
      let declaration = try #require(try plan(fix, ["src_ip": address]).first)
      let effect = declaration.effect
      guard case .effect(let undo) = declaration.undo else {
        Issue.record("block-address has no undo")
        return
      }
      #expect(try !executor.admit(effect).isSafe && !executor.admit(undo).isSafe)
      #expect(executor.observe(effect).kind == .notApplied)
      #expect(executor.perform(effect, marker: .test()) == .applied("exit code 0"))
      #expect(executor.observe(effect).kind == .applied)
      #expect(try namespace.run(["list", "ruleset"]).contains(address))
      #expect(executor.perform(undo, marker: .test()) == .applied("exit code 0"))
      #expect(executor.observe(effect).kind == .notApplied)
      #expect(try !namespace.run(["list", "ruleset"]).contains(address))
    }
  }

  @Test("block-address blocks what is one address, and nothing that would cut the host off")
  func blockable() throws {
    let fix = try load("network/block-address.lua")
    for address in ["203.0.113.7", "10.0.0.1", "1.2.3.4", "2001:db8:0:0:0:0:0:1", "2001:DB8::", "fd12:3456::1"] {
      #expect(try plan(fix, ["src_ip": address]).count == 1, "\(address)")
    }
    for address in [
      "", "127.0.0.1", "0.0.0.0", "169.254.1.1", "224.0.0.1", "255.255.255.255", "256.1.1.1", "1.2.3", "1.2.3.4.5",
      "01.2.3.4", "1.2.3.4/8", "0.0.0.0/0", "1.2.3.4 }", "-1.2.3.4", "::1", "::", "::/0", "fe80::1", "ff02::1",
      "::ffff:127.0.0.1", "::ffff:7f00:1", "2001:db8::1::2", "2001:db8", "2001:db8:::1", "2001:db8:0:0:0:0:0:0:1",
      "2001:db8::12345", "2001:db8::1%eth0", "2001:db8:0:0:0:0:0:1:", ":2001:db8::1", "example.org",
    ] {
      #expect(try refuses(fix, ["src_ip": address]), "\(address)")
    }
  }
}
