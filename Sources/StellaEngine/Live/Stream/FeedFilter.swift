import StellaDetection
import StellaModel

/// What a client of a ``LiveFeed`` wants of it.
package struct FeedFilter: Sendable, Hashable {
  package enum Kind: String, Sendable, CaseIterable {
    case event, alert, run, silence
  }

  /// In which form messages come.
  package enum Framing: Sendable, Hashable {
    /// Server-sent events (WHATWG HTML, section 9.2).
    case serverSentEvents
    /// One JSON object a line: `{"id":…,"type":…,"data":{…}}`.
    case lines
    /// Such an object in a message of its own.
    case messages
  }

  package var kinds: Set<Kind> = Set(Kind.allCases)
  /// Events of at least this level; those without one are left out then.
  package var level: LogLevel?
  /// Events of these services, alerts whose key names one of them, and silences but for those whose key names another; empty: all.
  package var services: [String] = []
  /// Alerts, runs and silences of these rules; empty: all.
  package var rules: [String] = []
  /// Alerts of at least this severity.
  package var severity: Severity?
  /// Events that this holds for.
  package var condition: Expression?
  package var framing = Framing.serverSentEvents
  /// Whether personal data is shown.
  package var isPrivileged = false

  package init() {}

  /// Bytes of a condition at most.
  private static let conditionBytes = 4096
  /// Values of a list at most.
  private static let listLimit = 64
  package static let names = ["types", "level", "service", "rule", "severity", "where"]

  /// Reads the parameters of a request.
  ///
  /// - Throws: ``CommandFailure`` `usage` that says which makes no sense.
  package init(_ parameters: [(name: String, value: String)]) throws(CommandFailure) {
    for (name, value) in parameters {
      switch name {
      case "types":
        kinds = []
        for word in try Self.list(name, value) {
          guard let kind = Kind.allCases.first(where: { word == $0.rawValue || word == $0.rawValue + "s" }) else {
            throw CommandFailure(
              .usage,
              TextEscaping.oneLine("there is no type \(word). There are event, alert, run and silence.", limit: 200))
          }
          kinds.insert(kind)
        }
      case "level":
        guard let level = LogLevel.allCases.first(where: { $0.name == value }) else {
          throw Self.unknown("level", value, LogLevel.allCases.map(\.name))
        }
        self.level = level
      case "severity":
        guard let severity = Severity(rawValue: value) else {
          throw Self.unknown("severity", value, Severity.allCases.map(\.rawValue))
        }
        self.severity = severity
      case "service": services = try Self.list(name, value)
      case "rule": rules = try Self.list(name, value)
      case "where":
        guard value.utf8.count <= Self.conditionBytes else {
          throw CommandFailure(.usage, "`where` is over \(Self.conditionBytes) bytes.")
        }
        do throws(ExpressionError) {
          condition = try Expression.parse(value)
        } catch {
          throw CommandFailure(.usage, "`where` is no condition: \(error)")
        }
      default:
        let hint = NearestName.of(name, in: Self.names).map { " Did you mean \($0)?" } ?? ""
        throw CommandFailure(
          .usage,
          TextEscaping.oneLine(
            "there is no parameter \(name).\(hint) There are \(Self.names.joined(separator: ", ")).", limit: 300))
      }
    }
  }

  private static func list(_ name: String, _ value: String) throws(CommandFailure) -> [String] {
    let words = value.split(separator: ",").map(String.init)
    guard !words.isEmpty, words.count <= listLimit else {
      throw CommandFailure(.usage, "`\(name)` takes 1 to \(listLimit) values with commas between them.")
    }
    return Set(words).sorted()
  }

  private static func unknown(_ name: String, _ value: String, _ known: [String]) -> CommandFailure {
    CommandFailure(
      .usage,
      TextEscaping.oneLine("there is no \(name) \(value). There are \(known.joined(separator: ", ")).", limit: 300))
  }

  func wants(level found: LogLevel?, service: String?, _ masker: Masker) -> Bool {
    if let level { guard let found, found >= level else { return false } }
    return wants(service: service, masker)
  }

  /// Services are asked for by what they are called for the client: nobody is told what is behind a mask.
  func wants(service: String?, _ masker: Masker) -> Bool {
    if services.isEmpty { return true }
    guard let service else { return false }
    return services.contains(isPrivileged ? service : masker.masked(service, of: "service"))
  }
}
