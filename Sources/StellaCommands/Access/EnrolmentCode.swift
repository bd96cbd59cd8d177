import StellaModel
import StellaRemediation
import StellaSQLite
import Synchronization

/// What makes the first admin: shown once where the server was started, used once, and of no use after an hour.
final class EnrolmentCode: Sendable {
  static let lifetime: Int64 = 3_600_000_000_000
  /// Letters and digits that nobody takes for others (Crockford's base 32).
  private static let letters = Array("0123456789abcdefghjkmnpqrstvwxyz")
  private static let length = 24

  private struct State {
    var digest: [UInt8]
    var until: Int64
  }

  private let state = Mutex<State?>(nil)

  /// A new one, in the place of one before: 120 unpredictable bits.
  func make(now: Int64) -> String {
    let code = String(LogKeyFile.unpredictable(Self.length).map { Self.letters[Int($0 & 31)] })
    state.withLock { $0 = State(digest: AccessSecret.digest(ofCode: code), until: now + Self.lifetime) }
    let groups = stride(from: 0, to: Self.length, by: 6).map { start in
      String(code.dropFirst(start).prefix(6))
    }
    return groups.joined(separator: "-")
  }

  /// Whether this is the code. Dashes, blanks and case don't matter.
  func fits(_ text: String, now: Int64) -> Bool {
    let code = text.lowercased().filter { !"- ".contains($0) }
    let digest = AccessSecret.digest(ofCode: code)
    return state.withLock { state in
      guard let known = state, now < known.until else { return false }
      return zip(known.digest, digest).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
  }

  func end() { state.withLock { $0 = nil } }
}
