import CStellaValue
import StellaModel
import Testing

@testable import StellaDetection

/// What is saved and restored goes on as if nothing had happened.
@Suite("Saved primitives") struct DetectPrimitiveStateTests {
  @Test(arguments: PrimitiveCase.all, 1...4 as ClosedRange<UInt64>)
  func `a restored primitive answers and weighs as the saved one`(_ primitive: PrimitiveCase, seed: UInt64) throws {
    var random = DetectRandom(seed: seed)
    let slots = 5
    var kept = primitive.make()
    kept.grow(to: slots)
    for slot in 0..<slots { kept.clear(slot) }
    var other: (any Primitive)?
    let cut = Int.random(in: 0..<1500, using: &random)
    var now = DetectStream.start
    for step in 0..<2000 {
      if step == cut {
        let writer = StateWriter()
        kept.save(to: writer, slots: slots)
        let restored = primitive.make()
        restored.grow(to: slots * 2)
        for slot in 0..<slots * 2 { restored.clear(slot) }
        var reader = StateReader(writer.bytes)
        try restored.restore(from: &reader, slots: slots)
        #expect(reader.isAtEnd, "seed \(seed)")
        other = restored
      }
      now += Int64.random(in: 0...2_000_000_000, using: &random)
      if Int.random(in: 0..<300, using: &random) == 0 { now += 7_200_000_000_000 }
      let slot = Int.random(in: 0..<slots, using: &random)
      let time = Int.random(in: 0..<5, using: &random) == 0 ? now - 20_000_000_000 : now
      if Int.random(in: 0..<200, using: &random) == 0 {
        kept.clear(slot)
        other?.clear(slot)
      }
      var copy = random
      primitive.act(kept, slot, time, &random)
      if let other { primitive.act(other, slot, time, &copy) }
      if let other, step % 31 == 0 || step == cut {
        for slot in 0..<slots {
          #expect(primitive.show(kept, slot, now) == primitive.show(other, slot, now), "seed \(seed), step \(step)")
          #expect(kept.isIdle(slot, at: now) == other.isIdle(slot, at: now), "seed \(seed), step \(step)")
          #expect(kept.lastUse(slot) == other.lastUse(slot), "seed \(seed), step \(step)")
        }
        #expect(kept.heldBytes == other.heldBytes, "seed \(seed), step \(step)")
      }
    }
    if let other {
      let saved = StateWriter()
      kept.save(to: saved, slots: slots)
      let again = StateWriter()
      other.save(to: again, slots: slots)
      #expect(saved.bytes.elementsEqual(again.bytes), "seed \(seed)")
      kept = other
    }
    for slot in 0..<slots { kept.clear(slot) }
    #expect(kept.heldBytes == 0, "seed \(seed)")
  }

  @Test(arguments: PrimitiveCase.all)
  func `a cut or changed state is refused or harmless`(_ primitive: PrimitiveCase) throws {
    let seed: UInt64 = 11
    var random = DetectRandom(seed: seed)
    let slots = 3
    let kept = primitive.make()
    kept.grow(to: slots)
    for slot in 0..<slots { kept.clear(slot) }
    for step in 0..<60 {
      primitive.act(kept, step % slots, DetectStream.start + Int64(step) * 1_000_000_000, &random)
    }
    let writer = StateWriter()
    kept.save(to: writer, slots: slots)
    let bytes = Array(writer.bytes)
    func tryOut(_ bytes: [UInt8]) -> Bool {
      let restored = primitive.make()
      restored.grow(to: slots)
      for slot in 0..<slots { restored.clear(slot) }
      return bytes.withUnsafeBytes { raw in
        var reader = StateReader(raw)
        do {
          try restored.restore(from: &reader, slots: slots)
        } catch {
          return false
        }
        let now = DetectStream.start + 60_000_000_000
        for slot in 0..<slots {
          _ = restored.isIdle(slot, at: now)
          _ = restored.lastUse(slot)
          _ = primitive.show(restored, slot, now)
          primitive.act(restored, slot, now, &random)
          restored.clear(slot)
        }
        return true
      }
    }
    #expect(tryOut(bytes))
    for length in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 100)) {
      #expect(!tryOut(Array(bytes[..<length])), "\(length) of \(bytes.count) bytes")
    }
    for _ in 0..<300 {
      var changed = bytes
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let position = Int.random(in: 0..<bytes.count, using: &random)
        changed[position] =
          [0, 0x7F, 0x80, 0xFF, UInt8.random(in: 0...255, using: &random)][
            Int.random(in: 0..<5, using: &random)]
      }
      _ = tryOut(changed)
    }
  }
}
