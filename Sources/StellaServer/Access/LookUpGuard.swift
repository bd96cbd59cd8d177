import Synchronization

/// How many credentials that nobody has come in with yet may be looked up at once for one address. A flood of wrong ones so takes a part
/// of the places alone, and few once it is known for one; whoever came in before with theirs, behind the same address, waits for nobody.
///
/// Memory is bounded. It decides nothing about who is let in.
final class LookUpGuard: Sendable {
  /// Of the 512 that there are for all.
  static let most = 128
  /// For an address that has shown more wrong ones than it may.
  static let fewest = 8
  static let knownLimit = 16_384

  /// A look-up that was begun, for ``end(_:isValid:)``.
  struct Entry: Sendable {
    fileprivate let credential: Int
    /// Nil where it isn't counted.
    fileprivate let address: String?
  }

  private struct State {
    var waiting: [String: Int] = [:]
    /// Hashes, whose seed nobody else knows, of what was valid when it was looked up last.
    var known: Set<Int> = []
  }

  private let state = Mutex(State())

  /// - Parameter isSuspect: whether the address has shown too many wrong ones.
  /// - Returns: nil when too many of the address wait already.
  func begin(_ secret: String, from address: String, isSuspect: Bool) -> Entry? {
    let credential = secret.hashValue
    return state.withLock { state in
      if state.known.contains(credential) { return Entry(credential: credential, address: nil) }
      let waiting = state.waiting[address] ?? 0
      guard waiting < (isSuspect ? Self.fewest : Self.most) else { return nil }
      state.waiting[address] = waiting + 1
      return Entry(credential: credential, address: address)
    }
  }

  /// - Parameter isValid: nil when that could not be found out.
  func end(_ entry: Entry, isValid: Bool?) {
    state.withLock { state in
      if let address = entry.address {
        let waiting = state.waiting[address] ?? 0
        state.waiting[address] = waiting > 1 ? waiting - 1 : nil
      }
      switch isValid {
      case true?:
        if state.known.count >= Self.knownLimit { state.known.removeAll() }
        state.known.insert(entry.credential)
      case false?: state.known.remove(entry.credential)
      case nil: break
      }
    }
  }
}
