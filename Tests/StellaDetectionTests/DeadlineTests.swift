import StellaModel
import Testing

@testable import StellaDetection

@Suite("Deadlines")
struct DeadlineTests {
  /// Distances in time: within a millisecond, a second, minutes, months, and as far as times go.
  private static func step(_ random: inout SeededGenerator) -> Int64 {
    let bits = [4, 12, 20, 21, 30, 38, 52, 61][Int(random.next() % 8)]
    return Int64(random.next() & ((1 << UInt64(bits)) - 1))
  }

  /// Between 1900 and 2115, as the times of events.
  private static func clamped(_ time: Int64) -> Int64 {
    min(max(time, -2_208_988_800_000_000_000), 4_600_000_000_000_000_000)
  }

  private func order(_ deadline: Deadline) -> [Int64] {
    [deadline.time, Int64(deadline.slot), Int64(deadline.stamp)]
  }

  @Test(
    "the wheel gives what is due in order of time and slot, wherever it is asked to stop",
    arguments: [UInt64(61), 62, 63, 64, 65, 66])
  func wheelAgainstSortedList(seed: UInt64) {
    print("seed \(seed)")
    var random = SeededGenerator(seed)
    let wheel = DeadlineWheel()
    var model: [Deadline] = []
    var now: Int64 = seed.isMultiple(of: 2) ? -DeadlineTests.clamped(.max) / 4 : 1_750_000_000_000_000_000
    var stamp: UInt32 = 0
    var wrong: [String] = []
    for round in 0..<3000 {
      for _ in 0..<random.next() % 6 {
        stamp += 1
        let away = DeadlineTests.step(&random)
        let time = random.chance(20) ? DeadlineTests.clamped(now - away) : DeadlineTests.clamped(now) + away
        let deadline = Deadline(time: time, slot: UInt32(random.next() % 50), stamp: stamp)
        if model.contains(where: { $0.time == deadline.time && $0.slot == deadline.slot }) { continue }
        wheel.insert(deadline)
        model.append(deadline)
      }
      if random.chance(4) {
        let odd = UInt32(random.next() % 3)
        wheel.keepOnly { $0.stamp % 3 != odd }
        model.removeAll { $0.stamp % 3 == odd }
      }
      if random.chance(1), random.chance(30) {
        wheel.removeAll()
        model = []
      }
      if now < .max / 2, random.chance(30) { now = DeadlineTests.clamped(now + DeadlineTests.step(&random) / 8) }
      if round == 2000 { now = DeadlineTests.clamped(.max) }
      if round == 2500 { now = .max - 1 }
      model.sort { $0 < $1 }
      if let first = model.first, wheel.next > first.time { wrong.append("\(round): next is late") }
      if model.isEmpty != (wheel.next == .max) { wrong.append("\(round): next of nothing") }
      var most = random.chance(20) ? Int(random.next() % 4) : Int.max
      while most > 0, let due = wheel.takeDue(now) {
        most -= 1
        if model.isEmpty || order(model[0]) != order(due) {
          wrong.append("\(round): \(due) instead of \(model.first.map { "\($0)" } ?? "none")")
          break
        }
        model.removeFirst()
      }
      if most > 0, let first = model.first, first.time <= now { wrong.append("\(round): \(first) stays") }
      if wheel.count != model.count { wrong.append("\(round): \(wheel.count) instead of \(model.count)") }
      if wrong.count > 5 { break }
    }
    #expect(wrong == [])
  }

  @Test("what is asked for at its own next time comes after a few looks and at its very time")
  func nextComesNearer() throws {
    let wheel = DeadlineWheel()
    let times: [Int64] = [-5_000_000_000_000_000_000, -1, 0, 1, 1 << 20, 1_750_000_000_123_456_789, .max / 2, .max - 1]
    for (slot, time) in times.enumerated() { wheel.insert(Deadline(time: time, slot: UInt32(slot), stamp: 0)) }
    for time in times {
      var looks = 0
      while looks < 20 {
        looks += 1
        let next = wheel.next
        #expect(next <= time)
        if let due = wheel.takeDue(next) {
          #expect(due.time == time)
          #expect(next == time)
          break
        }
      }
      #expect(looks <= 9)
    }
    #expect(wheel.next == .max)
    #expect(wheel.takeDue(.max) == nil)
  }

  @Test(
    "timers that are set, moved, dropped and restored come due as in a sorted list",
    arguments: [UInt64(71), 72, 73, 74])
  func timersAgainstSortedList(seed: UInt64) throws {
    print("seed \(seed)")
    var random = SeededGenerator(seed)
    let slots = 200
    var timers = SlotTimers()
    timers.grow(to: slots / 2)
    timers.grow(to: slots)
    var model: [Int: Int64] = [:]
    var now: Int64 = seed.isMultiple(of: 2) ? -1_000_000_000_000_000_000 : 1_750_000_000_000_000_000
    var wrong: [String] = []
    for round in 0..<6000 {
      let slot = Int(random.next() % UInt64(slots))
      switch random.next() % 100 {
      case 0..<55:
        let away = DeadlineTests.step(&random)
        let time = random.chance(10) ? DeadlineTests.clamped(now - away) : DeadlineTests.clamped(now) + away
        timers.set(slot, to: time)
        model[slot] = time
      case 55..<60:
        // The same again and again, which leaves much behind.
        for _ in 0..<200 {
          timers.clear(slot)
          timers.set(slot, to: now + 1_000_000_000)
        }
        model[slot] = now + 1_000_000_000
      case 60..<80:
        timers.clear(slot)
        model[slot] = nil
      case 80..<81:
        for slot in 0..<slots { timers.clear(slot) }
        model = [:]
      case 81..<83:
        let writer = StateWriter()
        timers.save(to: writer, end: slots)
        var reader = StateReader(writer.bytes)
        if random.chance(50) { timers = SlotTimers() }
        timers.grow(to: slots)
        try timers.restore(from: &reader, end: slots) { _ in true }
      default: now = DeadlineTests.clamped(now + DeadlineTests.step(&random) / 4096)
      }
      if timers[slot] != model[slot] ?? SlotTimers.unset { wrong.append("\(round): slot \(slot)") }
      // As a detector does: at each next time.
      while timers.next <= now {
        let time = timers.next
        while let due = timers.takeDue(time) {
          let least = model.min { ($0.value, $0.key) < ($1.value, $1.key) }
          if least?.key != due || (least?.value ?? 0) != time {
            wrong.append("\(round): \(due) at \(time) instead of \(least.map { "\($0)" } ?? "none")")
          }
          model[due] = nil
        }
      }
      if let late = model.first(where: { $0.value <= now }) { wrong.append("\(round): \(late) stays") }
      if wrong.count > 5 { break }
    }
    #expect(wrong == [])
  }

  @Test("saved timers that are cut, of slots without a key or of impossible times are refused and leave none set")
  func hostileTimers() throws {
    let timers = SlotTimers()
    timers.grow(to: 8)
    func restore(_ deadlines: [Int64], end: Int = 4) throws {
      let writer = StateWriter()
      deadlines.withUnsafeBytes { writer.write(bytes: $0) }
      var reader = StateReader(writer.bytes)
      try timers.restore(from: &reader, end: end) { $0 != 2 }
    }
    let unset = SlotTimers.unset
    for hostile in [[5, 6, 7, 8], [.min, unset, unset, unset], [1, 2, unset], [1, 2, unset, 4, 5]] as [[Int64]] {
      timers.set(6, to: 1)
      #expect(throws: StateError.self) { try restore(hostile) }
      #expect((0..<8).allSatisfy { timers[$0] == unset })
      #expect(timers.next == unset)
      #expect(timers.takeDue(.max - 1) == nil)
    }
    try restore([9, 5, unset, 5])
    #expect([timers.takeDue(9), timers.takeDue(9), timers.takeDue(9), timers.takeDue(9)] == [1, 3, 0, nil])
  }
}
