import Foundation
import StellaModel
import Testing

@testable import StellaEngine

/// What is waited for here comes for certain; the bounds only end a broken run.
@Suite("Waiting for something new")
struct LiveWaiterTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  /// Waits until a wake contains `wanted`; false after about ten seconds.
  func wait(_ waiter: LiveWaiter, for wanted: LiveWaiter.Wake) -> Bool {
    for _ in 0..<40 where waiter.wait().contains(wanted) { return true }
    return false
  }

  @Test("Appended bytes wake, also when they came before the wait")
  func appended() throws {
    try directory.write("a.log", "one\n")
    let waiter = try LiveWaiter()
    waiter.watch([try FileSource(path: directory("a.log"), follow: true, start: .start)])
    try directory.append("a.log", "two\n")
    #expect(wait(waiter, for: .data))
  }

  @Test("Without a sign everything is looked at after the fallback, and never before")
  func fallback() throws {
    let waiter = try LiveWaiter()
    let began = machineMonotonicTime()
    #expect(waiter.wait() == .fallback)
    #expect(machineMonotonicTime() - began >= Int64(LiveWaiter.fallback - 1) * 1_000_000)
  }

  @Test("A file that appears, is renamed or deleted wakes through its directory")
  func appearing() throws {
    let waiter = try LiveWaiter()
    waiter.watch([try FileSource(path: directory("a.log"), follow: true, start: .start)])
    try directory.write("a.log", "one\n")
    #expect(wait(waiter, for: .directory))
    try directory.append("a.log", "two\n")
    #expect(wait(waiter, for: .data))
    try directory.rename("a.log", to: "a.log.1")
    #expect(wait(waiter, for: .directory))
    try directory.remove("a.log.1")
    #expect(wait(waiter, for: .directory))
  }

  @Test("After a rename what is written to the old file and to the new one wakes")
  func bothSidesOfRotation() throws {
    try directory.write("a.log", "one\n")
    let waiter = try LiveWaiter()
    waiter.watch([try FileSource(path: directory("a.log"), follow: true, start: .start)])
    try directory.rename("a.log", to: "a.log.1")
    try directory.write("a.log", "")
    #expect(wait(waiter, for: .directory))
    try directory.append("a.log.1", "late\n")
    #expect(wait(waiter, for: .data))
    try directory.append("a.log", "new\n")
    #expect(wait(waiter, for: .data))
  }

  @Test("A stream with bytes wakes")
  func stream() throws {
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    defer { for end in ends { close(end) } }
    let source = StreamSource(descriptor: ends[0], name: "pipe")
    let waiter = try LiveWaiter()
    waiter.watch([source])
    #expect(waiter.wait(upTo: 0) == .fallback)
    #expect(write(ends[1], "x", 1) == 1)
    #expect(wait(waiter, for: .data))
  }

  @Test("The waker ends a wait from another thread")
  func waker() throws {
    let waiter = try LiveWaiter()
    let waker = waiter.waker
    let thread = Thread { waker.wake() }
    thread.start()
    #expect(wait(waiter, for: .interrupted))
  }

  @Test("Standard input's kind of stream delivers, idles and ends without blocking")
  func streamSource() throws {
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    let source = StreamSource(descriptor: ends[0], name: "-")
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 16, alignment: 1)
    defer {
      buffer.deallocate()
      close(ends[0])
    }
    #expect(try source.read(into: buffer) == .idle)
    #expect(write(ends[1], "abc", 3) == 3)
    #expect(try source.read(into: buffer) == .bytes(3))
    #expect(source.position == SourcePosition(identity: nil, offset: 3))
    close(ends[1])
    #expect(try source.read(into: buffer) == .end)
    #expect(source.descriptor == nil)
    #expect(try source.read(into: buffer) == .end)
  }
}
