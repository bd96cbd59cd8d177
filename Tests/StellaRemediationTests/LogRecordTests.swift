import Foundation
import StellaModel
import Testing

@testable import StellaRemediation

@Suite("Records of the execution log")
struct LogRecordTests {
  @Test("Bytes, hashes and signatures are those that the format's page gives")
  func vectors() throws {
    let computed = try LogVectors().computed()
    if ProcessInfo.processInfo.environment["STELLA_WRITE_GENERATED"]?.isEmpty == false {
      let text = try String(contentsOf: LogVectors.page, encoding: .utf8)
      let before = text.components(separatedBy: "```vectors\n")[0]
      let block = computed.map { "\($0.0) = \($0.1)\n" }.joined()
      try (before + "```vectors\n" + block + "```\n").write(to: LogVectors.page, atomically: true, encoding: .utf8)
    }
    let documented = try LogVectors.documented()
    #expect(documented.count == computed.count)
    for (name, value) in computed { #expect(documented[name] == value, "\(name)") }
  }

  @Test("Keys and signatures are those of RFC 8032")
  func independent() throws {
    // RFC 8032, 7.1, test 1.
    let seed = HexText.bytes("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")!
    let key = try #require(LogSigningKey(seed: seed))
    #expect(key.publicKey.text == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    let signature = try key.signature(of: "")
    #expect(
      HexText.text(signature)
        == "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    )
  }

  @Test("What was written is read back the same, members in the order of their names")
  func roundTrip() throws {
    for stored in try LogVectors().stored() {
      let record = try LogRecord(bytes: stored.bytes)
      #expect(try record.bytes() == stored.bytes)
      #expect(record.number == stored.number)
    }
    let intent = try LogVectors().intent
    #expect(intent.body.map(\.name) == ["effect", "undo", "values", "ä"])
    #expect(try LogRecord(bytes: try intent.bytes()) == intent)
  }

  @Test("Bytes with any bit changed are refused, or are another record with one form of its own")
  func everyBit() throws {
    for stored in try LogVectors().stored() {
      for index in stored.bytes.indices {
        for bit in 0..<8 {
          var bytes = stored.bytes
          bytes[index] ^= 1 << bit
          guard let record = try? LogRecord(bytes: bytes) else { continue }
          #expect(try record.bytes() == bytes, "byte \(index), bit \(bit)")
        }
      }
    }
  }

  @Test("Cut bytes and bytes with more after them are no record")
  func cut() throws {
    let bytes = try LogVectors().intent.bytes()
    for count in bytes.indices {
      #expect(throws: LogError.self) { try LogRecord(bytes: Array(bytes[..<count])) }
    }
    #expect(throws: LogError.self) { try LogRecord(bytes: bytes + [0]) }
  }

  @Test("A record of a newer version, algorithm or kind is told apart from a damaged one")
  func newer() throws {
    let bytes = try LogVectors().opening.bytes()
    for (index, value) in [(1, UInt8(2)), (2, 9)] {
      var changed = bytes
      changed[index] = value
      let error = #expect(throws: LogError.self) { try LogRecord(bytes: changed) }
      #expect(error?.code == .newer)
    }
    var kind = bytes
    let place = try #require(kind.firstRange(of: Array("log.opened".utf8)))
    kind.replaceSubrange(place, with: Array("log.future".utf8))
    #expect(#expect(throws: LogError.self) { try LogRecord(bytes: kind) }?.code == .newer)
    var none = bytes
    none[1] = 0
    #expect(#expect(throws: LogError.self) { try LogRecord(bytes: none) }?.code == .malformed)
  }

  static let deep = (0..<40).reduce(FieldValue.null) { value, _ in .array([value]) }

  @Test(
    "What has no canonical form, or is too large, is not logged",
    arguments: [
      [.init("a", .integer(1)), .init("a", .integer(2))], [.init("a", .double(.nan))],
      [.init("a", .double(-.infinity))],
      [.init("a", deep)], [.init("a", .string(String(repeating: "x", count: LogRecord.maximumBytes)))],
    ] as [[FieldValue.Member]])
  func unfit(body: [FieldValue.Member]) throws {
    let record = LogRecord(LogEntry(.scriptLoaded, time: 0, actor: "engine", body: body), number: 1, epoch: 0)
    let error = #expect(throws: LogError.self) { try record.bytes() }
    #expect(error?.code == .unfit)
  }

  @Test("The hash depends on the record before, and every field changes it")
  func hash() throws {
    let intent = try LogVectors().intent
    var changes: [(inout LogRecord) -> Void] = [
      { $0.number += 1 }, { $0.time += 1 }, { $0.epoch += 1 }, { $0.kind = .effectOutcome }, { $0.run = "r-7f3a3" },
      { $0.run = nil }, { $0.actor += "x" }, { $0.payload = nil }, { $0.payload = .zero }, { $0.body = [] },
    ]
    changes.append { $0.body[0].value = .integer(2) }
    var hashes: Set<LogHash> = [LogRecord.hash(of: try intent.bytes(), after: .zero)]
    hashes.insert(LogRecord.hash(of: try intent.bytes(), after: try LogVectors().payload.digest))
    for change in changes {
      var record = intent
      change(&record)
      hashes.insert(LogRecord.hash(of: try record.bytes(), after: .zero))
    }
    #expect(hashes.count == changes.count + 2)
  }

  @Test("A payload's digest depends on its salt, so that nobody can guess an erased payload")
  func salt() throws {
    let payload = try LogVectors().payload
    let other = LogPayload(salt: Array(repeating: 0xa6, count: 32), bytes: payload.bytes)
    #expect(other.digest != payload.digest)
  }

  @Test("Every event of a run has a kind of record, and intents and outcomes keep theirs")
  func kinds() {
    #expect(RunEvent.allCases.filter { LogKind($0) == .effectIntended } == [.effectIntended])
    #expect(RunEvent.allCases.filter { LogKind($0) == .effectOutcome } == [.effectApplied, .effectFailed])
    #expect(Set(LogKind.allCases.map(\.rawValue)).count == LogKind.allCases.count)
  }

  @Test("A checkpoint's line is read back the same; a line with any character changed isn't that checkpoint")
  func checkpointText() throws {
    let text = try #require(try LogVectors().computed().first { $0.0 == "checkpoint2" }?.1)
    let key = try LogVectors().key.publicKey
    let checkpoint = try #require(LogCheckpoint(text: text))
    #expect(checkpoint.text == text && checkpoint.isSigned(by: key))
    let bytes = Array(text.utf8)
    for index in bytes.indices {
      for bit in 0..<7 {
        var changed = bytes
        changed[index] ^= 1 << bit
        guard let other = LogCheckpoint(text: String(decoding: changed, as: UTF8.self)) else { continue }
        #expect(!other.isSigned(by: key), "byte \(index), bit \(bit)")
      }
    }
    #expect(LogCheckpoint(text: text + " ") == nil && LogCheckpoint(text: "") == nil)
    #expect(LogCheckpoint(text: text.replacing("/v1 2 ", with: "/v1 02 ")) == nil)
    #expect(LogCheckpoint(text: text.replacing("/v1 2 ", with: "/v1 0 ")) == nil)
  }

  @Test("Hashes, keys and hexadecimal digits are read strictly")
  func strictness() {
    #expect(LogHash(hex: String(repeating: "A", count: 64)) == nil && LogHash(hex: "00") == nil)
    #expect(LogHash(Array(repeating: 1, count: 33)) == nil && LogHash(Array(repeating: 1, count: 31)) == nil)
    #expect(LogHash(Array(0..<32))?.bytes == Array(0..<32))
    #expect(HexText.bytes("0") == nil && HexText.bytes("0g") == nil && HexText.bytes("00ff") == [0, 255])
    #expect(LogPublicKey(text: "00") == nil && LogSigningKey(seed: []) == nil)
  }
}
