import StellaEngine
import StellaModel
import Testing

@testable import StellaCommands

@Suite("The screen of a difference between replays")
struct ReplayScreenTests {
  private func alert(_ value: Double) -> ReplayedAlert {
    var alert = Alert(
      id: "a", rule: "r", type: "x", severity: .low, title: "T", summary: "half of them", key: [], status: .resolved,
      revision: 2, firstSeen: 0, lastSeen: 0, count: 3)
    alert.value = .double(value)
    return ReplayedAlert(alert, fired: 0)
  }

  @Test("A value is rounded as everywhere, and only on the screen")
  func rounded() {
    let difference = ReplayDifference(old: [alert(100.0 / 3)], new: [alert(48)])
    let text = ReplayScreen(terminal: Terminal(columns: nil, hasColor: false)).difference(difference, isQuiet: true)
    #expect(text.hasSuffix("low r: half of them; was value 33.3\n"), "\(text)")
    #expect(ReplayScreen.json(difference).first?.contains("33.33333333333333") == true)
  }

  @Test("On a narrow terminal a difference goes on in next lines, and what has changed isn't cut")
  func narrow() {
    let difference = ReplayDifference(old: [alert(100.0 / 3)], new: [alert(48)])
    let lines = ReplayScreen(terminal: Terminal(columns: 40, hasColor: false)).difference(difference, isQuiet: true)
      .split(separator: "\n")
    #expect(lines.count > 1 && lines.allSatisfy { DisplayWidth.of(String($0)) <= 40 }, "\(lines)")
    #expect(lines.dropFirst().allSatisfy { $0.hasPrefix("    ") })
    let text = lines.map { String($0.drop { $0 == " " }) }.joined(separator: " ")
    #expect(text.hasSuffix("low r: half of them; was value 33.3"), "\(text)")
  }
}
