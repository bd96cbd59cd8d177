import Foundation
import StellaModel
import Testing

@testable import StellaCommands

@Suite("What silences mute at a moment")
struct HoldingSilencesTests {
  private static func silence(_ number: Int64, _ rule: String, _ service: String?, until: Int64) -> Silence {
    Silence(
      number: number, rule: rule, key: service.map { [.init("service", .string($0))] } ?? [], until: until,
      set: .init(by: "user:mara", time: 1, reason: "known"))
  }

  private static func alert(_ rule: String, _ service: String, mute: Mute? = nil) -> StoredAlert {
    var alert = Alert(
      id: "a", rule: rule, type: "test", severity: .high, title: "", summary: "",
      key: [.init("service", .string(service))], status: .firing, revision: 1, firstSeen: 1, lastSeen: 2, count: 1)
    alert.mute = mute
    return StoredAlert(alert, updatedAt: 2)
  }

  private let muting = HoldingSilences(
    [silence(1, "a.b", "s1", until: 10), silence(2, "a.b", "s2", until: 9), silence(3, "c.d", nil, until: 20)], at: 9)

  @Test(
    "An alert that fires already is muted by a silence of its rule and key, as long as that holds",
    arguments: [("a.b", "s1", "1"), ("a.b", "s2", nil), ("a.b", "s3", nil), ("c.d", "s1", "3"), ("x", "s1", nil)])
  func fires(_ rule: String, _ service: String, _ number: String?) throws {
    let alert = Self.alert(rule, service)
    let mute = muting.mute(alert)
    #expect(mute?.name == number && muting.mute(rule: rule, key: alert.key) == mute)
    #expect(StoredAlertText.state(alert, mute) == (number == nil ? "firing" : "firing, muted"))
    let json = StoredAlertJSON.text(alert, mute: mute)
    #expect(json.contains(#""muted":{"cause":"silence""#) == (number != nil), "\(json)")
  }

  @Test(
    "One that a silence muted when it fired, and that fires still, is muted as long as that or another holds",
    arguments: [("1", "s1", "1"), ("7", "s1", "1"), ("2", "s2", nil), ("7", "s3", nil)])
  func after(_ number: String, _ service: String, _ now: String?) {
    let set = Mute(.silence, name: number, by: "user:ivo", reason: "then", until: 99)
    let alert = Self.alert("a.b", service, mute: set)
    let mute = muting.mute(alert)
    #expect(mute?.name == now && (mute?.reason == "then") == (number == now))
    #expect(StoredAlertText.state(alert, mute) == (now == nil ? "firing" : "firing, muted"))
    let json = StoredAlertJSON.text(alert, mute: mute)
    #expect(json.components(separatedBy: #""muted":"#).count == (now == nil ? 1 : 2), "\(json)")
    #expect(json.contains(#""reason":"known""#) == (now != nil && number != now), "\(json)")
    // What nobody was told of when it was over stays so.
    var over = alert
    over.status = .resolved
    #expect(muting.mute(over) == set)
  }

  @Test("One that is over is not muted afterwards, and what muted it when it fired stays what is said of it")
  func stays() {
    var over = Self.alert("a.b", "s1")
    over.status = .resolved
    #expect(muting.mute(over) == nil)
    var byHand = Self.alert("a.b", "s1")
    byHand.resolved = .init(by: "user:mara", time: 3, reason: "")
    #expect(muting.mute(byHand) == nil)
    let window = Mute(.maintenance, name: "move", by: "ivo", reason: "racks")
    let held = Self.alert("a.b", "s1", mute: window)
    #expect(muting.mute(held) == window)
    #expect(StoredAlertJSON.text(held, mute: window).contains(#""cause":"maintenance""#))
  }
}
