import CStellaValue

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
  /// A store begins with 2^this words, each of two cells, and 2^`largestStore` have room for all indices: from
  /// −1,037 for 10⁻⁹ to 35,490 for the greatest number.
  private static let smallestStore = 2
  private static let largestStore = 16

  /// Counts of the cells `low…` of one sign: 2^`size` words of the pool; block 0 while there are none.
  private struct Store: BitwiseCopyable {
    var block: UInt32 = 0
    var low: Int32 = 0
    var size: UInt32 = 0

    var cells: Int { block == 0 ? 0 : 2 << Int(size) }
    var bytes: Int { block == 0 ? 0 : 8 << Int(size) }
  }

  private struct Sketch: BitwiseCopyable {
    /// The step that it is for; `Int64.min` when empty.
    var bucket = Int64.min
    var count: UInt32 = 0
    var zeros: UInt32 = 0
    var positive = Store()
    var negative = Store()
  }

  private let clock: BucketClock
  private let pool = BlockPool()
  private var heads: UnsafeMutablePointer<Int64>
  /// By slot and step.
  private var sketches: UnsafeMutablePointer<Sketch>
  /// Slots that were cleared once, so that what lies in them is theirs.
  private var opened = 0
  private(set) var heldBytes = 0

  init(clock: BucketClock) {
    self.clock = clock
    heads = RawStorage.allocate(count: 1)
    sketches = RawStorage.allocate(count: 1)
  }

  deinit {
    RawStorage.free(heads)
    RawStorage.free(sketches)
  }

  var slotBytes: Int { 8 + clock.ring * MemoryLayout<Sketch>.stride }

  func grow(to capacity: Int) {
    heads = RawStorage.resize(heads, to: capacity)
    sketches = RawStorage.resize(sketches, to: capacity * clock.ring)
  }

  func clear(_ slot: Int) {
    if slot < opened {
      for sketch in slot * clock.ring..<(slot + 1) * clock.ring { empty(sketches + sketch) }
    }
    while opened <= slot {
      heads[opened] = .min
      (sketches + opened * clock.ring).update(repeating: Sketch(), count: clock.ring)
      opened += 1
    }
    heads[slot] = .min
  }

  private func empty(_ sketch: UnsafeMutablePointer<Sketch>) {
    drop(sketch.pointee.positive)
    drop(sketch.pointee.negative)
    sketch.pointee = Sketch()
  }

  private func drop(_ store: Store) {
    if store.block == 0 { return }
    pool.release(store.block, Int(store.size))
    heldBytes -= store.bytes
  }

  func isIdle(_ slot: Int, at now: Int64) -> Bool {
    heads[slot] == .min || clock.bucket(now) - heads[slot] >= Int64(clock.ring)
  }

  func lastUse(_ slot: Int) -> Int64 { heads[slot] == .min ? .min : (heads[slot] + 1) * clock.width }

  /// Adds a value at `time`; one older than the window keeps is left out. O(1) amortised.
  func add(_ value: Double, slot: Int, at time: Int64) {
    guard value.isFinite else { return }
    let bucket = clock.bucket(time)
    if heads[slot] != .min, heads[slot] - bucket >= Int64(clock.ring) { return }
    heads[slot] = max(heads[slot], bucket)
    let remainder = Int(bucket % Int64(clock.ring))
    let sketch = sketches + slot * clock.ring + (remainder < 0 ? remainder + clock.ring : remainder)
    if sketch.pointee.bucket != bucket {
      empty(sketch)
      sketch.pointee.bucket = bucket
    }
    sketch.pointee.count &+= 1
    if abs(value) < QuantileWindow.smallest {
      sketch.pointee.zeros &+= 1
      return
    }
    let index = Int((log(abs(value)) / QuantileWindow.logGamma).rounded(.up))
    if value > 0 { count(index, in: &sketch.pointee.positive) } else { count(index, in: &sketch.pointee.negative) }
  }

  private func count(_ index: Int, in store: inout Store) {
    if index < Int(store.low) || index >= Int(store.low) + store.cells { widen(&store, to: index) }
    let cell = index - Int(store.low)
    let word = pool.words + Int(store.block) + cell >> 1
    word.pointee = QuantileWindow.incremented(word.pointee, isHigh: cell & 1 == 1)
  }

  /// A word with one of its two counts raised, which never spills into the other.
  private static func incremented(_ word: UInt64, isHigh: Bool) -> UInt64 {
    let low = UInt32(truncatingIfNeeded: word)
    let high = UInt32(truncatingIfNeeded: word >> 32)
    return isHigh ? UInt64(high &+ 1) << 32 | UInt64(low) : UInt64(high) << 32 | UInt64(low &+ 1)
  }

  private func cell(_ cell: Int, of store: Store) -> UInt64 {
    let word = pool.words[Int(store.block) + cell >> 1]
    return cell & 1 == 1 ? word >> 32 : word & 0xFFFF_FFFF
  }

  /// Doubles the cells until `index` is among them.
  private func widen(_ store: inout Store, to index: Int) {
    let old = store
    let low = Int(old.low)
    let high = low + old.cells
    var size = old.block == 0 ? QuantileWindow.smallestStore : Int(old.size)
    let wanted = old.block == 0 ? 1 : max(high, index + 1) - min(low, index)
    while 2 << size < wanted { size += 1 }
    store.block = pool.allocate(size)
    store.size = UInt32(size)
    if old.block == 0 {
      store.low = Int32(index - (1 << size))
    } else {
      // What is free lies on the side that the values wander to. Numbers of cells are even, so words stay whole.
      store.low = Int32(index < low ? high - (2 << size) : low)
      let shift = (low - Int(store.low)) / 2
      for word in 0..<old.cells / 2 {
        pool.words[Int(store.block) + shift + word] = pool.words[Int(old.block) + word]
      }
    }
    heldBytes += store.bytes
    drop(old)
  }

  private func live(_ slot: Int, at now: Int64) -> [Sketch] {
    let newest = clock.bucket(now) - clock.lag
    return (slot * clock.ring..<(slot + 1) * clock.ring).lazy.map { self.sketches[$0] }
      .filter { $0.bucket != .min && $0.bucket <= newest && $0.bucket > newest - self.clock.span }
  }

  /// Values in the window at `now`.
  func count(_ slot: Int, at now: Int64) -> Int { live(slot, at: now).reduce(0) { $0 + Int($1.count) } }

  /// The `p`-quantile of the values in the window at `now`: the value of rank ⌊p (n − 1)⌋. O(cells).
  func quantile(_ p: Double, slot: Int, at now: Int64) -> Double? {
    let sketches = live(slot, at: now)
    let total = sketches.reduce(0) { $0 + Int($1.count) }
    if total == 0 { return nil }
    var rank = Int(p * Double(total - 1))
    func answer(_ index: Int) -> Double {
      let gamma = exp(QuantileWindow.logGamma)
      return 2 * exp(Double(index) * QuantileWindow.logGamma) / (gamma + 1)
    }
    if let index = find(&rank, in: sketches.map(\.negative), isDescending: true) { return -answer(index) }
    rank -= sketches.reduce(0) { $0 + Int($1.zeros) }
    if rank < 0 { return 0 }
    return find(&rank, in: sketches.map(\.positive), isDescending: false).map(answer)
  }

  /// The cell in which the rank lies; lowers it by what they all hold when it is in none.
  private func find(_ rank: inout Int, in stores: [Store], isDescending: Bool) -> Int? {
    let stores = stores.filter { $0.block != 0 }
    guard let low = stores.map({ Int($0.low) }).min(), let high = stores.map({ Int($0.low) + $0.cells }).max() else {
      return nil
    }
    var rest = rank
    let found: Int? = withUnsafeTemporaryAllocation(of: UInt64.self, capacity: high - low) { sums in
      sums.update(repeating: 0)
      for store in stores {
        for cell in 0..<store.cells { sums[Int(store.low) - low + cell] &+= self.cell(cell, of: store) }
      }
      for step in 0..<high - low {
        let index = isDescending ? high - 1 - step : low + step
        rest -= Int(sums[index - low])
        if rest < 0 { return index }
      }
      return nil
    }
    rank = rest
    return found
  }

  func save(to writer: StateWriter, slots: Int) {
    writer.write(column: heads, count: slots)
    writer.write(column: sketches, count: slots * clock.ring)
    pool.save(to: writer)
  }

  func restore(from reader: inout StateReader, slots: Int) throws(StateError) {
    opened = max(opened, slots)
    do throws(StateError) {
      try reader.readSteps(into: heads, count: slots, of: clock)
      try reader.read(into: sketches, count: slots * clock.ring)
      try pool.restore(from: &reader)
      let steps = clock.steps
      var held = 0
      for position in 0..<slots * clock.ring {
        let sketch = sketches[position]
        guard sketch.bucket == .min || steps.contains(sketch.bucket) else { throw StateReader.impossible }
        for store in [sketch.positive, sketch.negative] where store.block != 0 {
          guard (QuantileWindow.smallestStore...QuantileWindow.largestStore).contains(Int(store.size)),
            abs(Int(store.low)) <= 4 << QuantileWindow.largestStore, pool.holds(store.block, Int(store.size))
          else { throw StateError(message: "a sketch lies nowhere") }
          held += store.bytes
        }
      }
      heldBytes = held
    } catch {
      for slot in 0..<slots { heads[slot] = .min }
      sketches.update(repeating: Sketch(), count: slots * clock.ring)
      throw error
    }
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
