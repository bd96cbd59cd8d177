import Glibc
import Logging
import StellaModel
import Testing

@testable import StellaDetection
@testable import StellaEngine
@testable import StellaLogging

@Suite("Records of log calls as columns")
struct CallRecordDecoderTests {
  private struct Failed: Error {}

  /// A call's record with everything that one may have, left in `buffer`.
  private func record(_ buffer: LogBuffer) throws -> [UInt8] {
    var logger = Logger(label: "shop.api") { StellaLogHandler(label: $0, service: "shop", buffer: buffer) }
    logger.logLevel = .trace
    logger.log(
      level: .error, "order done", error: Failed(),
      metadata: [
        "user_id": "usr_7", "status": .stringConvertible(502), "ok": .stringConvertible(true),
        "duration": .string("350ms"), "ratio": .stringConvertible(0.5), "unwanted": "text",
      ], source: "Payments", file: "Shop/Orders.swift", line: 12)
    let records = RecordBuffer()
    _ = try LogBufferSource(buffer).read(into: records)
    let lines = records.finish()
    #expect(records.count == 1 && lines.lengths[0] & LineBlock.recordBit != 0)
    return Array(
      UnsafeBufferPointer(
        start: lines.base + Int(lines.starts[0]), count: Int(lines.lengths[0] & ~LineBlock.recordBit)))
  }

  @Test(
    "A record that ends too soon is counted and leaves nothing behind; those around it are read",
    arguments: [false, true])
  func unreadable(isNumbered: Bool) throws {
    let buffer = LogBuffer(capacityBytes: 4096)
    if !isNumbered { for number in 0..<255 { _ = buffer.names.number(of: Array("\(number)".utf8)) } }
    let whole = try record(buffer)
    #expect((whole[3] == HandlerNames.none) != isNumbered)
    let fields = FieldRegister()
    for field in FieldAliases.fields { _ = fields.table.column(of: field.name) }
    for name in ["user_id", "duration_ms", "ok", "ratio", "time", "timestamp", "severity"] {
      _ = fields.table.column(of: name)
    }
    let decoder = CallRecordDecoder(buffer.names)
    decoder.prepare(fields.table)
    let batch = EventBatch(columnCount: fields.table.count)
    var failed = 0
    for count in 0..<whole.count {
      let records = RecordBuffer()
      for part in [whole, Array(whole[..<count]), whole] {
        part.withUnsafeBytes { records.append(record: $0) }
      }
      let lines = records.finish()
      let block = LineBlock(
        base: lines.base, starts: lines.starts, lengths: lines.lengths, count: 3, firstOffset: 0, source: 0)
      let failures = DecodeFailures()
      batch.removeAll(columnCount: fields.table.count)
      let decoded = decoder.decode(
        block, from: 0, into: batch, clock: SourceClock(reference: 0), failures: failures)
      #expect(decoded == 3)
      // Cut between two entries it is a shorter record.
      #expect(batch.count + failures.count == 3 && batch.count >= 2, "\(count) bytes")
      #expect(failures.samples.map(\.reason).allSatisfy { $0 == "the log call's record can't be read" })
      let last = batch.count - 1
      #expect(DirectWays.cells(of: batch, 0) == DirectWays.cells(of: batch, last), "\(count) bytes")
      #expect(batch.record(0).elementsEqual(batch.record(last)), "\(count) bytes")
      #expect(batch.offsets[last] == block.offset(ofLine: 2))
      failed += failures.count
    }
    #expect(failed > whole.count / 2)
  }

  @Test("A read that leaves nothing behind says so, and takes with it that somebody was woken")
  func drained() throws {
    let buffer = LogBuffer(capacityBytes: 1 << 20)
    let source = LogBufferSource(buffer, clock: { 0 })
    let descriptor = try #require(source.descriptor)
    func isWoken() -> Bool {
      var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      return poll(&request, 1, 0) > 0
    }
    // Nothing was read yet: the next record wakes.
    #expect(source.asksToBeWoken() && !isWoken())
    let logger = Logger(label: "shop.api") { StellaLogHandler(label: $0, buffer: buffer) }
    for number in 0..<LineSplitter.linesPerBlock + 1 { logger.info("order \(number)") }
    #expect(isWoken())
    let records = RecordBuffer()
    _ = try source.read(into: records)
    #expect(records.count == LineSplitter.linesPerBlock && !source.isDrained && isWoken())
    records.removeAll()
    _ = try source.read(into: records)
    #expect(records.count == 1 && source.isDrained && !isWoken())
    #expect(!source.asksToBeWoken())
    logger.info("one more")
    // It looks by itself.
    #expect(source.hasRecord && !isWoken())
  }

  @Test("A buffer for records keeps what a busy host's take, and gives back more")
  func memory() {
    let records = RecordBuffer()
    func fill(_ count: Int) {
      let record = [UInt8](repeating: 1, count: 1000)
      for _ in 0..<count { record.withUnsafeBytes { records.append(record: $0) } }
      _ = records.finish()
      records.removeAll()
      records.release()
    }
    fill(200)
    let kept = records.capacity
    #expect(kept >= 200_000)
    fill(200)
    #expect(records.capacity == kept)
    fill(600)
    #expect(records.capacity == 0)
    // As if nothing had been.
    fill(1)
    #expect(records.capacity > 1000)
  }
}
