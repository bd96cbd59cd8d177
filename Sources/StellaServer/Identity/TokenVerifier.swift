import Crypto
import Synchronization

/// Says whom tokens of one issuer are about. Blocks while its keys are read; may be asked from several threads at once.
package final class TokenVerifier: Sendable {
  private struct State {
    var keys: TokenKeySet?
    /// When they were read.
    var readAt: Int64?
    /// When that was tried.
    var triedAt: Int64?
    var isReading = false
    /// Tokens whose signature was right, by digest, with when they are over.
    var known: [[UInt8]: (subject: TokenSubject, keyNumber: Int)] = [:]
    /// Counts sets of keys: a token is known for as long as the set is in use that it was signed with.
    var number = 0
  }

  /// However many unknown keys are named, the issuer is asked no more often. Nanoseconds.
  private static let step: Int64 = 10_000_000_000
  /// Keys that can't be read anew hold for so long.
  private static let patience: Int64 = 86_400_000_000_000
  private static let knownLimit = 4096

  private let rules: TokenRules
  private let every: Int64
  private let read: @Sendable () -> [UInt8]?
  private let state = Mutex(State())

  /// - Parameters:
  ///   - every: keys are read anew after so many nanoseconds, and at once when a token names another, but not more often than every
  ///     ten seconds.
  ///   - read: the issuer's keys as JSON; nil when they can't be had. Blocks.
  package init(_ rules: TokenRules, every: Int64, read: @escaping @Sendable () -> [UInt8]?) {
    (self.rules, self.every, self.read) = (rules, every, read)
  }

  /// Whether a text is meant as such a token, and not as a secret of ours.
  package static func isToken(_ text: String) -> Bool { SignedToken.isLike(text) }

  /// Whether these are keys of which any can be used.
  package static func areKeys(_ json: [UInt8]) -> Bool { TokenKeySet(json: json) != nil }

  /// - Parameter now: nanoseconds since the epoch.
  package func subject(of text: String, now: Int64) throws(TokenRefusal) -> TokenSubject {
    let token = try SignedToken(text)
    // Before anything is asked for its sake.
    let subject = try rules.subject(of: token.claims, now: now)
    let digest = Array(SHA256.hash(data: Array(text.utf8)))
    refresh(now: now, isNeeded: false)
    if state.withLock({ state in state.known[digest]?.keyNumber == state.number }) { return subject }
    var found = self.found(for: token)
    if found.keys?.isEmpty ?? true {
      refresh(now: now, isNeeded: true)
      found = self.found(for: token)
    }
    guard let keys = found.keys else { throw .unavailable }
    // Another thread may be about to have it.
    guard !keys.isEmpty else { throw found.isReading ? TokenRefusal.unavailable : TokenRefusal.key }
    guard keys.contains(where: { $0.hasSigned(token.signed, token.signature, by: token.algorithm) }) else {
      throw .signature
    }
    state.withLock { [number = found.number] state in
      if state.known.count >= Self.knownLimit { state.known = state.known.filter { $0.value.subject.until > now } }
      if state.known.count >= Self.knownLimit { state.known = [:] }
      state.known[digest] = (subject, number)
    }
    return subject
  }

  /// The keys that a token may be signed with, and of which set they are; nil where there are none at all.
  private func found(for token: SignedToken) -> (keys: [TokenKey]?, number: Int, isReading: Bool) {
    state.withLock { ($0.keys?.keys(for: token), $0.number, $0.isReading) }
  }

  /// Reads the keys anew when they are too old, or a token needs another. Whoever comes meanwhile takes those that there are.
  private func refresh(now: Int64, isNeeded: Bool) {
    let isDue = state.withLock { state in
      if let read = state.readAt, now - read > Self.patience || now < read - Self.patience {
        (state.keys, state.readAt, state.known) = (nil, nil, [:])
      }
      let isOld = state.readAt.map { now - $0 >= every || now < $0 } ?? true
      let isTooSoon = state.triedAt.map { (0..<Self.step).contains(now - $0) } ?? false
      guard isOld || isNeeded, !isTooSoon, !state.isReading else { return false }
      (state.isReading, state.triedAt) = (true, now)
      return true
    }
    guard isDue else { return }
    let keys = read().flatMap { TokenKeySet(json: $0) }
    state.withLock { state in
      state.isReading = false
      guard let keys else { return }
      (state.keys, state.readAt) = (keys, now)
      state.number += 1
      state.known = [:]
    }
  }
}
