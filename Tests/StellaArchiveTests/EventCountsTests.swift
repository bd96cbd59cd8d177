import Foundation
import StellaDetection
import StellaEngine
import StellaModel
import Testing

@testable import StellaArchive

@Suite("Counts of events")
struct EventCountsTests {
  private func series(_ scene: ArchiveScene, _ parameters: [(name: String, value: String)]) throws -> [String] {
    var query = try SeriesQuery(parameters, now: ArchiveScene.start + 3600 * Timestamp.second)
    query.isPrivileged = true
    return scene.archive.series(query).map { String(decoding: $0, as: UTF8.self) }
  }

  private static func put(_ records: [String], to tap: EventTap, first: Int) {
    let batch = EventBatch(columnCount: 0)
    for (row, record) in records.enumerated() {
      let bytes = Array(record.utf8)
      batch.records[row] = bytes.withUnsafeBufferPointer { batch.arena.copy($0) }
      batch.recordLengths[row] = UInt32(bytes.count)
      batch.times[row] = ArchiveScene.start + Int64(first + row) * Timestamp.second
      batch.sources[row] = 0
    }
    batch.count = records.count
    tap.put(batch, firstEvent: first) { _ in TappedBatch.Source(format: .json, service: "default") }
  }

  private static func record(_ number: Int) -> String {
    let service = number % 3 == 0 ? "" : "\"service\":\"s\(number % 3)\","
    return
      "{\"level\":\"\(number % 2 == 0 ? "info" : "error")\",\(service)\"message\":\"m\(number)\",\"duration_ms\":\(number + 1)}"
  }

  @Test("What somebody waits for is in the files at once, so that it is there after a kill")
  func awaited() throws {
    let scene = ArchiveScene()
    var limits = EventRecorder.Limits()
    limits.store.leastFreeBytes = 0
    limits.delay = 3600 * Timestamp.second
    let recorder = try EventRecorder(scene.directory, limits: limits) { _ in }
    defer { recorder.end() }
    var query = EventQuery()
    query.isPrivileged = true
    query.order = .oldest
    query.limit = 1000
    for round in 1...20 {
      let first = (round - 1) * 10
      Self.put((first..<first + 10).map(Self.record), to: recorder.tap, first: first)
      recorder.tap.awaitKept(patience: 600 * Timestamp.second)
      #expect(scene.numbers(query) == (0..<Int64(round * 10)).map { $0 })
    }
  }

  @Test(
    "What detection leaves is kept and counted by service and level; after a crash nothing is counted twice or left out"
  )
  func recorded() throws {
    let scene = ArchiveScene()
    var limits = EventRecorder.Limits()
    limits.store.leastFreeBytes = 0
    limits.delay = 0
    for round in 0..<3 {
      let recorder = try EventRecorder(scene.directory, limits: limits) { trouble in
        Issue.record("\(trouble ?? "")")
      }
      for part in 0..<4 {
        let first = round * 400 + part * 100
        Self.put((first..<first + 100).map(Self.record), to: recorder.tap, first: first)
      }
      recorder.end()
      #expect(recorder.figures.events == 400 && recorder.figures.lost == 0 && recorder.figures.trouble == nil)
      // As if the process had died before it saved what it counted.
      if round == 1 { try FileManager.default.removeItem(atPath: scene.path + "/counts") }
    }
    var query = EventQuery()
    query.isPrivileged = true
    query.order = .oldest
    query.limit = 1000
    #expect(scene.numbers(query) == (0..<1200).map { Int64($0) })
    let byLevel = try series(scene, [("by", "level"), ("step", "60m")])
    #expect(
      byLevel.last == #"{"time":"2023-11-14T23:00:00.000000000Z","total":0,"counts":{}}"#
        && byLevel.first
          == #"{"time":"2023-11-14T22:00:00.000000000Z","total":1200,"counts":{"info":600,"error":600}}"#,
      "\(byLevel)")
    let byService = try series(scene, [("by", "service"), ("step", "60m"), ("level", "error")])
    #expect(
      byService.first?.contains(#""total":600,"counts":{"default":200,"s1":200,"s2":200}"#) == true, "\(byService)")
    let minutes = try series(scene, [("step", "1m"), ("service", "s1")])
    #expect(minutes.count == 61 && minutes[0].hasSuffix(#""total":13}"#), "\(minutes)")
    let durations = try series(scene, [("step", "60m"), ("field", "duration_ms")])
    let object = try JSONSerialization.jsonObject(with: Data(try #require(durations.first).utf8)) as? [String: Any]
    #expect(object?["count"] as? Int == 1200)
    for (name, value) in [("p50", 600.0), ("p95", 1140.0), ("p99", 1188.0)] {
      let found = try #require(object?[name] as? Double)
      #expect(abs(found / value - 1) < 0.025, "\(name) \(found)")
    }
    #expect(durations.last?.hasSuffix(#""count":0,"p50":null,"p95":null,"p99":null}"#) == true)
    let each = try series(scene, [("step", "60m"), ("field", "duration_ms"), ("by", "service")])
    #expect(each.count == 3 && each[1].contains(#""service":"s1","count":400"#), "\(each)")
  }

  @Test("Counts are asked for by the services that are shown: nobody finds out by questions what is behind a mask")
  func masked() throws {
    let scene = ArchiveScene()
    var limits = EventRecorder.Limits()
    limits.store.leastFreeBytes = 0
    let recorder = try EventRecorder(scene.directory, limits: limits) { _ in }
    let records = ["svc-kim@example.org", "svc-tim@example.org", "shop"].enumerated().map { number, service in
      #"{"level":"error","service":"\#(service)","message":"m","duration_ms":\#(number + 1)}"#
    }
    Self.put(records, to: recorder.tap, first: 0)
    recorder.end()
    func count(_ service: String, isPrivileged: Bool, _ more: [(name: String, value: String)] = []) throws -> Int {
      var query = try SeriesQuery(
        [("step", "60m"), ("service", service)] + more, now: ArchiveScene.start + 3600 * Timestamp.second)
      query.isPrivileged = isPrivileged
      let line = try #require(scene.archive.series(query).first)
      let object = try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any]
      return try #require((object?["total"] ?? object?["count"]) as? Int)
    }
    for more: [(name: String, value: String)] in [[], [("field", "duration_ms")]] {
      #expect(try count("svc-kim@example.org", isPrivileged: true, more) == 1)
      #expect(try count("[email]", isPrivileged: true, more) == 0)
      for hidden in ["svc-kim@example.org", "svc-tim@example.org", "svc-lou@example.org"] {
        #expect(try count(hidden, isPrivileged: false, more) == 0)
      }
      #expect(try count("[email]", isPrivileged: false, more) == 2)
      #expect(try count("shop", isPrivileged: false, more) == 1)
    }
    var query = try SeriesQuery(
      [("step", "60m"), ("by", "service")], now: ArchiveScene.start + 3600 * Timestamp.second)
    query.isPrivileged = false
    let grouped = String(decoding: try #require(scene.archive.series(query).first), as: UTF8.self)
    #expect(
      grouped.contains(#""[email]":2"#) && grouped.contains(#""shop":1"#) && !grouped.contains("kim"), "\(grouped)")
  }

  @Test("The 20 services with most have names, of counts and of durations, and the others are one")
  func manyServices() throws {
    let scene = ArchiveScene()
    var limits = EventRecorder.Limits()
    limits.store.leastFreeBytes = 0
    let recorder = try EventRecorder(scene.directory, limits: limits) { _ in }
    // Each but the last five twice.
    let services = (10..<35).map { "s\($0)" } + (10..<30).map { "s\($0)" }
    Self.put(services.map { #"{"service":"\#($0)","duration_ms":5}"# }, to: recorder.tap, first: 0)
    recorder.end()
    let counts = try #require(try series(scene, [("step", "1h"), ("by", "service")]).first)
    #expect(counts.contains(#""(other)":5,"s10":2,"#) && !counts.contains("s30"), "\(counts)")
    let durations = try series(scene, [("step", "1h"), ("by", "service"), ("field", "duration_ms")])
    #expect(durations.count == 21, "\(durations)")
    #expect(durations.first?.contains(#""service":"(other)","count":5,"#) == true, "\(durations)")
    #expect(durations.last?.contains(#""service":"s29","count":2,"#) == true, "\(durations)")
  }

  @Test("Events that come faster than they can be kept are counted as lost")
  func lost() throws {
    let scene = ArchiveScene()
    var limits = EventRecorder.Limits()
    limits.store.leastFreeBytes = 0
    let recorder = try EventRecorder(scene.directory, limits: limits) { _ in }
    Self.put([Self.record(0)], to: recorder.tap, first: 0)
    Self.put([Self.record(9)], to: recorder.tap, first: 9)
    recorder.end()
    #expect(recorder.figures.events == 2)
    #expect(recorder.figures.lost == 8)
  }

  @Test("Without space for others nothing is kept, and that is said once until there is some")
  func noRoom() throws {
    let scene = ArchiveScene()
    scene.limits.leastFreeBytes = .max
    try scene.open()
    #expect(scene.store?.hasRoom == false)
    scene.appendRandom(5)
    scene.store?.drop()
    #expect(scene.store?.lost == 5 && scene.store?.next == 0)
  }

  @Test("Without space for others nothing is counted or written either, from the first event on")
  func noRoomToCount() throws {
    let scene = ArchiveScene()
    var limits = EventRecorder.Limits()
    limits.store.leastFreeBytes = .max
    let recorder = try EventRecorder(scene.directory, limits: limits) { _ in }
    Self.put((0..<100).map(Self.record), to: recorder.tap, first: 0)
    recorder.end()
    let figures = recorder.figures
    #expect(figures.events == 0 && figures.lost == 100 && figures.trouble != nil, "\(figures)")
    #expect(!FileManager.default.fileExists(atPath: scene.path + "/counts"))
    let steps = try series(scene, [("step", "60m")])
    #expect(steps.allSatisfy { $0.hasSuffix(#""total":0}"#) }, "\(steps)")
  }

  @Test("Counts survive their files, and so many services at most have names", arguments: [1, 2, 3])
  func encoding(seed: Int) throws {
    var random = SplitMix64(state: UInt64(seed))
    var counts = EventCounts()
    var total: UInt64 = 0
    for _ in 0..<2000 {
      counts.add(
        time: Int64(random.below(7200)) * Timestamp.second - 3600 * Timestamp.second,
        service: random.below(4) == 0 ? nil : "s\(random.below(300))", level: UInt8(random.below(8)),
        milliseconds: random.below(2) == 0 ? nil : Double(random.below(100_000)) / 7)
      total += 1
    }
    let read = try #require(counts.encoded.withUnsafeBytes { EventCounts(encoded: $0) })
    #expect(read.counts == counts.counts && read.durations == counts.durations)
    #expect(counts.counts.values.reduce(0, +) == total)
    #expect(Set(counts.counts.keys.compactMap(\.service)).count == EventCounts.serviceLimit + 1)
    let encoded = counts.encoded
    for cut in stride(from: 0, to: encoded.count, by: 197) {
      #expect(encoded.prefix(cut).withUnsafeBytes { EventCounts(encoded: $0) } == nil)
    }
  }

  @Test("Quantiles are within 2 percent, of one and of several together")
  func sketch() {
    var random = SplitMix64(state: 8)
    var values: [Double] = []
    var sketches = [LatencySketch](repeating: LatencySketch(), count: 3)
    for _ in 0..<5000 {
      let value = Double(1 + random.below(1_000_000)) / Double(1 + random.below(1000))
      values.append(value)
      sketches[random.below(3)].add(value)
    }
    var all = LatencySketch()
    for sketch in sketches { all.add(sketch) }
    values.sort()
    for share in [0, 0.5, 0.95, 0.99, 1] {
      let exact = values[Int((share * Double(values.count - 1)).rounded(.down))]
      #expect(abs((all.quantile(share) ?? 0) / exact - 1) <= 0.021)
    }
    var odd = LatencySketch()
    for value in [-1, 0, .nan, .infinity] { odd.add(value) }
    #expect(odd.count == 3 && odd.quantile(0) == 0 && LatencySketch().quantile(0.5) == nil)
  }
}
