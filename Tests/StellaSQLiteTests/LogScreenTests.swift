import StellaModel
import Testing

@testable import StellaRemediation
@testable import StellaSQLite

@Suite("The screen of log verify")
struct LogScreenTests {
  /// A file anchor under a name that doesn't depend on where tests run.
  struct Named: LogAnchor {
    let name: String
    let file: FileAnchor

    func publish(_ checkpoint: LogCheckpoint) throws(LogAnchorError) { try file.publish(checkpoint) }
    func newest() throws(LogAnchorError) -> LogCheckpoint? { try file.newest() }
  }

  @Test("It says what was looked at, what covers what up to where, and what isn't covered")
  func whole() throws {
    let log = try TestLog.whole()
    let result = try log.verify(anchors: [Named(name: "git:audit\u{1b}[2J", file: log.anchor)])
    let id = try #require(result.log)
    #expect(
      result.text == """
        Log          \(id.short)…  opened by prod-1
        Records      12: #1–#12, 0 gaps  OK
        Root         size 12  root \(result.head.root.short)…  recomputed  OK
        Signature    prod-1 key \(TestLog.nextKey.publicKey.id.short)… over #10  (rotated 1×, chain of keys complete)  OK
        Anchors      git:audit\\x1b[2J 10 @ 1970-01-01T00:00:00Z consistent  OK
        Payloads     2 as recorded, 0 erased
        Completeness 1 run, 1 effect intent: each has an outcome
        Covered      records up to #10 cannot be cut or changed unnoticed (git:audit\\x1b[2J). 2 newer records are not \
        anchored yet.
        No fault found in what is covered

        """)
  }

  @Test("Without an anchor it says that a cut can't be excluded, and what the key covers")
  func unanchored() throws {
    let log = try TestLog.whole()
    let text = try log.verify(anchors: []).text
    #expect(text.contains("Anchors      none configured\n"))
    #expect(
      text.contains(
        "Covered      Records up to #10 cannot be changed without the engine's key. Truncation of the newest records "
          + "cannot be excluded (no anchor configured).\n"))
    #expect(!text.contains("OK\nNo fault found in what is covered\n"))
  }

  @Test("A log that was cut names the anchor, its size and root, the last record there is, and the way out")
  func cut() throws {
    let log = try TestLog.whole()
    try log.tamper("DELETE FROM log_record WHERE number > 6")
    try log.tamper("DELETE FROM log_checkpoint WHERE size > 6")
    try log.tamper("DELETE FROM log_rotation")
    let newest = try #require(try log.anchor.newest())
    let text = try log.verify(anchors: [Named(name: "git:audit", file: log.anchor)]).text
    #expect(
      text == """
        FAILED  truncated or rolled back: anchor git:audit says size 10 root \(newest.root.short) at 1970-01-01T00:00:00Z
          the log has 6 records, #1–#6
          last record #6 (1970-01-01T00:00:00Z)
          next: restore the store from a backup, or begin a new log that names this one: stella log reseal --reason "…"

        """)
  }

  @Test("Many faults are counted, and the first ones named")
  func manyFaults() throws {
    let log = try TestLog.whole()
    let all = try log.items()
    let doubled = all.items + all.items + all.items
    let result = try all.verify(doubled)
    #expect(result.faults.count == 20 && result.faultCount == 30)
    #expect(result.text.hasPrefix("FAILED  #1 comes after #12\n  also: #2 comes after #12\n"))
    #expect(result.text.contains("  and 10 more\n"))
  }

  @Test("Numbers are grouped")
  func numbers() {
    #expect(LogText.grouped(0) == "0" && LogText.grouped(999) == "999" && LogText.grouped(1000) == "1 000")
    #expect(LogText.grouped(12_345_678) == "12 345 678" && LogText.number(18_449) == "#18 449")
    #expect(LogText.count(1, "record") == "1 record" && LogText.count(0, "record") == "0 records")
  }
}
