import Testing

@testable import StellaDetection

@Suite("Template mining: state, memory, determinism")
struct TemplatePropertyTests {
  private static func saved(_ miner: TemplateMiner) -> [UInt8] {
    let writer = StateWriter()
    miner.save(to: writer)
    return Array(writer.bytes)
  }

  private static func restored(_ bytes: [UInt8], limits: TemplateMiner.Limits) throws -> TemplateMiner {
    let miner = TemplateMiner(limits: limits)
    try bytes.withUnsafeBytes { bytes in
      var reader = StateReader(bytes)
      try miner.restore(from: &reader)
      #expect(reader.isAtEnd)
    }
    return miner
  }

  /// Messages of a few kinds and of random words, so that templates are founded, merged and evicted.
  private static func messages(_ count: Int, seed: UInt64) -> [String] {
    var random = DecodeRandom(seed: seed)
    let service = TemplateSamples.service(count, seed: seed)
    let words = (0..<40).map { _ in String((0..<5).map { _ in "abcdefghij".randomElement(using: &random) ?? "a" }) }
    return service.map { message in
      if random.chance(60) { return message.text }
      let length = 2 + random.below(8)
      return (0..<length).map { _ in random.chance(20) ? random.pick(["7", "=", "()", "X9"]) : random.pick(words) }
        .joined(separator: random.chance(90) ? " " : ":")
    }
  }

  @Test("Saving and restoring between any two messages changes nothing of what follows", arguments: 1...6)
  func restarts(seed: UInt64) throws {
    print("seed \(seed)")
    var random = DecodeRandom(seed: seed &* 977)
    var limits = TemplateMiner.Limits()
    limits.templates = [64, 256, 16_384][random.below(3)]
    limits.contexts = [1 << 11, 1 << 18][random.below(2)]
    let messages = TemplatePropertyTests.messages(1200, seed: seed)
    let straight = TemplateMiner(limits: limits)
    var broken = TemplateMiner(limits: limits)
    for (index, message) in messages.enumerated() {
      if random.below(60) == 0 {
        broken = try TemplatePropertyTests.restored(TemplatePropertyTests.saved(broken), limits: limits)
      }
      let time = Int64(index)
      let expected = TemplateSamples.observe(message, with: straight, time: time)
      let found = TemplateSamples.observe(message, with: broken, time: time)
      #expect(found == expected, "message \(index) with seed \(seed)")
      if found != expected { return }
    }
    #expect(broken.templates == straight.templates)
    straight.regroup()
    broken.regroup()
    #expect(broken.templates == straight.templates)
    #expect(TemplatePropertyTests.saved(broken) == TemplatePropertyTests.saved(straight))
  }

  @Test("Saved state that was cut or changed is refused, or read without harm", arguments: 1...4)
  func damage(seed: UInt64) throws {
    print("seed \(seed)")
    var random = DecodeRandom(seed: seed)
    let limits = TemplateMiner.Limits()
    let miner = TemplateMiner(limits: limits)
    let messages = TemplatePropertyTests.messages(400, seed: seed)
    for message in messages { _ = TemplateSamples.observe(message, with: miner) }
    let whole = TemplatePropertyTests.saved(miner)
    for _ in 0..<60 {
      var bytes = whole
      if random.chance(50) {
        bytes.removeLast(1 + random.below(bytes.count))
      } else {
        for _ in 0..<(1 + random.below(40)) { bytes[random.below(bytes.count)] = UInt8(random.below(256)) }
      }
      guard let other = try? TemplatePropertyTests.restored(bytes, limits: limits) else { continue }
      for message in messages.prefix(100) { _ = TemplateSamples.observe(message, with: other) }
      other.regroup()
      _ = other.templates
    }
    var fewer = limits
    fewer.templates = 100
    #expect(throws: StateError.self) { try TemplatePropertyTests.restored(whole, limits: fewer) }
  }

  @Test("Memory stays within its limits however many kinds of messages come, and what is dropped is counted")
  func bounds() {
    var limits = TemplateMiner.Limits()
    limits.templates = 500
    limits.textBytes = 1 << 16
    limits.contexts = 1 << 12
    let miner = TemplateMiner(limits: limits)
    var random = DecodeRandom(seed: 5)
    var peak = 0
    for _ in 0..<6000 {
      let words = (0..<(3 + random.below(12))).map { _ in
        String((0..<6).map { _ in "abcdefghijklmnop".randomElement(using: &random) ?? "a" })
      }
      _ = TemplateSamples.observe(words.joined(separator: " "), with: miner)
      peak = max(peak, miner.memoryBytes)
    }
    #expect(miner.count <= 500)
    #expect(miner.evictions > 4000)
    #expect(peak < 4 << 20)
  }

  @Test("A template that is in use survives eviction")
  func survival() {
    var limits = TemplateMiner.Limits()
    limits.templates = 64
    let miner = TemplateMiner(limits: limits)
    var random = DecodeRandom(seed: 6)
    for round in 0..<2000 {
      let steady = TemplateSamples.observe("steady heartbeat of node \(round)", with: miner)
      #expect(steady.number == 0 && steady.isNew == (round == 0))
      let noise = (0..<4).map { _ in String((0..<8).map { _ in "abcdefgh".randomElement(using: &random) ?? "a" }) }
      _ = TemplateSamples.observe(noise.joined(separator: " "), with: miner)
    }
    #expect(miner.evictions > 0)
  }

  @Test("Random bytes are observed without harm, and alike by two miners", arguments: 1...3)
  func randomBytes(seed: UInt64) {
    print("seed \(seed)")
    var random = DecodeRandom(seed: seed)
    let marks = Array(" =()[]{}<>.:,;-+*#@~/\\|%\"'_aA0:. ".utf8)
    let (one, two) = (TemplateMiner(), TemplateMiner())
    for _ in 0..<1500 {
      let bytes = (0..<random.below(120)).map { _ in
        random.chance(70) ? random.pick(marks) : UInt8(random.below(256))
      }
      bytes.withUnsafeBufferPointer { #expect(one.observe($0, time: 0) == two.observe($0, time: 0)) }
    }
    one.regroup()
    two.regroup()
    #expect(one.templates == two.templates)
  }
}
