import Foundation
import StellaArchive
import StellaDetection
import StellaEngine
import StellaModel
import Testing

@testable import StellaServer

@Suite("Kept events over HTTP")
struct EventRoutesTests {
  private struct FixedTime: TimeSource {
    func now() -> Int64 { 1_700_003_600 * Timestamp.second }
  }

  private let path = NSTemporaryDirectory() + "stella-event-routes-" + UUID().uuidString

  private func keep(_ records: [String]) throws {
    let recorder = try EventRecorder(ArchiveDirectory(path: path), limits: .init()) { _ in }
    let batch = EventBatch(columnCount: 0)
    for (row, record) in records.enumerated() {
      let bytes = Array(record.utf8)
      batch.records[row] = bytes.withUnsafeBufferPointer { batch.arena.copy($0) }
      batch.recordLengths[row] = UInt32(bytes.count)
      batch.times[row] = (1_700_000_000 + Int64(row)) * Timestamp.second
      batch.sources[row] = 0
    }
    batch.count = records.count
    recorder.tap.put(batch, firstEvent: 0) { _ in TappedBatch.Source(format: .json) }
    recorder.end()
  }

  private func client(_ work: RequestWork, isOff: Bool = false) -> RouterClient {
    let client = RouterClient()
    let archive = EventArchive(ArchiveDirectory(path: path), masking: Masking())
    EventRoutes(isOff ? nil : archive, work: work, time: FixedTime()).add(to: client.router)
    return client
  }

  @Test("Pages, exports and series have what was kept, masked for who may not see personal data")
  func answers() async throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    let work = RequestWork(threads: 1, waiting: 4)
    try keep(
      (0..<30).map {
        #"{"level":"\#($0 % 2 == 0 ? "info" : "error")","service":"shop","message":"=by bob@example.com, \#($0)","n":\#($0)}"#
      })
    let client = client(work)
    let first = try await client.get("/api/v1/events?limit=10&level=error")
    #expect(first.status == 200 && first.type == "application/x-ndjson" && first.headers["cache-control"] == "no-store")
    let lines = first.body.split(separator: "\n")
    #expect(
      lines.count == 10 && lines[0].hasPrefix(#"{"id":"29","time":"2023-11-14T22:13:49.000000000Z","level":"error""#))
    #expect(!first.body.contains("bob@") && first.body.contains("=by [email], 29"))
    let next = try #require(first.headers["stella-next"])
    let second = try await client.get("/api/v1/events?limit=10&level=error&after=\(next)")
    #expect(second.body.split(separator: "\n").count == 5 && second.headers["stella-next"] == nil)
    let one = try await client.get(
      "/api/v1/events?search=BY%20%5Bemail%5D,%2017&where=n%20%3E%203&since=1h&service=shop,api")
    #expect(one.body.split(separator: "\n").count == 1, "\(one.body)")
    // As forms, Python's requests and URLSearchParams write it.
    let form = try await client.get("/api/v1/events?search=by+%5Bemail%5D%2C+17&where=n+%3E%3D+3&since=1h")
    #expect(form.status == 200 && form.body == one.body, "\(form.body)")
    let zoned = try await client.get("/api/v1/events?s%69nce=2023-11-14T23:13:29+01:00&until=2023-11-14T22:13:30Z")
    #expect(zoned.body.split(separator: "\n").count == 1 && zoned.body.hasPrefix(#"{"id":"9""#), "\(zoned.body)")
    let csv = try await client.get("/api/v1/events/export?format=csv&level=error")
    let rows = csv.body.components(separatedBy: "\r\n")
    #expect(csv.type == "text/csv; charset=utf-8; header=present" && rows.count == 17)
    #expect(csv.headers["content-disposition"] == #"attachment; filename="stella-events.csv""#)
    #expect(
      rows[0] == "id,time,level,service,message,fields"
        && rows[1].hasPrefix(#"1,2023-11-14T22:13:21.000000000Z,error,shop,"'=by [email], 1","{""#), "\(rows[1])")
    let json = try await client.get("/api/v1/events/export")
    #expect(json.body.split(separator: "\n").count == 30 && json.body.hasPrefix(#"{"id":"0","#))
    let series = try await client.get("/api/v1/events/series?step=60m&by=level")
    #expect(series.body.contains(#""total":30,"counts":{"info":15,"error":15}"#), "\(series.body)")
    await work.end()
  }

  @Test("An export ends when who asked may no longer read")
  func over() async throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    let work = RequestWork(threads: 1, waiting: 4)
    // More than one step has.
    try keep((0..<1001).map { #"{"n":\#($0)}"# })
    var client = client(work)
    client.mayStillRead = { true }
    #expect(try await client.get("/api/v1/events/export").body.split(separator: "\n").count == 1001)
    client.mayStillRead = { false }
    let former = client
    for format in ["json", "csv"] {
      await #expect(throws: CommandFailure.self) { try await former.get("/api/v1/events/export?format=\(format)") }
    }
    await work.end()
  }

  @Test("An export says at its end that blocks could not be read")
  func damaged() async throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    let work = RequestWork(threads: 1, waiting: 4)
    try keep((0..<3).map { #"{"n":\#($0)}"# })
    let client = client(work)
    let name = "stella-damaged-blocks"
    let whole = try await client.get("/api/v1/events/export")
    #expect(whole.headers["trailer"] == name && whole.trailers.isEmpty)
    // A link is never followed, not even for root.
    let file = path + "/0000000000000000001.events"
    try FileManager.default.createSymbolicLink(atPath: file, withDestinationPath: file)
    let part = try await client.get("/api/v1/events/export")
    #expect(part.body == whole.body && part.trailers.map(\.name.canonicalName) == [name])
    await work.end()
  }

  @Test("What makes no sense is refused, and so is everything where no events are kept")
  func refused() async throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    let work = RequestWork(threads: 1, waiting: 4)
    let client = client(work)
    for path in [
      "events?since=never", "events?limit=0", "events?where=status%20%3E%3E", "events?colour=red",
      "events/export?limit=5",
      "events/export?format=xml", "events?search=100%", "events?search=%ff", "events?%zz=1", "events/export?search=%4",
      "events/series?by=rule", "events/series?search=x",
    ] {
      let answer = try await client.get("/api/v1/" + path)
      #expect(answer.status == 400 && answer.type == Problem.mediaType, "\(path) \(answer)")
    }
    #expect(try await client.get("/api/v1/events").body == "")
    let off = try await self.client(work, isOff: true).get("/api/v1/events")
    #expect(off.status == 404 && off.body.contains("retention"))
    await work.end()
  }
}
