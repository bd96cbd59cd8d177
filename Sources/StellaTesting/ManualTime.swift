import StellaModel
import Synchronization

/// A clock that stands still until a test moves it, in either direction.
package final class ManualTime: TimeSource {
  private let nanoseconds: Atomic<Int64>

  package init(_ nanoseconds: Int64 = 1_790_000_000_000_000_000) { self.nanoseconds = Atomic(nanoseconds) }

  package func now() -> Int64 { nanoseconds.load(ordering: .relaxed) }

  package func advance(by nanoseconds: Int64) { self.nanoseconds.wrappingAdd(nanoseconds, ordering: .relaxed) }
}
