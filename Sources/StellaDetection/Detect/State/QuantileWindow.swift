import CStellaValue
import StellaModel

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// `window.quantile`: a DDSketch per step of a sliding window.
///
/// C. Masson, J. E. Rim, H. K. Lee: DDSketch, PVLDB 12(12), 2019. Cells grow by the factor γ = (1 + α) / (1 − α) with
/// α = 0.01, so that an answer is at most 1% away from a value of the asked rank. Values of magnitude below 10⁻⁹ count as 0.
final class QuantileWindow: Primitive {
  private static let accuracy = 0.01
  private static let logGamma = log((1 + accuracy) / (1 - accuracy))
  private static let smallest = 1e-9

  /// Counts of the cells `low…` of one sign.
  private struct Store {
    var low = 0
    var cells: [UInt32] = []

    mutating func add(_ index: Int) {
      if cells.isEmpty {
        low = index - 2
        cells = [UInt32](repeating: 0, count: 8)
      } else if index < low {
        // By at least a half, so that values that wander cost O(1) amortised.
        let more = max(low - index, cells.count / 2)
        cells = [UInt32](repeating: 0, count: more) + cells
        low -= more
      } else if index >= low + cells.count {
        cells += [UInt32](repeating: 0, count: max(index - low - cells.count + 1, cells.count / 2))
      }
      cells[index - low] &+= 1
    }
  }

  private struct Sketch {
    var bucket = Int64.min
    var count = 0
    var zeros: UInt32 = 0
    var positive = Store()
    var negative = Store()

    /// Depends on what was added alone, unlike the capacity of an array.
    var memoryBytes: Int { 64 + (positive.cells.count + negative.cells.count) * 4 }
  }

  private let clock: BucketClock
  private var slots: [[Sketch]?] = []
  private var heads: [Int64] = []
  let slotBytes = 16
  private(set) var heldBytes = 0

  init(clock: BucketClock) { self.clock = clock }

  func grow(to capacity: Int) {
    slots.append(contentsOf: repeatElement(nil, count: capacity - slots.count))
    heads.append(contentsOf: repeatElement(.min, count: capacity - heads.count))
  }

  func clear(_ slot: Int) {
    if let sketches = slots[slot] { heldBytes -= sketches.reduce(0) { $0 + ($1.count > 0 ? $1.memoryBytes : 0) } }
    slots[slot] = nil
    heads[slot] = .min
  }

  func isIdle(_ slot: Int, at now: Int64) -> Bool {
    heads[slot] == .min || clock.bucket(now) - heads[slot] >= Int64(clock.ring)
  }

  func lastUse(_ slot: Int) -> Int64 { heads[slot] == .min ? .min : (heads[slot] + 1) * clock.width }

  func add(_ value: Double, slot: Int, at time: Int64) {
    guard value.isFinite else { return }
    let bucket = clock.bucket(time)
    if heads[slot] != .min, heads[slot] - bucket >= Int64(clock.ring) { return }
    heads[slot] = max(heads[slot], bucket)
    var sketches = slots[slot] ?? [Sketch](repeating: Sketch(), count: clock.ring)
    slots[slot] = nil
    let remainder = Int(bucket % Int64(clock.ring))
    let position = remainder < 0 ? remainder + clock.ring : remainder
    let before = sketches[position].memoryBytes
    let isNew = sketches[position].count == 0 && sketches[position].bucket == .min
    if sketches[position].bucket != bucket { sketches[position] = Sketch(bucket: bucket) }
    sketches[position].count += 1
    if abs(value) < QuantileWindow.smallest {
      sketches[position].zeros &+= 1
    } else {
      let index = Int((log(abs(value)) / QuantileWindow.logGamma).rounded(.up))
      if value > 0 { sketches[position].positive.add(index) } else { sketches[position].negative.add(index) }
    }
    heldBytes += sketches[position].memoryBytes - (isNew ? 0 : before)
    slots[slot] = sketches
  }

  private func live(_ slot: Int, at now: Int64) -> [Sketch] {
    let newest = clock.bucket(now) - clock.lag
    return (slots[slot] ?? []).filter { $0.bucket <= newest && $0.bucket > newest - clock.span }
  }

  /// Values in the window at `now`.
  func count(_ slot: Int, at now: Int64) -> Int { live(slot, at: now).reduce(0) { $0 + $1.count } }

  /// The `p`-quantile of the values in the window at `now`: the value of rank ⌊p (n − 1)⌋. O(cells).
  func quantile(_ p: Double, slot: Int, at now: Int64) -> Double? {
    let sketches = live(slot, at: now)
    let total = sketches.reduce(0) { $0 + $1.count }
    if total == 0 { return nil }
    var rank = Int(p * Double(total - 1))
    func answer(_ index: Int) -> Double {
      let gamma = exp(QuantileWindow.logGamma)
      return 2 * exp(Double(index) * QuantileWindow.logGamma) / (gamma + 1)
    }
    for index in range(sketches, \.negative).reversed() {
      rank -= occupancy(sketches, \.negative, index)
      if rank < 0 { return -answer(index) }
    }
    rank -= sketches.reduce(0) { $0 + Int($1.zeros) }
    if rank < 0 { return 0 }
    for index in range(sketches, \.positive) {
      rank -= occupancy(sketches, \.positive, index)
      if rank < 0 { return answer(index) }
    }
    return nil
  }

  private func range(_ sketches: [Sketch], _ sign: KeyPath<Sketch, Store>) -> Range<Int> {
    let stores = sketches.map { $0[keyPath: sign] }.filter { !$0.cells.isEmpty }
    guard let low = stores.map(\.low).min(), let high = stores.map({ $0.low + $0.cells.count }).max() else {
      return 0..<0
    }
    return low..<high
  }

  private func occupancy(_ sketches: [Sketch], _ sign: KeyPath<Sketch, Store>, _ index: Int) -> Int {
    sketches.reduce(0) { total, sketch in
      let store = sketch[keyPath: sign]
      let position = index - store.low
      return position >= 0 && position < store.cells.count ? total + Int(store.cells[position]) : total
    }
  }

  func save(to writer: StateWriter, slots: Int) {
    for slot in 0..<slots {
      writer.write(heads[slot])
      guard heads[slot] != .min, let sketches = self.slots[slot] else { continue }
      for sketch in sketches {
        writer.write(sketch.bucket)
        if sketch.bucket == .min { continue }
        writer.write(sketch.count)
        writer.write(Int(sketch.zeros))
        for store in [sketch.positive, sketch.negative] {
          writer.write(store.low)
          store.cells.withUnsafeBytes { writer.write(bytes: $0) }
        }
      }
    }
  }

  func restore(from reader: inout StateReader, slots: Int) throws(StateError) {
    for slot in 0..<slots {
      heads[slot] = try reader.step(of: clock)
      if heads[slot] == .min { continue }
      var sketches: [Sketch] = []
      for _ in 0..<clock.ring {
        var sketch = Sketch(bucket: try reader.step(of: clock))
        if sketch.bucket != .min {
          sketch.count = try reader.number(in: 1...Int(Int32.max) * 256)
          sketch.zeros = UInt32(try reader.number(in: 0...Int(UInt32.max)))
          sketch.positive = try QuantileWindow.store(from: &reader)
          sketch.negative = try QuantileWindow.store(from: &reader)
          heldBytes += sketch.memoryBytes
        }
        sketches.append(sketch)
      }
      self.slots[slot] = sketches
    }
  }

  /// The cells of one sign. Values from 10⁻⁹ to the greatest number have indices of −1,037 to 35,490.
  private static func store(from reader: inout StateReader) throws(StateError) -> Store {
    let low = try reader.number(in: -60_000...40_000)
    let cells = try reader.column(of: UInt32.self)
    if cells.count > 100_000 { throw StateError(message: "a sketch has \(cells.count) cells") }
    return Store(low: low, cells: cells)
  }

  func call(_ method: Int, slot: Int, call: PrimitiveCall) throws(PrimitiveError) {
    switch method {
    case 0: if let value = call.number { add(value, slot: slot, at: call.now) }
    case 1:
      guard let p = call.number, (0...1).contains(p) else {
        throw PrimitiveError(message: "q needs a number from 0 to 1, such as q(0.95)")
      }
      if let value = quantile(p, slot: slot, at: call.now) { call.answer(value) }
    default: call.answer(count(slot, at: call.now))
    }
  }
}
