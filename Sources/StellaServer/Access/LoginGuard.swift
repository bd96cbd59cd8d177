import Synchronization

/// How often somebody may try to log in: a few times at once, then after ever longer waits, for each address and for each name.
///
/// Memory is bounded: addresses by a table whose oldest entry makes way, names by slots that they share by a hash nobody else knows.
/// Names that exist and names that don't are the same to it. The clock is the caller's; may be used from any thread.
package final class LoginGuard: Sendable {
  /// Attempts that need no wait.
  static let free = 5
  /// Nanoseconds that an address waits at most, and a name: the owner of a name that is under attack must get in some time.
  static let longestForAddress: Int64 = 900_000_000_000
  static let longestForName: Int64 = 60_000_000_000
  static let addressLimit = 4096
  static let nameSlots = 16_384
  private static let second: Int64 = 1_000_000_000

  private struct Attempts {
    var failures = 0
    var last: Int64 = 0
    /// When the one before was made.
    var former: Int64 = 0

    /// Nanoseconds from `now` until the next attempt may be made. Long after the last one they are forgotten.
    mutating func wait(at now: Int64, longest: Int64) -> Int64 {
      if failures > 0, now - last > 4 * longest { failures = 0 }
      guard failures >= LoginGuard.free else { return 0 }
      let length = min(longest, LoginGuard.second << min(failures - LoginGuard.free, 30))
      return max(0, last + length - now)
    }

    mutating func fail(at now: Int64) {
      failures = min(failures + 1, 1 << 20)
      (former, last) = (last, now)
    }

    mutating func takeBack() {
      failures = max(0, failures - 1)
      last = former
    }
  }

  private struct State {
    var addresses: [String: Attempts] = [:]
    var names: [Attempts] = []
  }

  private let state = Mutex(State())

  package init() {}

  /// Counts an attempt as failed until ``succeeded(address:name:)`` says otherwise, so that attempts at one moment count as well.
  ///
  /// - Returns: nanoseconds to wait; 0: it may be made now.
  package func begin(address: String, name: String, now: Int64) -> Int64 {
    state.withLock { state in
      if state.names.isEmpty { state.names = Array(repeating: Attempts(), count: Self.nameSlots) }
      let slot = Self.slot(name)
      var from = state.addresses[address] ?? Attempts()
      let wait = max(
        from.wait(at: now, longest: Self.longestForAddress),
        state.names[slot].wait(at: now, longest: Self.longestForName))
      guard wait == 0 else { return wait }
      from.fail(at: now)
      state.names[slot].fail(at: now)
      if state.addresses[address] == nil, state.addresses.count >= Self.addressLimit,
        let oldest = state.addresses.min(by: { $0.value.last < $1.value.last })?.key
      {
        state.addresses[oldest] = nil
      }
      state.addresses[address] = from
      return 0
    }
  }

  package func succeeded(address: String, name: String) {
    state.withLock { state in
      state.addresses[address] = nil
      if !state.names.isEmpty { state.names[Self.slot(name)] = Attempts() }
    }
  }

  /// Counts one attempt no longer, which was no wrong guess. The others keep counting, as it may have shown no right password either.
  package func takeBack(address: String, name: String) {
    state.withLock { state in
      state.addresses[address]?.takeBack()
      if !state.names.isEmpty { state.names[Self.slot(name)].takeBack() }
    }
  }

  /// Swift seeds its hashes anew in each process.
  private static func slot(_ name: String) -> Int { Int(UInt(bitPattern: name.hashValue) % UInt(nameSlots)) }

  var addressCount: Int { state.withLock { $0.addresses.count } }
}
