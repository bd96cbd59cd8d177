import Foundation
import StellaDetection
import StellaModel
import Synchronization
import Testing

@testable import StellaEngine

@Suite("What detection leaves for others")
struct EventTapTests {
  private static let patience: Int64 = 60_000_000_000

  private static func put(_ number: Int, to tap: EventTap, patience: Int64) {
    let batch = EventBatch(columnCount: 0)
    let bytes = Array("{\"n\":\(number)}".utf8)
    batch.records[0] = bytes.withUnsafeBufferPointer { batch.arena.copy($0) }
    batch.recordLengths[0] = UInt32(bytes.count)
    batch.times[0] = 1
    batch.sources[0] = 0
    batch.count = 1
    tap.put(batch, firstEvent: number, patience: patience) { _ in TappedBatch.Source(format: .json) }
  }

  @Test("With patience nothing is lost, however slowly it is taken, and never more is on its way than the window")
  func backPressure() throws {
    let tap = try EventTap()
    tap.setWanted(true)
    let total = 2000
    let putting = Thread { for number in 0..<total { Self.put(number, to: tap, patience: Self.patience) } }
    putting.start()
    var numbers: [Int] = []
    while numbers.count < total {
      let batches = tap.take()
      #expect(batches.count <= EventTap.window)
      for batch in batches {
        numbers.append(batch.firstEvent)
        tap.finish(batch)
      }
    }
    #expect(numbers == Array(0..<total))
  }

  @Test("A taker that gets nothing done is waited for once, and again when it has got something done")
  func stalled() throws {
    let tap = try EventTap()
    tap.setWanted(true)
    for number in 0..<EventTap.window { Self.put(number, to: tap, patience: Self.patience) }
    // In vain, and the only wait: those behind it go on at once, however patient they are.
    Self.put(EventTap.window, to: tap, patience: 1)
    for number in EventTap.window + 1..<100 { Self.put(number, to: tap, patience: Self.patience) }
    var taken = tap.take()
    #expect(taken.map(\.firstEvent) == Array(100 - EventTap.slots..<100))
    tap.finish(try #require(taken.last))
    for number in 100..<100 + EventTap.window { Self.put(number, to: tap, patience: Self.patience) }
    let more = Mutex(false)
    let waiting = Thread {
      Self.put(200, to: tap, patience: Self.patience)
      more.withLock { $0 = true }
    }
    waiting.start()
    taken = tap.take()
    #expect(taken.first?.firstEvent == 100)
    for batch in taken { tap.finish(batch) }
    while !more.withLock({ $0 }) {}
    #expect(tap.take().last?.firstEvent == 200)
  }

  @Test("Nobody waits for a taker that is gone, nor without patience")
  func gone() throws {
    let tap = try EventTap()
    for number in 0..<200 { Self.put(number, to: tap, patience: Self.patience) }
    tap.setWanted(true)
    for number in 200..<400 { Self.put(number, to: tap, patience: 0) }
    #expect(tap.take().map(\.firstEvent) == Array(400 - EventTap.slots..<400))
    let isThrough = Mutex(false)
    let waiting = Thread {
      Self.put(400, to: tap, patience: Self.patience)
      isThrough.withLock { $0 = true }
    }
    waiting.start()
    tap.setWanted(false)
    while !isThrough.withLock({ $0 }) {}
    #expect(tap.take().map(\.firstEvent) == [400])
  }

  @Test("A checkpoint waits until what came before it is kept, and in vain once for a taker that keeps nothing")
  func kept() throws {
    let tap = try EventTap()
    tap.setWanted(true)
    Self.put(0, to: tap, patience: 0)
    let store = InMemoryStore()
    let thread = try CheckpointThread(store)
    var change = CheckpointChange()
    change.parts = ["stream": StateBytes([1])]
    change.names = ["stream"]
    thread.submit(change, keeping: tap)
    while !tap.isKeepingAsked {}
    #expect(thread.isBusy)
    #expect(try store.checkpoint().parts.isEmpty)
    let mark = tap.mark
    Self.put(1, to: tap, patience: 0)
    #expect(tap.take().count == 2)
    tap.keep(upTo: mark)
    thread.wait()
    #expect(try store.checkpoint().parts.count == 1)
    #expect(!tap.isKeepingAsked)
    tap.awaitKept(patience: 1)
    #expect(tap.isKeepingAsked)
    // It would hang.
    tap.awaitKept(patience: .max / 4)
    thread.end()
    tap.setWanted(false)
    Self.put(2, to: tap, patience: 0)
    tap.awaitKept(patience: .max / 4)
  }
}
