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
    raise(SIGHUP)
    raise(SIGTERM)
    #expect(waiter.wait().contains(.interrupted))
    #expect(interrupts.take() == [.hangup, .terminate])
    #expect(interrupts.take().isEmpty)
  }

  @Test("A second request to end finds the default action, so that a stuck process can be ended")
  func secondSignal() throws {
    let interrupts = try Interrupts()
    // To this thread, so that the handler has run on return.
    raise(SIGTERM)
    #expect(interrupts.take() == [.terminate])
    var action = sigaction()
    sigaction(SIGTERM, nil, &action)
    #expect(action.__sigaction_handler.sa_handler == nil)
    withExtendedLifetime(interrupts) {}
  }
}
