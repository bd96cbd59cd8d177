import Glibc
import Testing

@testable import StellaEngine

@Suite("Signals", .serialized)
struct LiveInterruptsTests {
  /// So many signals; fewer after ten seconds. The operating system delivers them to some other thread, a little later.
  func take(_ count: Int, from interrupts: Interrupts) -> [Interrupts.Signal] {
    var signals: [Interrupts.Signal] = []
    for _ in 0..<count where signals.count < count {
      var request = pollfd(fd: interrupts.descriptor, events: Int16(POLLIN), revents: 0)
      poll(&request, 1, 10_000)
      signals += interrupts.take()
    }
    return signals
  }

  @Test("A signal wakes the waiter and can be asked for once")
  func signals() throws {
    let interrupts = try Interrupts()
    let waiter = try LiveWaiter(interrupts: interrupts.descriptor)
    #expect(interrupts.take().isEmpty)
    kill(getpid(), SIGHUP)
    #expect((0..<40).contains { _ in waiter.wait().contains(.interrupted) })
    kill(getpid(), SIGTERM)
    #expect(take(2, from: interrupts) == [.hangup, .terminate])
    #expect(interrupts.take().isEmpty)
  }

  @Test("A second request to end finds the default action, so that a stuck process can be ended")
  func secondSignal() throws {
    let interrupts = try Interrupts()
    kill(getpid(), SIGTERM)
    #expect(take(1, from: interrupts) == [.terminate])
    var action = sigaction()
    sigaction(SIGTERM, nil, &action)
    #expect(action.__sigaction_handler.sa_handler == nil)
    withExtendedLifetime(interrupts) {}
  }
}
