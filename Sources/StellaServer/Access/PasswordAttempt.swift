import NIOCore
import StellaModel

/// Somebody who is logged in shows the password there is now. Whoever has stolen the session may only be guessing it: so the attempt is
/// held back, paid for and put on record as a login is.
struct PasswordAttempt: Sendable {
  let work: RequestWork
  let attempts: LoginGuard
  let authority: any AccessAuthority
  let name: String
  let address: String

  /// Counts it as failed until ``succeeded()``, or ``ended(_:)`` says that it failed for another reason.
  ///
  /// - Returns: seconds to wait; nil: it may be made now.
  func begin() -> Int64? {
    let wait = attempts.begin(address: address, name: name, now: Int64(clamping: NIODeadline.now().uptimeNanoseconds))
    return wait == 0 ? nil : (wait + 999_999_999) / 1_000_000_000
  }

  /// Puts a wrong password on record. Blocks.
  func failed(_ failure: CommandFailure) {
    guard failure == AccessRequest.wrongPassword else { return }
    authority.noteWrongPassword(of: name, address: address)
  }

  /// What failed though the password was right, or before it was looked at, was no wrong guess.
  func ended(_ failure: CommandFailure) {
    guard failure != AccessRequest.wrongPassword else { return }
    attempts.takeBack(address: address, name: name)
  }

  func succeeded() { attempts.succeeded(address: address, name: name) }
}
