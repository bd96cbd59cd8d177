import Foundation
import StellaModel
import Testing

@testable import StellaRemediation
@testable import StellaSQLite

@Suite("Bundles of the execution log")
struct LogBundleTests {
  /// Reads from memory in the pieces that the reader asks for.
  final class Feed {
    let bytes: [UInt8]
    var place = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func read(_ count: Int) -> [UInt8] {
      let end = min(bytes.count, place + count)
      defer { place = end }
      return Array(bytes[place..<end])
    }
  }

  static func verify(
    _ bytes: [UInt8], trusted: [LogPublicKey] = [TestLog.firstKey.publicKey], anchors: [LogAnchorReport] = []
  ) throws -> LogVerification {
    let feed = Feed(bytes)
    let reader = try LogBundleReader { feed.read($0) }
    return try LogVerifier.verify(reader, trusted: trusted, anchors: anchors + reader.anchors)
  }

  static func readThrough(_ bytes: [UInt8]) throws {
    let feed = Feed(bytes)
    let reader = try LogBundleReader { feed.read($0) }
    while try reader.next() != nil {}
  }

  @Test("A bundle verifies with the public key alone as the store does")
  func same() throws {
    let log = try TestLog.whole()
    let bytes = try log.bundle(anchors: [LogAnchorReport(asking: log.anchor)])
    let result = try Self.verify(bytes)
    var own = try log.verify()
    #expect(result.anchors.map(\.name) == ["as exported: " + log.anchor.name])
    own.anchors = result.anchors
    #expect(result == own)
    #expect(try Self.verify(bytes, trusted: [TestLog.otherKey.publicKey]).faults == [.wrongKey])
    #expect(try Self.verify(bytes, trusted: []).signed == nil)
    // An anchor that has seen more than the bundle has.
    try log.seal()
    let newer = try Self.verify(bytes, anchors: [LogAnchorReport(asking: log.anchor)])
    #expect(newer.verdict == .intact && newer.anchored?.number == 12)
  }

  /// What `Tests/BundleCheck/verify_bundle.py` says; nil where there is no Python or no openssl.
  private func foreignVerdict(_ bytes: [UInt8], key: LogPublicKey, _ directory: TestDirectory) throws -> String? {
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("BundleCheck/verify_bundle.py").path
    try Data(bytes).write(to: URL(fileURLWithPath: directory("bundle")))
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments =
      ["sh", "-c", "command -v openssl >/dev/null && exec python3 \"$@\"; exit 127", "sh", script]
      + [directory("bundle"), key.text]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let said = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    if process.terminationStatus == 127 { return nil }
    return said.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  @Test("Another implementation, made from the page about the format alone, says the same of a bundle")
  func otherImplementation() throws {
    let log = try TestLog.whole()
    let key = TestLog.firstKey.publicKey
    let whole = try log.bundle(anchors: [LogAnchorReport(asking: log.anchor)])
    guard let said = try foreignVerdict(whole, key: key, log.directory) else {
      print("left out: there is no python3 or no openssl")
      return
    }
    #expect(said == "intact 1 12 10")
    #expect(try foreignVerdict(whole, key: TestLog.otherKey.publicKey, log.directory) == "another key")
    try log.export()
    try log.seal(time: 20)
    try log.pruning().prune(log.store, to: 5, as: .command, time: 21, actor: "policy:retention")
    let pruned = try log.bundle()
    #expect(try foreignVerdict(pruned, key: key, log.directory) == "intact 6 14 13")
    // A change that the digest at the bundle's end was computed anew for.
    var items = try log.items()
    items = LogItems(
      outline: items.outline,
      items.items.map { item in
        guard case .record(var record) = item, record.number == 9 else { return item }
        record.bytes[12] ^= 1
        return .record(record)
      })
    let bytes = CollectedBytes()
    try LogBundleWriter.write(items, anchors: []) { bytes.all += $0 }
    #expect(try foreignVerdict(bytes.all, key: key, log.directory) == "#9 was changed")
    #expect(try Self.verify(bytes.all).faults.contains(.changed(number: 9)))
  }

  @Test("A bundle with one flipped bit in any byte can't be read to its end")
  func flipped() throws {
    let log = try TestLog.whole()
    let bytes = try log.bundle(anchors: [LogAnchorReport(asking: log.anchor)])
    for index in bytes.indices {
      var changed = bytes
      changed[index] ^= 1 << (index % 8)
      #expect(throws: LogError.self, "byte \(index)") { try Self.readThrough(changed) }
    }
  }

  @Test("A bundle cut anywhere, or with anything after it, is no bundle")
  func cut() throws {
    let bytes = try TestLog.whole().bundle()
    for count in bytes.indices {
      let error = #expect(throws: LogError.self) { try Self.readThrough(Array(bytes[..<count])) }
      #expect(error?.code == .malformed)
    }
    #expect(throws: LogError.self) { try Self.readThrough(bytes + [0]) }
    var later = bytes
    later[later.firstIndex(of: UInt8(ascii: "1"))!] = UInt8(ascii: "2")
    #expect(#expect(throws: LogError.self) { try Self.verify(later) }?.code == .newer)
  }

  @Test("Random bytes are never a bundle, and never more than an error")
  func random() {
    let seed: UInt64 = 4711
    print("seed \(seed)")
    var generator = SeededGenerator(state: seed)
    for _ in 0..<2000 {
      let count = Int.random(in: 0...200, using: &generator)
      let noise = (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
      #expect(throws: LogError.self) { try Self.verify(noise) }
      #expect(throws: LogError.self) { try Self.verify(LogBundleWriter.magic + noise) }
    }
  }

  struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      // SplitMix64 (Steele, Lea, Flood 2014).
      state &+= 0x9E37_79B9_7F4A_7C15
      var value = state
      value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
      value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
      return value ^ (value >> 31)
    }
  }

  @Test("A bundle after pruning, with erased payloads and after a reseal verifies too")
  func special() throws {
    let log = try TestLog.whole()
    _ = try log.store.write(as: .command) { try $0.erase(1...12, time: 0, actor: "user:mara", reason: "retention") }
    let erased = try Self.verify(try log.bundle())
    #expect(erased.verdict == .intact && erased.erasedPayloads == 2)
    try log.export()
    try log.pruning().prune(log.store, to: 5, as: .command, time: 0, actor: "policy:retention")
    let pruned = try Self.verify(try log.bundle())
    #expect(pruned.verdict == .intact && pruned.first == 6 && pruned.signed == 10)
    _ = try log.sealer.reseal(log.store, as: .command, time: 0, actor: "user:mara", reason: "moved", nonce: [3])
    let bytes = try log.bundle()
    #expect(try Self.verify(bytes).faults == [.wrongKey])
    let resealed = try Self.verify(bytes, trusted: [TestLog.nextKey.publicKey])
    #expect(resealed.verdict == .intact && resealed.head.size == 1 && resealed.signed == 1)
  }

  @Test("A bundle needn't have what an anchor saw after it was exported, and says so")
  func earlier() throws {
    let log = try TestLog.whole()
    let bytes = try log.bundle()
    try log.append(LogEntry(.thawed, time: 14, actor: "user:ivo"))
    try log.seal(time: 15)
    let reports = [LogAnchorReport(asking: log.anchor)]
    #expect(try Self.verify(bytes, anchors: reports).verdict == .failed)
    let feed = Feed(bytes)
    let reader = try LogBundleReader { feed.read($0) }
    let result = try LogVerifier.verify(
      reader, trusted: [TestLog.firstKey.publicKey], anchors: reports, mayEndEarly: true)
    #expect(result.verdict == .intact && result.signed == 10 && result.anchored == nil)
    #expect(result.text.contains("later than this bundle"))
  }

  @Test("A store without a log has nothing to export")
  func none() throws {
    let directory = try TestDirectory()
    let store = try SQLiteStore(StateDirectory(path: directory("state")))
    let error = #expect(throws: LogError.self) {
      try store.readLog { try LogBundleWriter.write($0, anchors: []) { _ in } }
    }
    #expect(error?.code == .empty)
  }
}
