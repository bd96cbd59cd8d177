import Foundation
import StellaModel

@testable import StellaRemediation

/// The log of the test vectors in `ExecutionLogV1.md`.
struct LogVectors {
  static let page = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Sources/StellaRemediation/Documentation.docc/ExecutionLogV1.md")

  /// `name = value` lines of the page.
  static func documented() throws -> [String: String] {
    let text = try String(contentsOf: page, encoding: .utf8)
    let block = text.components(separatedBy: "```vectors\n")[1].components(separatedBy: "```")[0]
    var vectors: [String: String] = [:]
    for line in block.split(separator: "\n") {
      let parts = line.components(separatedBy: " = ")
      vectors[parts[0]] = parts[1]
    }
    return vectors
  }

  let key = LogSigningKey(seed: Array(0x00...0x1f))!
  let nextKey = LogSigningKey(seed: Array(0x20...0x3f))!
  let payload = LogPayload(salt: Array(repeating: 0xa5, count: 32), bytes: Array("before: ö".utf8))
  let opening: LogRecord
  let intent: LogRecord
  let rotation: LogKeyRotation
  let rotated: LogRecord

  init() throws {
    opening = LogRecord(
      LogEntry(
        .logOpened, time: 1_764_000_000_000_000_001, actor: "engine",
        body: [
          .init("nonce", .string("00ff")), .init("engine", .string("prod-1")),
          .init("key", .string(key.publicKey.text)),
        ]), number: 1, epoch: 0)
    intent = LogRecord(
      LogEntry(
        .effectIntended, effect: 1, time: -1, run: "r-7f3a2", actor: "engine",
        body: [
          .init("values", .array([.null, .bool(false), .bool(true), .double(-0.5), .object([])])),
          .init("ä", .integer(.min)),
        ], payload: payload), number: 2, epoch: 7)
    let log = LogRecord.hash(of: try opening.bytes(), after: .zero)
    rotation = try LogKeyRotation(number: 3, to: nextKey.publicKey, log: log, by: key)
    rotated = LogRecord(
      LogEntry(
        .keyRotated, time: 1_764_000_000_000_000_002, actor: "user:mara",
        body: [
          .init("old", .string(key.publicKey.text)), .init("key", .string(nextKey.publicKey.text)),
          .init("signature", .string(HexText.text(rotation.signature))),
        ]), number: 3, epoch: 7)
  }

  func stored() throws -> [StoredLogRecord] {
    var root = LogHash.zero
    return try [(opening, nil), (intent, payload), (rotated, nil)].map { record, payload in
      let stored = try record.sealed(after: root, payload: payload)
      root = stored.hash
      return stored
    }
  }

  func computed() throws -> [(String, String)] {
    let stored = try stored()
    var lines: [(String, String)] = [
      ("key.public", key.publicKey.text), ("key.id", key.publicKey.id.hex),
      ("payload.bytes", HexText.text(payload.bytes)),
      ("payload.digest", payload.digest.hex),
    ]
    for record in stored {
      lines.append(("record\(record.number).bytes", HexText.text(record.bytes)))
      lines.append(("record\(record.number).hash", record.hash.hex))
    }
    let log = stored[0].hash
    lines.append(
      (
        "rotation.statement",
        LogKeyRotation.statement(log: log, number: 3, old: key.publicKey, new: nextKey.publicKey)
      ))
    lines.append(("rotation.signature", HexText.text(rotation.signature)))
    for (record, key) in [(stored[1], key), (stored[2], nextKey)] {
      let checkpoint = try LogCheckpoint(
        head: LogHead(size: record.number, root: record.hash), log: log, engine: "prod-1",
        time: 1_764_000_000_000_000_003, by: key)!
      lines.append(("checkpoint\(record.number)", checkpoint.text))
    }
    return lines
  }
}
