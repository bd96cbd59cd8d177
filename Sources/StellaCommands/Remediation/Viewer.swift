import Glibc
import StellaModel
import StellaRemediation

/// Who asks: a user of this machine, as the kernel says, and never what somebody claims.
struct Viewer: Sendable {
  let uid: UInt32
  /// The account's name, if it has one.
  let account: String?
  /// Nil when `users:` knows nobody, or more than one, with this account.
  let person: Person?
  /// Why there is no person; nil when there is.
  let problem: String?

  /// - Parameter uid: of who asks; that of this process, for the person at the terminal.
  init(_ people: People, uid: UInt32 = getuid()) {
    self.uid = uid
    account = Viewer.account(of: uid)
    switch people.identity(uid: uid, osName: account) {
    case .person(let found):
      person = found
      problem = found.isDisabled ? "\(found.name) is disabled in stella.yaml" : nil
    case .unknown:
      person = nil
      problem =
        "no entry of `users:` in stella.yaml has the account \(Viewer.name(uid, account)); an admin adds one, such as "
        + "`\(account ?? "mara"): { uids: [\(uid)], roles: [approver] }`"
    case .ambiguous(let one, let other):
      person = nil
      problem =
        "the account \(Viewer.name(uid, account)) leads to \(one) and \(other) in `users:`; an admin "
        + "corrects that"
    }
  }

  /// `mara (uid 1001)`.
  var text: String { Viewer.name(uid, account) }

  private static func name(_ uid: UInt32, _ account: String?) -> String {
    account.map { "\($0) (uid \(uid))" } ?? "uid \(uid)"
  }

  var report: RunReport.Viewer {
    if let person { return .person(person.name) }
    return .nobody(text, reason: problem ?? "")
  }

  /// The person's name.
  ///
  /// - Throws: ``CommandFailure`` `notPermitted` when nobody is known by this account.
  func voter() throws(CommandFailure) -> String {
    guard let person, problem == nil else { throw CommandFailure(.notPermitted, problem ?? "") }
    return person.name
  }

  /// Who it is on the log, for what only an admin may do.
  ///
  /// - Throws: ``CommandFailure`` `notPermitted` for everybody else.
  func admin(_ what: String) throws(CommandFailure) -> String {
    let name = try voter()
    guard person?.roles.contains(.admin) == true else {
      throw CommandFailure(.notPermitted, "only an admin can \(what)")
    }
    return "user:\(name)"
  }

  private static func account(of uid: UInt32) -> String? {
    var record = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 16 << 10)
    guard getpwuid_r(uid, &record, &buffer, buffer.count, &found) == 0, found != nil else { return nil }
    return record.pw_name.map { String(cString: $0) }
  }
}
