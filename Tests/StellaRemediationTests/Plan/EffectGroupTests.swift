import StellaModel
import Testing

@testable import StellaRemediation

@Suite("Groups of effects")
struct EffectGroupTests {
  /// One letter an effect: a and b are databases, w a web service, e an event.
  func plan(_ letters: String) throws -> Plan {
    var content = SamplePlan.small
    content.effects = letters.map { letter in
      switch letter {
      case "a", "b":
        PreparedEffect(
          .sqlDelete(Effect.SQLDelete(target: String(letter), table: "t", selector: ["c": 1])), class: .tx,
          precondition: .rows(exactly: 0), undo: .restore)
      case "w":
        PreparedEffect(
          .httpRequest(Effect.HTTPRequest(target: "w", method: "PUT", url: "https://w.example/")), class: .blind,
          undo: .irreversible(reason: "sent"))
      default:
        PreparedEffect(.eventEmit(Effect.EventEmit(message: "x")), class: .keyed, undo: .irreversible(reason: "seen"))
      }
    }
    content.targets = Set(letters).subtracting("e").sorted().map {
      TargetIdentity(name: String($0), kind: "any", physicalID: nil)
    }
    return try SamplePlan.plan(content)
  }

  @Test("Adjacent rows of one database are one transaction, and everything else stands alone")
  func groups() throws {
    let wanted: [(String, [ClosedRange<Int>])] = [
      ("a", [1...1]), ("aaa", [1...3]), ("aab", [1...2, 3...3]), ("aba", [1...1, 2...2, 3...3]),
      ("ww", [1...1, 2...2]),
      ("aawaa", [1...2, 3...3, 4...5]), ("aeea", [1...1, 2...2, 3...3, 4...4]),
      ("wabbe", [1...1, 2...2, 3...4, 5...5]),
    ]
    for (letters, ranges) in wanted {
      let groups = try plan(letters).groups
      #expect(groups.map(\.effects) == ranges, "\(letters)")
      #expect(groups.map(\.number) == Array(1...groups.count), "\(letters)")
      for group in groups {
        let first = Array(letters)[group.effects.lowerBound - 1]
        #expect(group.target == (first == "e" ? nil : String(first)))
        #expect(group.effectClass == (first == "e" ? .keyed : first == "w" ? .blind : .tx))
      }
    }
  }
}
