import Foundation
import StellaDetection
import StellaModel
import Synchronization
import Testing

@testable import StellaEngine

@Suite("The intake journal")
struct IntakeJournalTests {
  private let directory: TemporaryDirectory
  private var path: String { directory("intake") }

  init() throws { directory = try TemporaryDirectory() }

  private func journal(
    saved: SourcePosition? = nil, segment: Int64 = 64 << 20, held: Int64 = 1 << 30, queued: Int = 1 << 20,
    onTrouble: @escaping @Sendable (IntakeError?) -> Void = { _ in }
  ) throws -> IntakeJournal {
    var limits = IntakeJournal.Limits()
    limits.segmentBytes = segment
    limits.heldBytes = held
    limits.queuedBytes = queued
    return try IntakeJournal(path: path, name: "http", saved: saved, limits: limits, onTrouble: onTrouble)
  }

  /// Everything that can be read now, in reads of so many bytes.
  static func rest(of source: JournalSource, by size: Int = 1 << 16) throws -> String {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 1)
    defer { buffer.deallocate() }
    var bytes: [UInt8] = []
    while true {
      switch try source.read(into: buffer) {
      case .bytes(let count): bytes += buffer[..<count]
      case .boundary: continue
      case .idle, .end: return String(decoding: bytes, as: UTF8.self)
      }
    }
  }

  private var files: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).filter { $0.hasSuffix(".log") }.sorted()
  }

  @Test("What was acknowledged is read once and in order, across files, restarts and a line that was cut off")
  func order() async throws {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SplitMix(seed: seed)
    var sent = ""
    var read = ""
    var saved: SourcePosition?
    for round in 0..<20 {
      let journal = try journal(saved: saved, segment: .random(in: 1...300, using: &random))
      let source = JournalSource(journal, saved: saved)
      for number in 0..<Int.random(in: 0...30, using: &random) {
        let lines = (0...Int.random(in: 0...3, using: &random)).map { "\(round) \(number) \($0)\n" }.joined()
        try await journal.append(Array(lines.utf8))
        sent += lines
        guard Bool.random(using: &random) else { continue }
        read += try Self.rest(of: source, by: .random(in: 1...40, using: &random))
        // A checkpoint may be older than what was read.
        guard Bool.random(using: &random) else { continue }
        saved = source.position
        journal.release(source.position)
      }
      read += try Self.rest(of: source)
      #expect(read == sent, "seed \(seed), round \(round)")
      saved = source.position
      journal.finish()
      source.close()
      // What a kill leaves of lines that nobody has acknowledged.
      if let last = files.last, Bool.random(using: &random) { try directory.append("intake/\(last)", "torn") }
    }
  }

  @Test("Of lines that were sent as objects none is taken when one is none, and which is said")
  func malformed() async throws {
    let journal = try IntakeJournal(path: path, name: "http", saved: nil, masking: Masking())
    let good = "{\"time\":1700000000000000000,\"a\":[1,{}]}\n"
    let refused: [(lines: String, line: Int)] = [
      ("{bad json}\n", 0), ("\(good){\"a\":1 2}\n{]}\n", 1), ("\(good)\(good)\n{\"a\":tru}\n", 3),
      ("\(good){\"a\":1\n\(good)", 1), ("\(good){\"a\":{}\n", 1), ("\(good){}{}\n\(good)", 1),
      ("{password=hunter2}\n", 0), ("\(good)x\n{]}\n", 1),
    ]
    for (lines, line) in refused {
      let error = await #expect(throws: IntakeError.self, "\(lines)") {
        try await journal.append(Array(lines.utf8), areObjects: true)
      }
      #expect(error?.code == .malformed && error?.malformedLine == line, "\(lines) \(String(describing: error))")
    }
    try await journal.append(Array((good + "\n" + good).utf8), areObjects: true)
    // A source of another kind isn't asked.
    try await journal.append(Array("{bad json}\n".utf8))
    #expect(try Self.rest(of: JournalSource(journal, saved: nil)) == good + "\n" + good + "{bad json}\n")
    #expect(journal.state.untimedEvents == 0)
    journal.finish()
  }

  @Test("A restart goes on from the checkpoint, not from what was read after it")
  func checkpoint() async throws {
    let first = try journal()
    try await first.append(Array("a\nb\n".utf8))
    let source = JournalSource(first, saved: nil)
    #expect(try Self.rest(of: source, by: 2) == "a\nb\n")
    first.finish()
    let saved = SourcePosition(identity: source.position.identity, offset: 2)
    let second = try journal(saved: saved)
    defer { second.finish() }
    #expect(try Self.rest(of: JournalSource(second, saved: saved)) == "b\n")
  }

  @Test("Files are removed once a checkpoint lies behind them, and only then")
  func release() async throws {
    let journal = try journal(segment: 4)
    defer { journal.finish() }
    for line in ["aaa\n", "bbb\n", "ccc\n"] { try await journal.append(Array(line.utf8)) }
    let source = JournalSource(journal, saved: nil)
    #expect(try Self.rest(of: source) == "aaa\nbbb\nccc\n")
    #expect(files.count == 3)
    journal.release(SourcePosition(identity: source.position.identity, offset: 7))
    #expect(files == [JournalSegment.name(4), JournalSegment.name(8)])
    journal.release(
      SourcePosition(identity: SourceIdentity(device: 1, inode: 2, fingerprintBytes: 0, fingerprint: 3), offset: 12))
    #expect(files.count == 2)
    journal.release(source.position)
    #expect(files == [JournalSegment.name(8)])
    #expect(journal.state == .init(heldBytes: 0, trouble: nil))
  }

  @Test("Files stay while somebody has a lease, as far as there is room")
  func lease() async throws {
    let journal = try journal(segment: 4, held: 12)
    defer { journal.finish() }
    let identity = JournalSource(journal, saved: nil).position.identity
    func append(_ lines: String...) async throws {
      for line in lines { try await journal.append(Array((line + "\n").utf8)) }
    }
    func release(_ offset: Int64) { journal.release(SourcePosition(identity: identity, offset: offset)) }
    try await append("aaa", "bbb", "ccc")
    var (first, second) = (try JournalLease(path: path), try JournalLease(path: path))
    #expect(first != nil && second != nil)
    release(12)
    #expect(files.count == 3 && journal.state.heldBytes == 0)
    first = nil
    release(12)
    #expect(files.count == 3)
    try await append("ddd", "eee")
    release(16)
    #expect(files == [4, 8, 12, 16].map { JournalSegment.name($0) })
    try await append("fff")
    release(24)
    #expect(files == [12, 16, 20].map { JournalSegment.name($0) })
    second = nil
    // A child that another test is about to begin has the lock, too, until it runs its own program.
    for _ in 0..<1000 where files.count > 1 {
      release(24)
      try await Task.sleep(for: .milliseconds(10))
    }
    #expect(files == [JournalSegment.name(20)])
    #expect(try JournalLease(path: path + "/none") == nil)
  }

  @Test("When detection is too far behind, lines are refused until it has caught up; none of those refused is there")
  func full() async throws {
    let told = Told()
    let journal = try journal(held: 5) { told.add($0) }
    defer { journal.finish() }
    try await journal.append(Array("aaaa\n".utf8))
    let error = await #expect(throws: IntakeError.self) { try await journal.append(Array("bbbb\n".utf8)) }
    #expect(error?.code == .full && journal.state.trouble == error)
    await #expect(throws: IntakeError.self) { try await journal.append(Array("bbbb\n".utf8)) }
    let source = JournalSource(journal, saved: nil)
    #expect(try Self.rest(of: source) == "aaaa\n")
    journal.release(source.position)
    #expect(journal.state.trouble == nil && told.codes == [.full, nil])
    try await journal.append(Array("cccc\n".utf8))
    #expect(try Self.rest(of: source) == "cccc\n" && told.codes.count == 2)
  }

  @Test("Lines that are longer than detection may ever be behind are taken, and the next ones once they are used")
  func longer() async throws {
    let journal = try journal(held: 4)
    defer { journal.finish() }
    try await journal.append(Array("aaaaaaaaaaaa\n".utf8))
    let error = await #expect(throws: IntakeError.self) { try await journal.append(Array("b\n".utf8)) }
    #expect(error?.code == .full)
    let source = JournalSource(journal, saved: nil)
    #expect(try Self.rest(of: source) == "aaaaaaaaaaaa\n")
    journal.release(source.position)
    try await journal.append(Array("bbbbbbbbbbbb\n".utf8))
    #expect(try Self.rest(of: source) == "bbbbbbbbbbbb\n")
  }

  @Test("Since when nothing is taken is when the first line was refused, not when somebody asked")
  func refusedSince() async throws {
    let time = Mutex<Int64>(1_790_000_000_000_000_000)
    let start = time.withLock { $0 }
    var limits = IntakeJournal.Limits()
    limits.heldBytes = 5
    let journal = try IntakeJournal(
      path: path, name: "http", saved: nil, limits: limits, now: { time.withLock { $0 } })
    defer { journal.finish() }
    try await journal.append(Array("aaaa\n".utf8))
    #expect(journal.state.troubleSince == nil)
    for second in 1...3 {
      time.withLock { $0 = start + Int64(second) * Timestamp.second }
      await #expect(throws: IntakeError.self) { try await journal.append(Array("bbbb\n".utf8)) }
    }
    time.withLock { $0 += 60 * Timestamp.second }
    #expect(journal.state.troubleSince == start + Timestamp.second)
    let source = JournalSource(journal, saved: nil)
    _ = try Self.rest(of: source)
    journal.release(source.position)
    #expect(journal.state.troubleSince == nil)
  }

  @Test("A disk that fails is told to who sends, and lines are taken again when it works")
  func failure() async throws {
    let told = Told()
    let journal = try journal(segment: 1) { told.add($0) }
    defer { journal.finish() }
    try await journal.append(Array("a\n".utf8))
    try directory.rename("intake", to: "elsewhere")
    let error = await #expect(throws: IntakeError.self) { try await journal.append(Array("b\n".utf8)) }
    #expect(error?.code == .failed && journal.state.trouble == error)
    #expect(error?.message.contains(path) == true && error?.forSenders.contains(path) == false)
    try directory.rename("elsewhere", to: "intake")
    try await journal.append(Array("c\n".utf8))
    #expect(try Self.rest(of: JournalSource(journal, saved: nil)) == "a\nc\n" && told.codes == [.failed, nil])
  }

  @Test("A directory that was made anew is read from its start, also when the checkpoint is of the one before")
  func otherJournal() async throws {
    let first = try journal()
    try await first.append(Array("a\nb\nc\n".utf8))
    let source = JournalSource(first, saved: nil)
    _ = try Self.rest(of: source)
    first.finish()
    try directory.remove("intake")
    let second = try journal(saved: source.position)
    defer { second.finish() }
    try await second.append(Array("d\n".utf8))
    let other = JournalSource(second, saved: source.position)
    #expect(try Self.rest(of: other) == "d\n" && other.notice != nil)
  }

  @Test("A disk that lost what was read already gives no offset twice")
  func lost() async throws {
    let first = try journal()
    try await first.append(Array("a\nb\n".utf8))
    let source = JournalSource(first, saved: nil)
    _ = try Self.rest(of: source)
    first.finish()
    try directory.write("intake/\(JournalSegment.name(0))", "a\n")
    let second = try journal(saved: source.position)
    defer { second.finish() }
    try await second.append(Array("c\n".utf8))
    #expect(try Self.rest(of: JournalSource(second, saved: source.position)) == "c\n")
    #expect(try Self.rest(of: JournalSource(second, saved: nil)) == "a\nc\n")
  }

  @Test("Many who send at once are all answered, and their lines stay whole")
  func many() async throws {
    let journal = try journal(segment: 1000)
    let source = JournalSource(journal, saved: nil)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for sender in 0..<50 {
        group.addTask {
          for number in 0..<10 {
            try await journal.append(Array("\(sender) \(number) a\n\(sender) \(number) b\n".utf8))
          }
        }
      }
      try await group.waitForAll()
    }
    journal.finish()
    let lines = try Self.rest(of: source).split(separator: "\n").map { $0.split(separator: " ") }
    #expect(lines.count == 1000)
    for (a, b) in zip(lines, lines.dropFirst()) where a.last == "a" {
      #expect(a.dropLast() == b.dropLast() && b.last == "b")
    }
    for sender in 0..<50 {
      let numbers = lines.filter { $0[0] == "\(sender)" && $0[2] == "a" }.map { String($0[1]) }
      #expect(numbers == (0..<10).map(String.init))
    }
    let error = await #expect(throws: IntakeError.self) { try await journal.append(Array("late\n".utf8)) }
    #expect(error?.code == .ended)
  }

  @Test("A watch uses what is in the journal once, across restarts, beside its files")
  func watched() async throws {
    let watch = try WatchHarness()
    try watch.ruleForEachEvent()
    try watch.directory.write("app.log", "")
    watch.options.follow = true
    let store = InMemoryStore()
    watch.options.store = store
    var expected: [Int64] = []
    for round in 0..<4 {
      var limits = IntakeJournal.Limits()
      limits.segmentBytes = 200
      let journal = try IntakeJournal(
        path: watch.directory("intake"), name: "http", saved: store.positions()["intake:http"], limits: limits)
      watch.options.journals = [journal]
      let numbers = round * 10 + 1...round * 10 + 10
      expected += numbers.map(Int64.init)
      for number in numbers {
        try await journal.append(Array(WatchHarness.line(Double(number), "\"seq\":\(number)").utf8))
      }
      // A kill: nothing is saved at the end, so that a restart may repeat alerts but not leave one out.
      watch.onAlert = { [watch] _, _ in
        if watch.sequence.last == Int64(numbers.upperBound) { throw WatchHarness.Done() }
      }
      #expect(try watch.run(["app.log"], from: .checkpoint) == nil)
      journal.finish()
    }
    var unique: [Int64] = []
    for number in watch.sequence where !unique.contains(number) { unique.append(number) }
    #expect(unique == expected)
  }
}

/// What the operator was told.
private final class Told: Sendable {
  private let entries = Mutex<[IntakeError.Code?]>([])

  var codes: [IntakeError.Code?] { entries.withLock { $0 } }

  func add(_ trouble: IntakeError?) { entries.withLock { $0.append(trouble?.code) } }
}
