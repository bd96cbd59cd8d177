import Glibc
import Testing

@testable import StellaEngine

@Suite("A lock with a condition")
struct ConditionLockTests {
  @Test("A deadline is one of the clock that nobody can set: it doesn't come early, and it does come")
  func deadline() {
    let lock = ConditionLock()
    let moment = machineMonotonicTime() + 20_000_000
    lock.locked {
      while lock.wait(until: moment) {}
    }
    #expect(machineMonotonicTime() >= moment)
  }

  @Test("Who waits is woken before the deadline when there is news")
  func news() throws {
    let lock = ConditionLock()
    nonisolated(unsafe) var isThere = false
    let thread = try EngineThread.start {
      lock.locked {
        isThere = true
        lock.broadcast()
      }
    }
    let wasWoken = lock.locked {
      while !isThere {
        guard lock.wait(until: machineMonotonicTime() + 60_000_000_000) else { return false }
      }
      return true
    }
    pthread_join(thread, nil)
    #expect(wasWoken)
  }
}
