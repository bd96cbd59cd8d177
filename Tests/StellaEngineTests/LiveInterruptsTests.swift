import Glibc
import Testing

@testable import StellaEngine

@Suite("Signals", .serialized)
struct LiveInterruptsTests {
  @Test("A signal wakes the waiter and can be asked for once")
  func signals() throws {
    let interrupts = try Interrupts()
    let waiter = try LiveWaiter(interrupts: interrupts.descriptor)
    #expect(interrupts.take().isEmpty)
    kill(getpid(), SIGHUP)
    kill(getpid(), SIGTERM)
    var signals: [Interrupts.Signal] = []
    for _ in 0..<40 where signals.count < 2 {
      if waiter.wait().contains(.interrupted) { signals += interrupts.take() }
    }
    #expect(Set(signals) == [.hangup, .terminate])
    #expect(interrupts.take().isEmpty)
  }

  @Test("A second request to end finds the default action, so that a stuck process can be ended")
  func secondSignal() throws {
    let interrupts = try Interrupts()
    kill(getpid(), SIGTERM)
    for _ in 0..<1000 where interrupts.take().isEmpty { sched_yield() }
    var action = sigaction()
    sigaction(SIGTERM, nil, &action)
    #expect(action.__sigaction_handler.sa_handler == nil)
    withExtendedLifetime(interrupts) {}
  }
}
