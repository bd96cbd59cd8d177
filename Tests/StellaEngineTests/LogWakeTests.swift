import CStellaLog
import Foundation
import StellaModel
import Synchronization
import Testing

@testable import StellaEngine

/// A log call wakes the reader when that asked for it, and no record is left lying meanwhile.
@Suite("Log calls and a reader that waits")
struct LogWakeTests {
  final class Clock: Sendable {
    private let time = Mutex<Int64>(1)
    var now: Int64 { time.withLock { $0 } }
    func passes(_ nanoseconds: Int64) { time.withLock { $0 += nanoseconds } }
  }

  let buffer = LogBuffer()
  let clock = Clock()
  let source: LogBufferSource
  static let record = Array("a\n".utf8)

  init() {
    source = LogBufferSource(buffer, clock: { [clock] in clock.now })
  }

  func append() { #expect(buffer.append(Self.record, time: 0)) }

  /// Takes room for a record, as a log call does before it writes one.
  func reserve() -> Int64? {
    let start = stella_log_reserve(buffer.ring, Int64(Self.record.count))
    return start < 0 ? nil : start
  }

  func publish(_ start: Int64) {
    if stella_log_publish(buffer.ring, start, Int64(Self.record.count), false) { buffer.wake() }
  }

  func lines() throws -> [String] { try LogBufferTests.lines(source).lines }

  /// Whether a record has woken whoever waits for the descriptor.
  func isWoken(within milliseconds: Int32 = 0) throws -> Bool {
    var request = pollfd(fd: try #require(source.descriptor), events: Int16(POLLIN), revents: 0)
    return poll(&request, 1, milliseconds) > 0
  }

  @Test("The first record wakes; those that come within a second of another don't, and are there for a look")
  func attention() throws {
    #expect(try lines() == [] && source.asksToBeWoken())
    append()
    #expect(try isWoken() && lines() == ["a"])
    // Woken once, for what was read.
    #expect(try !isWoken())
    for _ in 0..<3 {
      clock.passes(LogBufferSource.attention - 1)
      #expect(!source.asksToBeWoken() && !source.hasRecord)
      append()
      #expect(try !isWoken())
      #expect(source.hasRecord)
      #expect(try lines() == ["a"])
    }
  }

  @Test("After a second without a record the next one wakes, again and again")
  func silence() throws {
    for _ in 0..<3 {
      append()
      #expect(try lines() == ["a"])
      #expect(!source.asksToBeWoken())
      clock.passes(LogBufferSource.attention)
      #expect(source.asksToBeWoken() && source.asksToBeWoken())
      #expect(try !isWoken())
      append()
      append()
      #expect(try isWoken() && lines() == ["a", "a"] && !isWoken())
    }
  }

  @Test("Records that wake nobody do so when a quarter of the buffer is in use, each time it fills so far")
  func filling() throws {
    let buffer = LogBuffer(capacityBytes: LogBuffer.minimumCapacityBytes)
    let source = LogBufferSource(buffer, clock: { [clock] in clock.now })
    let waiter = try LiveWaiter()
    waiter.watch([source])
    func isWoken() throws -> Bool {
      var request = pollfd(fd: try #require(source.descriptor), events: Int16(POLLIN), revents: 0)
      return poll(&request, 1, 0) > 0
    }
    func append() { #expect(buffer.append(Self.record, time: 0)) }
    append()
    #expect(try LogBufferTests.lines(source).lines == ["a"])
    for _ in 0..<3 {
      // Each record takes 16 bytes with its length.
      for _ in 1..<(LogBuffer.minimumCapacityBytes / 4 / 16) {
        append()
        #expect(try !isWoken())
      }
      append()
      #expect(try isWoken() && waiter.wait().contains(.data))
      #expect(try LogBufferTests.lines(source).lines.count == LogBuffer.minimumCapacityBytes / 4 / 16)
      #expect(try !isWoken() && !source.hasRecord && !source.asksToBeWoken())
    }
  }

  @Test("A record wakes that comes before the reader asks for it, while it asks, or afterwards")
  func arming() throws {
    append()
    buffer.awaitRecord()
    #expect(try isWoken() && lines() == ["a"])
    buffer.awaitRecord { append() }
    #expect(try isWoken() && lines() == ["a"])
    buffer.awaitRecord()
    append()
    #expect(try isWoken() && lines() == ["a"])
  }

  @Test("A reader doesn't sleep over a record that is on its way while it asks to be woken")
  func onItsWay() throws {
    let start = try #require(reserve())
    for _ in 0..<3 {
      // As often as it asks: the call may have looked before.
      #expect(source.asksToBeWoken())
      #expect(try isWoken() && LogBufferTests.lines(source).outcome == .idle)
    }
    publish(start)
    #expect(source.hasRecord)
    #expect(try LogBufferTests.lines(source).lines.count == 1)
  }

  @Test("A record that is on its way when the buffer is closed still comes before the end")
  func closing() throws {
    let start = try #require(reserve())
    source.close()
    #expect(reserve() == nil)
    #expect(try LogBufferTests.lines(source).outcome == .idle)
    publish(start)
    let (lines, outcome) = try LogBufferTests.lines(source)
    #expect(lines.count == 1 && outcome == .end)
    #expect(buffer.drops == LogBuffer.Drops())
  }

  @Test("A waiter finds a record that wakes nobody, and otherwise waits as long as ever")
  func waiter() throws {
    let waiter = try LiveWaiter()
    waiter.watch([source])
    append()
    #expect(try waiter.wait().contains(.data) && lines() == ["a"])
    #expect(!source.asksToBeWoken())
    append()
    #expect(try !isWoken())
    #expect(try waiter.wait().contains(.data) && lines() == ["a"])
    let began = machineMonotonicTime()
    #expect(waiter.wait() == .fallback)
    #expect(machineMonotonicTime() - began >= Int64(LiveWaiter.fallback - 1) * 1_000_000)
    clock.passes(LogBufferSource.attention)
    #expect(waiter.wait(upTo: 0) == .fallback)
    append()
    #expect(try isWoken() && waiter.wait().contains(.data))
  }

  @Test("Threads that log while a reader sleeps whenever it finds nothing: it is woken every time", arguments: [1, 3])
  func sleeping(writers: Int) throws {
    let perWriter = 20_000
    for _ in 0..<writers {
      Thread.detachNewThread { [buffer] in
        for _ in 0..<perWriter {
          while !buffer.append(Self.record, time: 0) {}
        }
      }
    }
    var read = 0
    while read < writers * perWriter {
      read += try lines().filter { $0 == "a" }.count
      clock.passes(LogBufferSource.attention)
      if read == writers * perWriter { break }
      #expect(source.asksToBeWoken())
      // The bound only ends a broken run.
      guard try isWoken(within: 10_000) else {
        Issue.record("asleep with \(writers * perWriter - read) records left, \(buffer.drops)")
        return
      }
    }
    #expect(read == writers * perWriter)
  }
}
