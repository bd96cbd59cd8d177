import StellaModel
import StellaTesting

@testable import StellaRemediation

extension RunModel {
  /// What must be true of every walk, as sentences; empty when all of it is.
  func violations() throws -> [String] {
    var found: [String] = []
    let records = try harness.records()
    if records.map(\.number) != Array(1...Int64(records.count)) {
      found.append("the records aren't numbered without gaps")
    }
    var isFrozen = false
    var approved: [String: Int] = [:]
    var intended: Set<String> = []
    for (place, record) in records.enumerated() {
      let run = record.run ?? ""
      switch record.kind {
      case .frozen: isFrozen = true
      case .thawed: isFrozen = false
      case .decision where record.text("to") == "approved":
        approved[run] = place
        if try harness.run(run).digest?.description != record.text("digest") {
          found.append("\(run) was approved with another digest")
        }
      case .effectIntended:
        if isFrozen { found.append("\(run): an effect was intended while all was frozen") }
        guard let approval = approved[run] else {
          found.append("\(run): an effect was intended without an approval")
          continue
        }
        if record.text("digest") != records[approval].text("digest") {
          found.append("\(run): an effect was intended of another plan than the approved one")
        }
        let (before, now) = (moments[approval], moments[place])
        let isFirst = !intended.contains { $0.hasPrefix("\(run)-") }
        if isFirst, before.boots == now.boots, now.elapsed - before.elapsed >= 30 * Policy.minute {
          found.append("\(run): an approval lasted \(DurationText.text(now.elapsed - before.elapsed))")
        }
        intended.insert("\(run)-\(record.integer("effect") ?? 0)")
      default: break
      }
    }
    found += try ledgerViolations(intended)
    return found
  }

  /// Each effect at most once, on what its plan was made for, and never without an intent.
  private func ledgerViolations(_ intended: Set<String>) throws -> [String] {
    var found: [String] = []
    var counts: [String: Int] = [:]
    for entry in hook.entries {
      guard let (run, group) = Self.step(of: entry.key),
        let bytes = try harness.store.readRuns({ try $0.plan(of: run) })
      else {
        found.append("\(entry.key) is no step of any run")
        continue
      }
      let plan = try Plan(canonical: bytes)
      let number = plan.groups.first { $0.number == group }?.effects.lowerBound ?? 0
      counts["\(run)-\(number)", default: 0] += 1
      if !intended.contains("\(run)-\(number)") { found.append("\(entry.key) has no intent") }
      let target = plan.content.targets.first { $0.name == "hook" }
      if target?.physicalID != entry.place {
        found.append("\(entry.key) happened to \(entry.place), approved was \(target?.physicalID ?? "nothing")")
      }
    }
    for (effect, count) in counts.sorted(by: { $0.key < $1.key }) where count > 1 {
      found.append("\(effect) happened \(count) times")
    }
    return found
  }

  /// `r-1234abcd.2-e1`: the second attempt of the first group.
  private static func step(of key: String) -> (run: String, group: Int)? {
    guard let dash = key.lastIndex(of: "-"), let group = Int(key[dash...].dropFirst(2)) else { return nil }
    return (String(key[..<dash].prefix { $0 != "." }), group)
  }

  /// Runs that neither have ended nor wait for people, once ``settle()`` is done.
  func stuck() throws -> [String] {
    try harness.runs().filter { $0.state.turn == .runner || $0.state == .frozen }.map {
      "\($0.id) is \($0.state.rawValue): \($0.detail)"
    }
  }
}
