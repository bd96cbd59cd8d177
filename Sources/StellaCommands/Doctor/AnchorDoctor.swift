import Glibc
import StellaConfiguration
import StellaEngine
import StellaModel
import StellaRemediation
import StellaSQLite

/// Looks at the anchors of the log: whether they can be reached, fit the store's log, and are up to date.
struct AnchorDoctor {
  /// From when on an anchor that lacks records is called stale, in nanoseconds: an hour.
  static let stale: Int64 = 3_600_000_000_000

  private let configuration: Configuration

  init(_ configuration: Configuration) { self.configuration = configuration }

  /// - Parameter log: the store's; nil when there is none.
  func checkups(_ log: StateDoctor.StoredLog?) -> [Checkup] {
    var checkups = zip(configuration.log.anchors, AnchorAssembly.anchors(configuration)).map { place, anchor in
      misplaced(place) ?? check(anchor, place, log)
    }
    if let hold = log?.hold {
      checkups.append(.problem("log", "no run begins: \(hold)", "Bring an anchor back, then: `stella log checkpoint`"))
    }
    return checkups
  }

  private func misplaced(_ place: LogAnchorPlace) -> Checkup? {
    let inside: String?
    switch place {
    case .file(let path): inside = StateDoctor.resolved(StateDoctor.parent(of: path))
    case .git(let path): inside = StateDoctor.resolved(path)
    case .http: inside = nil
    }
    guard let inside, let state = StateDoctor.resolved(configuration.state),
      inside == state || inside.hasPrefix(state + "/")
    else { return nil }
    return .warning(
      "log", "the anchor \(name(place)) is within \(configuration.state)",
      "Keep it where who can write the store can't write.")
  }

  private func name(_ place: LogAnchorPlace) -> String {
    switch place {
    case .file(let path): path
    case .git(let path): "git:" + path
    case .http(let address, _): address.origin.description + address.path
    }
  }

  private func check(_ anchor: any LogAnchor, _ place: LogAnchorPlace, _ log: StateDoctor.StoredLog?) -> Checkup {
    let name = name(place)
    do throws(LogAnchorError) {
      let newest = try anchor.newest()
      if let newest, let log, newest.log != log.id || newest.size > log.size {
        return .problem(
          "log",
          newest.log == log.id
            ? "the anchor \(name) has \(CountText.count(Int(newest.size), "record")) and the store has \(log.size): "
              + "records are gone"
            : "the anchor \(name) is of another log than the one in the store: that was replaced, or is new",
          "See what `stella log verify` says before anything else is done.")
      }
      if case .file(let path) = place, newest == nil, access(StateDoctor.parent(of: path), W_OK | X_OK) != 0 {
        return .problem(
          "log", "the anchor \(name) can't be made: \(String(cString: strerror(errno)))",
          "Make its directory writable, or name another place.")
      }
      if let newest, let lag = lag(newest, log), lag.age >= Self.stale {
        return .warning(
          "log", "the anchor \(name) is \(lag.text)", "Nothing signs the log at present: `stella log checkpoint`")
      }
      return .ok(
        "log", "the anchor \(name) has \(newest.map { CountText.count(Int($0.size), "record") } ?? "nothing yet")")
    } catch {
      let receipt = log?.receipts.first { $0.anchor == anchor.name }?.checkpoint
      let behind = receipt.flatMap { lag($0, log) }.map { "; it is \($0.text)" } ?? ""
      if error.code == .writeOnly { return .ok("log", "the anchor \(name) \(error.message)\(behind)") }
      return .problem("log", "\(error)\(behind)", "")
    }
  }

  private func lag(_ checkpoint: LogCheckpoint, _ log: StateDoctor.StoredLog?) -> LogLag? {
    guard let log, checkpoint.log == log.id else { return nil }
    return LogLag(of: checkpoint, behind: log.size, now: SystemTime().now())
  }
}
