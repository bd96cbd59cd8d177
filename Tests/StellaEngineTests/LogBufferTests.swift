import Foundation
import StellaModel
import Synchronization
import Testing

@testable import StellaEngine

@Suite("The buffer between log calls and the engine")
struct LogBufferTests {
  /// Whole lines until the source is idle or at its end, and how reading ended.
  static func lines(
    _ source: LogBufferSource, readBytes: Int = 64 << 10
  ) throws -> (lines: [String], outcome: ReadOutcome) {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: readBytes)
    while true {
      let outcome = try chunk.withUnsafeMutableBytes { try source.read(into: $0) }
      guard case .bytes(let count) = outcome else {
        return (String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init), outcome)
      }
      bytes += chunk[..<count]
    }
  }

  @Test("Bytes come out as they went in, for every size of record and of read, also around the ring's end")
  func ring() throws {
    let buffer = LogBuffer(capacityBytes: 1024)
    let source = LogBufferSource(buffer)
    let seed: UInt64 = 1_411
    print("seed \(seed)")
    var random = SplitMix(seed: seed)
    var written: [UInt8] = []
    var read: [UInt8] = []
    for _ in 0..<8_000 {
      if Bool.random(using: &random) {
        let count = Int.random(in: 0...400, using: &random)
        let record = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
        // What is not read yet leaves room for one more of any size.
        #expect(buffer.append(record, time: 0))
        written += record
      }
      while written.count - read.count > 200 {
        var chunk = [UInt8](repeating: 0, count: Int.random(in: 1...500, using: &random))
        switch try chunk.withUnsafeMutableBytes({ try source.read(into: $0) }) {
        case .bytes(let count): read += chunk[..<count]
        default: #expect(read.count == written.count)
        }
        #expect(source.position.offset == Int64(read.count))
      }
    }
    #expect(read == Array(written.prefix(read.count)) && read.count > 100_000)
    #expect(buffer.drops == LogBuffer.Drops())
  }

  @Test("A ring that is emptied each time uses only the first bytes of its halves, and one that isn't all of it")
  func beginsAgain() throws {
    let buffer = LogBuffer(capacityBytes: 4096)
    let source = LogBufferSource(buffer)
    let record = Array((String(repeating: "x", count: 99) + "\n").utf8)
    var places: Set<Int> = []
    for _ in 0..<100 {
      for _ in 0..<3 { #expect(buffer.append(record, time: 0)) }
      #expect(try Self.lines(source).lines.count == 3)
      places.insert(buffer.nextPlace)
    }
    #expect(places == [0, 2048])
    places = []
    var chunk = [UInt8](repeating: 0, count: 300)
    for _ in 0..<10 { #expect(buffer.append(record, time: 0)) }
    for _ in 0..<100 {
      for _ in 0..<3 { #expect(buffer.append(record, time: 0)) }
      #expect(try chunk.withUnsafeMutableBytes { try source.read(into: $0) } == .bytes(300))
      places.insert(buffer.nextPlace)
    }
    #expect(places.count > 10)
    #expect(try Self.lines(source).lines.count == 10)
    #expect(buffer.drops == LogBuffer.Drops())
  }

  @Test("A record that is larger than the buffer is dropped whole, and the ones around it stay whole")
  func tooLarge() throws {
    let buffer = LogBuffer(capacityBytes: 1024)
    #expect(buffer.append(Array("a\n".utf8), time: 0))
    #expect(!buffer.append(Array(repeating: 65, count: 1025), time: 1_750_000_000_000_000_000))
    #expect(buffer.append(Array("b\n".utf8), time: 0))
    let lines = try Self.lines(LogBufferSource(buffer)).lines
    #expect(lines.count == 3 && lines[0] == "a" && lines[1] == "b")
    #expect(lines[2].hasSuffix(#""since":"2025-06-15T15:06:40.000000000Z","dropped":1}"#))
  }

  @Test("What is dropped is told of after what was there before, with the times of the first and the newest")
  func dropTimes() throws {
    let buffer = LogBuffer(capacityBytes: 1024)
    let record = Array((String(repeating: "x", count: 400) + "\n").utf8)
    #expect(buffer.append(record, time: 1) && buffer.append(record, time: 2))
    for time in 3...5 { #expect(!buffer.append(record, time: Int64(time) * 1_000_000_000)) }
    let source = LogBufferSource(buffer)
    let first = try Self.lines(source, readBytes: 100).lines
    #expect(first.count == 3)
    #expect(
      first[2]
        == #"{"time":"1970-01-01T00:00:05.000000000Z","level":"warning","message":"Log events were dropped","#
        + #""logger":"stella.logging","since":"1970-01-01T00:00:03.000000000Z","dropped":3}"#)
    #expect(buffer.append(record, time: 6))
    #expect(try Self.lines(source).lines.count == 1)
    #expect(buffer.drops == LogBuffer.Drops(full: 3, nested: 0))
  }

  @Test("A closed buffer gives what it has, then its end, and counts what comes too late")
  func closed() throws {
    let buffer = LogBuffer()
    buffer.append(Array("a\n".utf8), time: 0)
    let source = LogBufferSource(buffer, name: "app")
    source.close()
    #expect(!buffer.append(Array("late\n".utf8), time: 0))
    let (lines, outcome) = try Self.lines(source)
    #expect(lines.first == "a" && lines.last?.contains(#""dropped":1"#) == true && outcome == .end)
    #expect(buffer.drops.full == 1)
    #expect(source.name == "app" && source.key == "app")
  }

  @Test("A reader that found nothing is woken by the next record, once")
  func wakes() throws {
    let buffer = LogBuffer()
    let source = LogBufferSource(buffer)
    let waiter = try LiveWaiter()
    waiter.watch([source])
    #expect(try Self.lines(source).outcome == .idle)
    buffer.append(Array("a\n".utf8), time: 0)
    buffer.append(Array("b\n".utf8), time: 0)
    #expect(waiter.wait().contains(.data))
    #expect(try Self.lines(source).lines == ["a", "b"])
  }

  @Test("Threads that write while one reads: no record is torn or lost uncounted, and each thread's stay in order")
  func threads() throws {
    // So small that writers often find it full.
    let buffer = LogBuffer(capacityBytes: 16 << 10)
    let source = LogBufferSource(buffer)
    let (writers, perWriter) = (4, 20_000)
    let left = Atomic(writers)
    for writer in 0..<writers {
      Thread.detachNewThread {
        for number in 0..<perWriter {
          let text = String(repeating: "\(writer)", count: number % 97)
          buffer.append(Array("\(writer) \(number) \(text)\n".utf8), time: Int64(number))
        }
        if left.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { buffer.close() }
      }
    }
    var lines: [String] = []
    while true {
      let (more, outcome) = try Self.lines(source, readBytes: 4000)
      lines += more
      if outcome == .end { break }
    }
    var next = [Int](repeating: 0, count: writers)
    var kept = 0
    for line in lines where !line.hasPrefix("{") {
      let parts = line.split(separator: " ", omittingEmptySubsequences: false)
      guard parts.count == 3, let writer = Int(parts[0]), let number = Int(parts[1]) else {
        Issue.record("torn: \(line)")
        return
      }
      #expect(parts[2] == String(repeating: "\(writer)", count: number % 97) && number >= next[writer])
      next[writer] = number + 1
      kept += 1
    }
    #expect(kept + buffer.drops.full == writers * perWriter)
    let told = lines.filter { $0.hasPrefix("{") }.compactMap { line in
      line.split(separator: ":").last.flatMap { Int($0.dropLast()) }
    }
    #expect(told.reduce(0, +) == buffer.drops.full)
  }
}
