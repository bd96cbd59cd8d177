import CStellaValue
import StellaScripting
import Testing

@testable import StellaDetection

/// The key structures against Swift's own.
struct DetectKeyTests {
  private func number(_ key: String, in dictionary: KeyDictionary) -> UInt32 {
    Array(key.utf8).withUnsafeBufferPointer { dictionary.number(of: $0) }
  }

  @Test func theKeyHashTellsAllLengthsAndEveryBitApartAndSeedsFromEachOther() {
    var hashes: Set<UInt64> = []
    var count = 0
    for seed in [0, 1, 0xA076_1D64_78BD_642F] as [UInt64] {
      let hash = KeyHash(seed: seed)
      for length in 0...70 {
        var bytes = [UInt8](repeating: 0, count: length)
        hashes.insert(bytes.withUnsafeBufferPointer { hash($0) })
        count += 1
        for bit in 0..<length * 8 {
          bytes[bit / 8] ^= 1 << UInt8(bit % 8)
          hashes.insert(bytes.withUnsafeBufferPointer { hash($0) })
          bytes[bit / 8] ^= 1 << UInt8(bit % 8)
          count += 1
        }
      }
    }
    #expect(hashes.count == count)
  }

  @Test func keysThatCollideForOneSeedDoNotForAnother() {
    let keys = (0..<40_000).map { Array("10.\($0 / 250 % 250).\($0 % 250).\($0 / 62_500) user\($0)".utf8) }
    func low(_ key: [UInt8], _ hash: KeyHash) -> UInt64 { key.withUnsafeBufferPointer { hash($0) } & 0xFF }
    let (known, other) = (KeyHash(seed: 7), KeyHash(seed: 8))
    let colliding = keys.filter { low($0, known) == 5 }
    #expect(colliding.count > 100)
    #expect(Set(colliding.map { low($0, other) }).count > 90)
  }

  private func randomKey(_ random: inout SeededGenerator, of count: UInt64) -> String {
    let id = random.next() % count
    // Some long keys, one empty one, and lengths around a word and around the one-byte length.
    return id == 0 ? "" : String(repeating: "x", count: [0, 3, 7, 8, 110, 126, 127, 128, 400][Int(id % 9)]) + "\(id)"
  }

  @Test(arguments: [UInt64(31), 32, 33])
  func aKeyDictionaryKeepsRetainedKeysUnderTheirNumbers(seed: UInt64) {
    print("seed \(seed)")
    var random = SeededGenerator(seed)
    let dictionary = KeyDictionary()
    var model: [String: (number: UInt32, references: Int)] = [:]
    var wrong: [String] = []
    for round in 0..<20 {
      dictionary.sweep()
      model = model.filter { $0.value.references > 0 }
      if dictionary.count != model.count { wrong.append("round \(round): \(dictionary.count) keys") }
      for _ in 0..<400 {
        let key = randomKey(&random, of: round < 10 ? 900 : 60)
        let got = number(key, in: dictionary)
        if let known = model[key], known.number != got { wrong.append("\(key) has a new number") }
        if model[key] == nil, model.values.contains(where: { $0.number == got }) { wrong.append("\(got) given twice") }
        var entry = model[key] ?? (got, 0)
        if random.chance(40) {
          dictionary.retain(got)
          entry.references += 1
        } else if random.chance(random.chance(10) ? 90 : 50), entry.references > 0 {
          dictionary.release(got)
          entry.references -= 1
        }
        model[key] = entry
      }
      for (key, entry) in model where Array(dictionary.key(entry.number)) != Array(key.utf8) {
        wrong.append("\(key) lost its bytes")
      }
    }
    #expect(wrong == [])
  }

  /// - Parameter others: keys of the dictionary that the table does not hold, which make the lookup a hashed one.
  @Test(arguments: [UInt64(41), 42, 43], [0, 20_000])
  func aKeyTableFindsExactlyTheKeysItHolds(seed: UInt64, others: Int) throws {
    print("seed \(seed)")
    var random = SeededGenerator(seed)
    let source = RuleSource(
      file: "r.lua",
      text: Array(
        DetectModelStream.rule(
          "r", "max_keys = 500, threshold = { count = 2, within = \"1h\", window = \"from_first\" }"
        ).utf8))
    let set = RuleSet(sources: [source], fields: FieldRegister())
    let detector = try #require(set.rules.first).detector
    let table = detector.table
    let dictionary = detector.keys.dictionary
    for other in 0..<others { dictionary.retain(number("other\(other)", in: dictionary)) }
    var model: [UInt32: Int] = [:]
    var wrong: [String] = []
    for step in 0..<6000 {
      let key = number("key\(random.next() % 900)", in: dictionary)
      dictionary.retain(key)
      if table.find(key) != model[key] { wrong.append("\(step): \(key) at \(String(describing: table.find(key)))") }
      if let slot = model[key], random.chance(30) {
        table.remove(slot)
        model[key] = nil
      } else if model[key] == nil {
        let before = table.evictions
        guard let slot = table.slot(key, at: 0) else {
          wrong.append("\(step): no slot")
          continue
        }
        if table.evictions > before || model.values.contains(slot) {
          let gone = model.filter { table.find($0.key) == nil }
          if gone.count != table.evictions - before { wrong.append("\(step): \(gone.count) keys are gone") }
          for (key, _) in gone { model[key] = nil }
        }
        if model.values.contains(slot) { wrong.append("\(step): slot \(slot) given twice") }
        model[key] = slot
      }
      if table.count != model.count { wrong.append("\(step): \(table.count) keys instead of \(model.count)") }
      dictionary.release(key)
      if step % 500 == 0 {
        for (key, slot) in model where table.find(key) != slot || table.keys[slot] != key {
          wrong.append("lost \(key)")
        }
        dictionary.sweep()
      }
    }
    #expect(wrong == [])
    #expect(table.evictions > 0)
  }

  @Test func aKeyTellsTextFromNumberAndNullButNotAWholeDoubleFromAnInteger() throws {
    let stream = try DetectModelStream(DetectModelStream.rule("r", "threshold = { count = 1, within = \"1h\" }"))
    let values = ["1", "1.0", "\"1\"", "null", "true", "\"null\"", "1.5", "\"\""]
    let alerts = stream.feed(values.enumerated().map { DetectModelStream.line(Double($0), "\"k\":\($1)") })
    let absent = stream.feed([DetectModelStream.line(20)])
    #expect(
      alerts.map { $0.key[0].value } == [
        .integer(1), .string("1"), .null, .bool(true), .string("null"), .double(1.5), .string(""),
      ])
    #expect(absent.map { $0.key[0].value } == [.null])
  }
}
