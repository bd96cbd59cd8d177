import Crypto
import StellaModel

/// Reads a bundle item by item, as ``LogVerifier`` needs it. Memory for its header and one item.
package final class LogBundleReader: LogSource {
  package private(set) var outline: LogOutline?
  /// What the exporter says that anchors said; nobody vouches for it.
  package private(set) var anchors: [LogAnchorReport] = []

  private let read: (Int) throws -> [UInt8]
  private var digest = SHA256()
  private var held: (type: LogBundleWriter.Frame, bytes: [UInt8])?
  private var isAtEnd = false

  /// Bounds what a damaged length can make it ask for.
  private static let maximumFrame = 64 << 20

  /// - Parameter read: Gives the next so many bytes; fewer only at the end of the file.
  /// - Throws: ``LogError`` `malformed`, `newer`; what `read` throws.
  package init(read: @escaping (Int) throws -> [UInt8]) throws {
    self.read = read
    let magic = try take(LogBundleWriter.magic.count)
    guard magic == LogBundleWriter.magic else {
      if magic.starts(with: LogBundleWriter.magic.dropLast(2)) {
        throw LogError(.newer, "the bundle is of another version; this Stella reads version 1")
      }
      throw LogBundleReader.malformed("it doesn't begin as one")
    }
    digest.update(data: magic)
    while let frame = try frame() {
      switch frame.type {
      case .outline: try readOutline(frame.bytes)
      case .rotation, .anchor: try readHeader(frame.type, frame.bytes)
      case .record, .checkpoint, .end:
        guard outline != nil else { throw LogBundleReader.malformed("it names no log") }
        held = frame
        return
      }
    }
  }

  /// Of all bytes of the bundle; nil before its end was read.
  package var fileDigest: ContentDigest? { isAtEnd ? ContentDigest(bytes: Array(digest.finalize())) : nil }

  package func next() throws -> LogItem? {
    if isAtEnd { return nil }
    let frame: (type: LogBundleWriter.Frame, bytes: [UInt8])?
    if let held {
      frame = held
      self.held = nil
    } else {
      frame = try self.frame()
    }
    guard let frame else { return nil }
    switch frame.type {
    case .record: return .record(try LogBundleReader.record(frame.bytes))
    case .checkpoint:
      guard let text = String(validating: frame.bytes, as: UTF8.self), let checkpoint = LogCheckpoint(text: text) else {
        throw LogBundleReader.malformed("a checkpoint is damaged")
      }
      return .checkpoint(checkpoint)
    case .end:
      isAtEnd = true
      return nil
    case .outline, .rotation, .anchor: throw LogBundleReader.malformed("its parts are not in their order")
    }
  }

  private static func malformed(_ reason: String) -> LogError {
    LogError(.malformed, "the file is no whole bundle of an execution log: \(reason). Export it again.")
  }

  private func take(_ count: Int) throws -> [UInt8] {
    let bytes = try read(count)
    guard bytes.count == count else { throw LogBundleReader.malformed("it is cut") }
    return bytes
  }

  /// The next frame. The last one is checked here: it has the digest of all before it, and nothing may follow.
  private func frame() throws -> (type: LogBundleWriter.Frame, bytes: [UInt8])? {
    let before = digest
    let head = try take(5)
    let count = head.dropFirst().reduce(0) { $0 << 8 | Int($1) }
    guard let type = LogBundleWriter.Frame(rawValue: head[0]), count <= LogBundleReader.maximumFrame else {
      throw LogBundleReader.malformed("a part is of no known type or too large")
    }
    let bytes = try take(count)
    if type == .end {
      guard bytes == Array(before.finalize()), try read(1).isEmpty else {
        throw LogBundleReader.malformed("its bytes were changed")
      }
    }
    digest.update(data: head)
    digest.update(data: bytes)
    return (type, bytes)
  }

  private func readOutline(_ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { pointer in
      var reader = LogValueReader(pointer)
      let log = try reader.hash()
      let number = try reader.integer(Int64.self)
      let root = try reader.hash()
      let opening = Array(try reader.raw(bytes.count - reader.position))
      guard outline == nil, number >= 0 else { throw LogBundleReader.malformed("its head is damaged") }
      outline = LogOutline(log: log, opening: opening, floor: number == 0 ? nil : LogFloor(number: number, root: root))
    }
  }

  private func readHeader(_ type: LogBundleWriter.Frame, _ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { pointer in
      var reader = LogValueReader(pointer)
      switch type {
      case .rotation:
        let number = try reader.integer(Int64.self)
        let key = Array(try reader.raw(32))
        let signature = Array(try reader.raw(LogCheckpoint.signatureBytes))
        outline?.rotations.append(LogKeyRotation(number: number, key: key, signature: signature))
      default:
        let name = try reader.string()
        guard let checkpoint = LogCheckpoint(text: try reader.string()) else {
          throw LogBundleReader.malformed("a checkpoint is damaged")
        }
        anchors.append(LogAnchorReport(name: "as exported: " + name, checkpoint: checkpoint))
      }
      guard outline != nil, reader.isAtEnd else { throw LogBundleReader.malformed("its head is damaged") }
    }
  }

  private static func record(_ bytes: [UInt8]) throws -> StoredLogRecord {
    try bytes.withUnsafeBytes { pointer in
      var reader = LogValueReader(pointer)
      let number = try reader.integer(Int64.self)
      let hash = try reader.hash()
      let count = Int(try reader.integer(UInt32.self))
      var record = StoredLogRecord(number: number, hash: hash, bytes: Array(try reader.raw(count)))
      if !reader.isAtEnd {
        let salt = Array(try reader.raw(LogPayload.saltBytes))
        record.payload = LogPayload(salt: salt, bytes: Array(try reader.raw(bytes.count - reader.position)))
      }
      return record
    }
  }
}
