import Glibc
import StellaConfiguration
import StellaEffects
import StellaEngine
import StellaModel

/// Looks at what `stella serve` reads and asks by itself: files, systemd's journal, probes and scrapes. Asks none of them.
struct SourceDoctor {
  private let configuration: Configuration

  init(_ configuration: Configuration) { self.configuration = configuration }

  func checkups() -> [Checkup] {
    var checkups = configuration.sources.flatMap { source in
      zone(source.timeZone, "sources", "\(source.place): ") + source.paths.map(check)
    }
    if let syslog = configuration.syslog { checkups += zone(syslog.timeZone, "syslog", "") }
    if configuration.journald != nil, !Self.isInstalled("journalctl") {
      checkups.append(
        .problem("journald", "there is no journalctl to read it with", "Take `journald:` out, or install systemd."))
    }
    let secrets = SecretBook.readable(configuration.secrets, environment: Configuration.environment)
    // These have lines of their own.
    let unread = Set(secrets.problems.map(\.secret))
    checkups += polled("probes", configuration.probes) { probe in
      if case .redis(_, let password) = probe.kind { password } else { nil }
    } value: {
      unread.contains($0.name) ? nil : Self.trouble($0, secrets.book)
    }
    checkups += polled("scrape", configuration.scrapes, secret: \.token) {
      unread.contains($0.name) ? nil : Self.trouble($0, secrets.book)
    }
    return checkups
  }

  private func check(_ path: String) -> Checkup {
    switch SourceOutlook(of: path) {
    case .ready(let files):
      let isPattern = path != "-" && files != 1
      return .ok(
        "sources",
        path == "-"
          ? "standard input is read"
          : isPattern ? "\(CountText.count(files, "file")) of \(path) can be read" : "\(path) can be read")
    case .absent:
      return .warning(
        "sources", "nothing is there for \(path): it is read once it is",
        "Correct it in stella.yaml, if it is mistyped.")
    case .refused(let errors):
      let more = errors.count > 1 ? "; \(errors.count - 1) more can't be read" : ""
      return .problem("sources", (errors.first.map { "\($0)" } ?? path) + more, "")
    }
  }

  private func zone(_ name: String?, _ subject: String, _ place: String) -> [Checkup] {
    guard let name, TimeZones.rules(name) == nil else { return [] }
    return [
      .problem(
        subject, "\(place)there is no time zone \(name)", "Use an IANA name such as Europe/Berlin, or +02:00.")
    ]
  }

  private func polled<Settings: PolledSettings>(
    _ section: String, _ all: [Settings], secret: (Settings) -> SecretReference?, value: (SecretReference) -> String?
  ) -> [Checkup] {
    var checkups: [Checkup] = []
    for settings in all {
      if let trouble = NetworkSources.authorityTrouble(settings) {
        checkups.append(.problem(section, "\(settings.name): \(trouble)", "Correct it in stella.yaml."))
      }
      if let trouble = secret(settings).flatMap(value) {
        checkups.append(.problem(section, "\(settings.name): \(trouble)", ""))
      }
    }
    if checkups.isEmpty, !all.isEmpty {
      let count = section == "probes" ? CountText.count(all.count, "probe") : CountText.count(all.count, "endpoint")
      checkups.append(.ok(section, "\(count) in order; nothing of it is asked here"))
    }
    return checkups
  }

  private static func trouble(_ secret: SecretReference, _ book: SecretBook) -> String? {
    do throws(TargetError) {
      _ = try book.value(of: secret)
      return nil
    } catch {
      return error.message
    }
  }

  private static func isInstalled(_ program: String) -> Bool {
    let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
    return path.split(separator: ":").contains { access("\($0)/\(program)", X_OK) == 0 }
  }
}
