import Glibc
import StellaDetection
import StellaModel
import Testing

@testable import StellaEngine

@Suite("Closings whose times the stream doesn't come to", .timeLimit(.minutes(2)))
struct WatchOverdueClosingTests {
  let watch: WatchHarness
  private let clock = ManualMonotonicTime()

  init() throws {
    watch = try WatchHarness()
    watch.options.follow = true
    watch.options.readBytes = 128
    watch.clock = clock.read
    try watch.rule(
      "many", "where = [[seq ~= nil]], threshold = { count = 3, within = \"1h\" }, suppress_for = \"1h\"")
  }

  /// Somebody says so when no event has come yet, and none will.
  private static func closing(_ alert: Alert) -> AlertClosing {
    AlertClosing(alert: alert.id, rule: alert.rule, by: "user:mara", time: 4_000_000_000_000_000_000)
  }

  /// Reads until the alert is resolved by hand. From when it fires, a second passes with each look at what people said.
  ///
  /// - Parameters:
  ///   - known: what was resolved before; nil when somebody resolves the alert when it has fired.
  ///   - write: called before each look.
  /// - Returns: the looks from when it fired.
  private func looks(_ names: [String], known: AlertClosing?, write: @escaping () -> Void = {}) throws -> Int {
    var count = 0
    watch.resolvedByHand = ResolvedByHand(
      take: { [watch, clock] in
        write()
        guard let first = watch.alerts.first else { return [] }
        clock.advance(seconds: 1)
        count += 1
        return known == nil && count == 1 ? [Self.closing(first)] : []
      }, all: { known.map { [$0] } ?? [] })
    watch.onAlert = { alert, _ in if alert.status == .resolved { throw WatchHarness.Done() } }
    try watch.run(names)
    let last = try #require(watch.alerts.last)
    #expect(last.id == watch.alerts.first?.id && last.resolvedBecause == .byHand)
    return count
  }

  /// Makes a pipe, and what brings it one more line; a line too many for any test ends that.
  private func pipe(_ line: String) throws -> (descriptor: Int32, write: () -> Void) {
    try #require(mkfifo(watch.directory("pipe"), 0o600) == 0)
    let descriptor = open(watch.directory("pipe"), O_RDWR | O_NONBLOCK | O_CLOEXEC)
    try #require(descriptor >= 0)
    var lines = 0
    return (
      descriptor,
      {
        lines += 1
        if lines <= 200 { _ = Glibc.write(descriptor, line + "\n", line.utf8.count + 1) }
      }
    )
  }

  @Test("Untimed lines of a pipe that is never silent don't keep a resolved alert open")
  func untimedPipe() throws {
    let (descriptor, write) = try pipe(#"{"level":"info","seq":1}"#)
    defer { close(descriptor) }
    // Learned by the first look; the eleventh is ten seconds later.
    #expect(try looks(["pipe"], known: nil, write: write) == 11)
  }

  @Test("A source with much left to read doesn't keep an alert open that somebody resolves meanwhile")
  func backlog() throws {
    try watch.directory.write("app.log", WatchHarness.lines(1...6000))
    #expect(try looks(["app.log"], known: nil) == 11)
    #expect(try #require(watch.alerts.last).count < 6000)
  }

  @Test("What was resolved before the start doesn't wait for ever for a pipe once a file has nothing more")
  func known() throws {
    try watch.directory.write("app.log", WatchHarness.lines(1...5))
    let (descriptor, write) = try pipe(#"{"level":"info"}"#)
    defer { close(descriptor) }
    watch.onAlert = { _, _ in throw WatchHarness.Done() }
    try watch.run(["app.log", "pipe"])
    let first = try #require(watch.alerts.first)
    watch.forget()
    let looks = try looks(["app.log", "pipe"], known: Self.closing(first), write: write)
    #expect((10...11).contains(looks))
  }

  @Test("How long closings wait follows from when they were learned; what was known stays known")
  func overdue() {
    func closing(_ alert: String, _ time: Int64) -> AlertClosing {
      AlertClosing(alert: alert, rule: "test.many", by: "user:mara", time: time)
    }
    var waiting = WaitingClosings()
    waiting.add([closing("a", 3), closing("b", 1)], learnedAt: nil)
    waiting.add([closing("a", 3), closing("b", 2), closing("c", 9), closing("d", 8)], learnedAt: 10)
    waiting.add([closing("c", 9)], learnedAt: 20)
    #expect(waiting.takeOverdue(learnedBy: 9, known: false).isEmpty)
    #expect(
      waiting.takeOverdue(learnedBy: 10, known: false) == [closing("b", 2), closing("d", 8), closing("c", 9)])
    #expect(waiting.next == 3 && waiting.takeOverdue(learnedBy: .max, known: false).isEmpty)
    #expect(waiting.takeOverdue(learnedBy: .min, known: true) == [closing("a", 3)] && waiting.isEmpty)
  }
}
