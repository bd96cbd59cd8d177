import StellaModel
import Testing

@testable import StellaDetection

@Suite("Shadow mode and maintenance")
struct AlertMutingTests {
  private static let hour: Int64 = 3_600_000_000_000
  /// Saturday, 2025-11-22, at midnight.
  private static let saturday: Int64 = 1_763_769_600_000_000_000
  private let key = [FieldValue.Member("host", .string("db-1")), FieldValue.Member("port", .integer(22))]

  @Test("A weekly window holds between its hours, for its rules and keys alone, and says until when")
  func weekly() {
    let backup = AlertMuting.Maintenance(
      name: "backup", rules: ["disk"], key: [.init("port", .string("22"))],
      windows: [MaintenanceWindow(days: [.saturday], start: 22 * 60, end: 6 * 60)], by: "mara", reason: "tapes")
    let muting = AlertMuting(maintenance: [backup])
    func mute(_ hours: Int64, _ rule: String = "disk", _ key: [FieldValue.Member]? = nil) -> Mute? {
      muting.mute(rule: rule, key: key ?? self.key, at: Self.saturday + hours * Self.hour)
    }
    #expect(mute(21) == nil && mute(30) == nil)
    let expected = Mute(
      .maintenance, name: "backup", by: "mara", reason: "tapes", until: Self.saturday + 30 * Self.hour)
    #expect(mute(22) == expected && mute(29) == expected)
    #expect(
      mute(23, "other") == nil && mute(23, "disk", [.init("port", .integer(23))]) == nil && mute(23, "disk", []) == nil)
  }

  @Test("A window that comes once is over for good; of several the last to close is told; without rules all are meant")
  func once() {
    let start = Self.saturday
    let muting = AlertMuting(maintenance: [
      .init(name: "move", spans: [start..<start + 10, start + 5..<start + 20], by: "ivo", reason: "racks")
    ])
    #expect(muting.mute(rule: "any", key: [], at: start - 1) == nil)
    #expect(muting.mute(rule: "any", key: [], at: start + 5)?.until == start + 20)
    #expect(muting.mute(rule: "other", key: key, at: start + 19)?.name == "move")
    #expect(muting.mute(rule: "any", key: [], at: start + 20) == nil)
  }

  @Test("Shadow mode lasts until its end, is shown, and comes after maintenance")
  func shadow() {
    let shadow = AlertMuting.Shadow(rules: ["new"], by: "mara", reason: "being tuned", until: 100)
    var muting = AlertMuting(shadows: [shadow])
    #expect(muting.mute(rule: "new", key: [], at: 99) == Mute(.shadow, by: "mara", reason: "being tuned", until: 100))
    #expect(muting.mute(rule: "new", key: [], at: 99)?.isShown == true)
    #expect(muting.mute(rule: "new", key: [], at: 100) == nil && muting.mute(rule: "old", key: [], at: 1) == nil)
    muting.shadows[0].until = nil
    #expect(muting.mute(rule: "new", key: [], at: .max - 1)?.cause == .shadow)
    muting.maintenance = [.init(name: "all", spans: [0..<50], by: "ivo", reason: "x")]
    #expect(muting.mute(rule: "new", key: [], at: 49)?.cause == .maintenance)
  }

  @Test("A mute is in the alert's JSON and comes back from it")
  func json() throws {
    var alert = Alert(
      id: "a", rule: "r", type: "t", severity: .low, title: "t", summary: "s", key: key, status: .firing, revision: 1,
      firstSeen: 1, lastSeen: 1, count: 1)
    #expect(!alert.json.contains("muted"))
    for mute in [
      Mute(.silence, name: "3", by: "user:mara", reason: "a \"scanner\"", until: 7),
      Mute(.shadow, by: "ivo", reason: "new"),
    ] {
      alert.mute = mute
      #expect(Alert(try JSONParser().parse(alert.json)) == alert)
    }
    #expect(alert.json.hasSuffix(#","muted":{"cause":"shadow","by":"ivo","reason":"new"}}"#))
  }
}
