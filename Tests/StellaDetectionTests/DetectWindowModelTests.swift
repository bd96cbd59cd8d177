import CStellaValue
import StellaModel
import Testing

@testable import StellaDetection

/// Windows in pooled memory beside plain lists that do the same.
@Suite("Windows beside a model") struct DetectWindowModelTests {
  private static let second: Int64 = 1_000_000_000
  private static let within = 600 * second

  @Test(arguments: 1...12 as ClosedRange<UInt64>)
  func `exact distinct values are those of a plain list whatever the order of events`(seed: UInt64) {
    var random = DetectRandom(seed: seed)
    let window = DistinctWindow(within: DetectWindowModelTests.within, cap: 400)
    let slots = 3
    window.grow(to: slots)
    for slot in 0..<slots { window.clear(slot) }
    var model = [[String: Int64]](repeating: [:], count: slots)
    var now = DetectStream.start
    let variety = [5, 60, 200, 390][Int(seed % 4)]
    for step in 0..<4000 {
      now += Int64.random(in: 0...DetectWindowModelTests.second, using: &random)
      if Int.random(in: 0..<900, using: &random) == 0 { now += 700 * DetectWindowModelTests.second }
      let slot = Int.random(in: 0..<slots, using: &random)
      let late = Int.random(in: 0..<4, using: &random) == 0
      let time = late ? now - Int64.random(in: 0...60 * DetectWindowModelTests.second, using: &random) : now
      if Int.random(in: 0..<700, using: &random) == 0 {
        window.clear(slot)
        model[slot] = [:]
      }
      let number = Int.random(in: 0..<variety, using: &random)
      let text = "\(number)" + String(repeating: "é", count: number % 150)
      Array(text.utf8).withUnsafeBufferPointer { bytes in
        var cell = stella_value()
        cell.kind = UInt8(STELLA_STRING)
        cell.p = bytes.baseAddress
        cell.length = UInt32(bytes.count)
        window.add(cell, slot: slot, at: time)
      }
      model[slot][text] = max(model[slot][text] ?? .min, time)
      for at in [now, time, now - 30 * DetectWindowModelTests.second] {
        let live = model[slot].filter { at - $0.value < DetectWindowModelTests.within && $0.value <= at }
        #expect(window.count(slot, at: at) == live.count, "seed \(seed), step \(step)")
        guard step % 100 == 0, live.count <= 100 else { continue }
        let found = window.values(slot, at: at)
        #expect(found.count == live.count, "seed \(seed), step \(step)")
        for case .string(let value) in found {
          #expect(live.keys.contains { $0.hasPrefix(value) && value.utf8.count >= min($0.utf8.count, 127) })
        }
      }
    }
    for slot in 0..<slots { window.clear(slot) }
    #expect(window.heldBytes == 0, "seed \(seed)")
  }

  @Test(arguments: 1...12 as ClosedRange<UInt64>)
  func `quantiles of a sliding window are within one percent of a value of their rank`(seed: UInt64) {
    var random = DetectRandom(seed: seed)
    let clock = BucketClock(
      within: DetectWindowModelTests.within, offset: seed % 2 == 0 ? 0 : DetectWindowModelTests.within, buckets: 6)
    let window = QuantileWindow(clock: clock)
    let slots = 3
    window.grow(to: slots)
    for slot in 0..<slots { window.clear(slot) }
    var model = [[(time: Int64, value: Double)]](repeating: [], count: slots)
    var heads = [Int64](repeating: .min, count: slots)
    var now = DetectStream.start
    let spread = [0.001, 0.1, 3, 12][Int(seed % 4)]
    for step in 0..<3000 {
      now += Int64.random(in: 0...DetectWindowModelTests.second, using: &random)
      if Int.random(in: 0..<500, using: &random) == 0 { now += 800 * DetectWindowModelTests.second }
      let slot = Int.random(in: 0..<slots, using: &random)
      let time = now - (Int.random(in: 0..<4, using: &random) == 0 ? 30 * DetectWindowModelTests.second : 0)
      var value = 1.0
      let size = Double.random(in: -spread...spread, using: &random)
      for _ in 0..<Int(abs(size) * 2) { value *= size < 0 ? 0.6 : 1.7 }
      value *= 1 + Double.random(in: 0...spread, using: &random)
      if seed % 3 == 0, Bool.random(using: &random) { value = -value }
      if Int.random(in: 0..<40, using: &random) == 0 { value = 0 }
      window.add(value, slot: slot, at: time)
      let bucket = clock.bucket(time)
      if heads[slot] == .min || heads[slot] - bucket < Int64(clock.ring) {
        model[slot].append((time, value))
        heads[slot] = max(heads[slot], bucket)
      }
      guard step % 23 == 0 else { continue }
      let newest = clock.bucket(now) - clock.lag
      let live = model[slot].filter {
        let bucket = clock.bucket($0.time)
        return bucket <= newest && bucket > newest - clock.span && bucket > heads[slot] - Int64(clock.ring)
      }.map(\.value).sorted()
      #expect(window.count(slot, at: now) == live.count, "seed \(seed), step \(step)")
      for p in [0, 0.3, 0.5, 0.95, 1] {
        guard !live.isEmpty else {
          #expect(window.quantile(p, slot: slot, at: now) == nil)
          continue
        }
        let wanted = live[Int(p * Double(live.count - 1))]
        let answer = window.quantile(p, slot: slot, at: now) ?? .nan
        #expect(abs(answer - wanted) <= 0.0101 * abs(wanted), "seed \(seed), step \(step), p \(p)")
      }
    }
    for slot in 0..<slots { window.clear(slot) }
    #expect(window.heldBytes == 0, "seed \(seed)")
  }

  @Test func `keys that are numbered together are numbered as one by one`() {
    let seed: UInt64 = 5
    var random = DetectRandom(seed: seed)
    let dictionary = KeyDictionary(seed: 3)
    let other = KeyDictionary(seed: 3)
    for _ in 0..<20_000 {
      let text = Array("key \(Int.random(in: 0..<9_000, using: &random))".utf8)
      text.withUnsafeBufferPointer { key in
        let hash = dictionary.hash(key)
        let candidate = dictionary.candidate(hash)
        if candidate != KeyDictionary.none { dictionary.prefetchKey(candidate) }
        let number = dictionary.number(of: key, hash: hash)
        dictionary.retain(number)
        #expect(number == other.number(of: key), "seed \(seed)")
        other.retain(number)
        #expect(dictionary.key(number).elementsEqual(key), "seed \(seed)")
      }
    }
  }
}
