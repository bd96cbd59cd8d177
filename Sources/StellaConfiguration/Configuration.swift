import FoundationEssentials
import StellaModel

/// What `stella.yaml` says. Everything has a default, so that no file is needed.
package struct Configuration: Sendable {
  /// One entry of `sources:`.
  package struct Source: Sendable {
    /// Paths and patterns; `-` is standard input.
    package var paths: [String]
    package var format = "auto"
    package var timeZone: String?
    package var year: Int?
    /// `start`, `end`, `checkpoint`, or nil for what the command line says.
    package var from: String?
    package var service: String?
    package var place: ConfigurationPlace
  }

  /// A value for a rule's parameter, and where it is written, for the error when the rule doesn't have it.
  package struct Parameter: Sendable {
    package var value: FieldValue
    package var place: ConfigurationPlace
  }

  package struct Limits: Sendable {
    package var lineBytes = 1 << 20
    package var lateness: Duration = .seconds(5)
    package var checkpoint: Duration = .seconds(1)
    package var workers = 1

    package init() {}
  }

  package struct Reload: Sendable {
    package var testGate = true
    package var testTime: Duration = .seconds(30)

    package init() {}
  }

  /// The file that was read; nil for the defaults.
  package var file: String?
  /// Directories and files with rules; nil for the default search.
  package var rules: [String]?
  package var sources: [Source] = []
  package var state = "./.stella"
  package var limits = Limits()
  package var reload = Reload()
  /// By rule id, then by parameter.
  package var params: [String: [String: Parameter]] = [:]
  /// In the order of the file, each name once.
  package var secrets: [SecretSettings] = []
  package var targets: [TargetSettings] = []
  /// Directories and files with fixes; nil for the default search.
  package var fixes: [String]?
  /// Who may decide, and what on.
  package var approvals = Approvals()
  /// What rules shall not see, and what nobody shall be told.
  package var muting = Muting()
  /// Of the execution log.
  package var log = Log()
  package var retention = Retention()
  package var server = Server()
  /// Nil where no syslog is taken in.
  package var syslog: SyslogSettings?
  /// In the order of the file.
  package var probes: [ProbeSettings] = []
  /// In the order of the file.
  package var scrapes: [ScrapeSettings] = []
  /// Nil where systemd's journal isn't read.
  package var journald: JournaldSettings?
  package var privacy = Privacy()
  /// Whom to tell of what.
  package var notify = NotificationSettings()

  /// What of ``serverParts`` was left out.
  package var leftOut: Set<String> = []

  package static let defaultFile = "stella.yaml"
  /// What only a running server uses, as `section` or `section.key`; smaller parts of a section are left out before all of it is.
  package static let serverParts: Set<String> = [
    "notify", "notify.sinks", "server", "server.webhooks", "syslog", "probes", "scrape", "journald",
  ]

  package init() {}

  /// Reads the configuration.
  ///
  /// - Parameters:
  ///   - path: the file to read; nil means `./stella.yaml` when it is there, else the defaults.
  ///   - environment: what `${NAME}` refers to.
  ///   - sparing: what is left out where a variable of it isn't set, such as ``serverParts``: it is looked at as far as that goes,
  ///     and no problem.
  /// - Throws: with every problem of the file.
  package static func load(
    path: String?, environment: [String: String], sparing: Set<String> = []
  ) throws(ConfigurationError) -> Configuration {
    guard let (file, text) = try read(path) else { return Configuration() }
    return try parse(text, file: file, environment: environment, sparing: sparing)
  }

  /// The state directory that a file names, which is all that somebody needs who asks the server on it: variables of the environment in
  /// other values belong to the server, and may be unset.
  ///
  /// - Parameters: as of ``load(path:environment:sparing:)``.
  /// - Throws: with every problem of the file but those variables, and what only shows when all of it is taken together.
  package static func state(path: String?, environment: [String: String]) throws(ConfigurationError) -> String {
    guard let (file, text) = try read(path) else { return Configuration().state }
    var reader = ConfigurationReader(file: file, environment: environment)
    let value = reader.read(text, keys: ConfigurationSchema.keys)
    let place = value?["state"]?.place
    let problems = reader.problems.filter { $0.code != .environment || $0.place == place }
    guard problems.isEmpty else { throw ConfigurationError(ordered(problems)) }
    return value?["state"]?.text.map { resolved($0, in: directory(of: file)) } ?? Configuration().state
  }

  private static func read(_ path: String?) throws(ConfigurationError) -> (file: String, text: String)? {
    guard let file = path ?? (FileManager.default.fileExists(atPath: defaultFile) ? defaultFile : nil) else {
      return nil
    }
    let place = ConfigurationPlace(file: file, line: 1, column: 1)
    guard let data = FileManager.default.contents(atPath: file) else {
      let reason = FileManager.default.fileExists(atPath: file) ? "can't be read. Check its rights." : "no such file."
      throw ConfigurationError([.init(.notReadable, at: place, reason)])
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      throw ConfigurationError([.init(.notYAML, at: place, "is not UTF-8.")])
    }
    return (file, text)
  }

  /// The same as ``load(path:environment:sparing:)`` for `text`, which stands in `file`: relative paths count from its directory.
  package static func parse(
    _ text: String, file: String, environment: [String: String] = [:], sparing: Set<String> = []
  ) throws(ConfigurationError) -> Configuration {
    var reader = ConfigurationReader(file: file, environment: environment, sparing: sparing)
    let value = reader.read(text, keys: ConfigurationSchema.keys)
    var problems = reader.problems
    var configuration = Configuration()
    configuration.file = file
    configuration.leftOut = reader.leftOut
    if let value {
      configuration.take(value, directory: directory(of: file), environment: environment, problems: &problems)
    }
    guard problems.isEmpty else {
      throw ConfigurationError(ordered(problems))
    }
    return configuration
  }

  private mutating func take(
    _ value: ConfigurationValue, directory: String, environment: [String: String],
    problems: inout [ConfigurationError.Problem]
  ) {
    func resolved(_ path: String) -> String { Self.resolved(path, in: directory) }
    takeApprovals(value, resolved: resolved, problems: &problems)
    takeMuting(value, resolved: resolved, environment: environment, problems: &problems)
    rules = value["rules"]?.elements.compactMap(\.text).map(resolved)
    if let state = value["state"]?.text { self.state = resolved(state) }
    for entry in value["sources"]?.elements ?? [] {
      let given = ["path", "paths", "stdin"].filter { entry[$0] != nil }
      if given.count != 1 || entry["stdin"]?.flag == false {
        let found = given.isEmpty ? "none" : given.map { "`\($0)`" }.joined(separator: " and ")
        problems.append(
          .init(
            .conflict, at: entry.place,
            "an entry of `sources` needs exactly one of `path`, `paths` and `stdin: true`; found \(found)."))
        continue
      }
      var paths = (entry["paths"]?.elements.compactMap(\.text) ?? []) + [entry["path"]?.text].compactMap(\.self)
      paths = entry["stdin"] != nil ? ["-"] : paths.map(resolved)
      var source = Source(paths: paths, place: entry.place)
      source.format = entry["format"]?.text ?? source.format
      source.timeZone = entry["tz"]?.text
      source.year = entry["year"]?.integer
      source.from = entry["from"]?.text
      source.service = entry["service"]?.text
      sources.append(source)
    }
    if let limits = value["limits"] {
      self.limits.lineBytes = limits["line_bytes"]?.bytes ?? self.limits.lineBytes
      self.limits.lateness = limits["lateness"]?.nanoseconds.map(Duration.nanoseconds) ?? self.limits.lateness
      self.limits.workers = limits["workers"]?.integer ?? self.limits.workers
      self.limits.checkpoint = limits["checkpoint"]?.nanoseconds.map(Duration.nanoseconds) ?? self.limits.checkpoint
    }
    if let reload = value["reload"] {
      self.reload.testGate = reload["test_gate"]?.flag ?? self.reload.testGate
      self.reload.testTime = reload["test_time"]?.nanoseconds.map(Duration.nanoseconds) ?? self.reload.testTime
    }
    takeTargets(value, resolved: resolved, problems: &problems)
    if let server = value["server"] { takeServer(server, resolved: resolved, problems: &problems) }
    if let probes = value["probes"] { takeProbes(probes, resolved: resolved, problems: &problems) }
    if let scrapes = value["scrape"] { takeScrapes(scrapes, resolved: resolved, problems: &problems) }
    if let journald = value["journald"] { takeJournald(journald, resolved: resolved) }
    if let syslog = value["syslog"] { takeSyslog(syslog, resolved: resolved, problems: &problems) }
    if let privacy = value["privacy"] { takePrivacy(privacy, problems: &problems) }
    if let notify = value["notify"] { takeNotify(notify, resolved: resolved, problems: &problems) }
    for (rule, values) in value["params"]?.members ?? [] {
      for (name, value) in values.members {
        if let scalar = value.scalar { params[rule, default: [:]][name] = Parameter(value: scalar, place: value.place) }
      }
    }
  }

  private static func ordered(_ problems: [ConfigurationError.Problem]) -> [ConfigurationError.Problem] {
    problems.sorted { ($0.place.line, $0.place.column) < ($1.place.line, $1.place.column) }
  }

  private static func resolved(_ path: String, in directory: String) -> String {
    path.hasPrefix("/") || path == "-" || directory.isEmpty ? path : directory + "/" + path
  }

  private static func directory(of file: String) -> String {
    guard let slash = file.lastIndex(of: "/") else { return "" }
    return slash == file.startIndex ? "/" : String(file[..<slash])
  }
}
