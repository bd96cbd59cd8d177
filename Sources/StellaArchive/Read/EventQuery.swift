import StellaDetection
import StellaModel

/// Which events of an archive somebody wants.
package struct EventQuery: Sendable, Hashable {
  package enum Order: String, Sendable, CaseIterable {
    case newest, oldest
  }

  /// Nanoseconds since the epoch; events from then on.
  package var since: Int64?
  /// Events before then.
  package var until: Int64?
  package var search: SearchText?
  package var condition: Expression?
  /// At least this one; events without a level are left out then.
  package var level: LogLevel?
  /// Empty for all.
  package var services: [String] = []
  package var order = Order.newest
  /// The most that are given at a time.
  package var limit = 100
  /// Behind the event with this number, in the order that is asked for.
  package var after: Int64?
  /// Only events before the one with this number; nil for all.
  package var before: Int64?
  /// Whether personal data is shown.
  package var isPrivileged = false

  package init() {}

  /// Events of one answer at most.
  package static let limits = 1...1000
  private static let conditionBytes = 4096
  private static let listLimit = 64
  package static let filterNames = ["since", "until", "search", "where", "level", "service"]
  package static let names = filterNames + ["order", "limit", "after"]

  /// Reads the parameters of a request.
  ///
  /// - Parameters:
  ///   - names: those that are taken, of ``names``.
  ///   - now: what a time such as `1h` counts back from.
  /// - Throws: ``CommandFailure`` `usage` that says which makes no sense.
  package init(
    _ parameters: [(name: String, value: String)], names: [String] = Self.names, now: Int64
  ) throws(CommandFailure) {
    for (name, value) in parameters {
      guard names.contains(name) else { throw Self.unknown(name, among: names) }
      switch name {
      case "since": since = try Self.time(name, value, now: now)
      case "until": until = try Self.time(name, value, now: now)
      case "search": search = try Self.search(value)
      case "where": condition = try Self.condition(value)
      case "level": level = try Self.level(value)
      case "service": services = try Self.list(name, value)
      case "order":
        guard let order = Order(rawValue: value) else {
          throw Self.unknown(name, value, Order.allCases.map(\.rawValue))
        }
        self.order = order
      case "limit":
        guard let limit = Int(value), Self.limits.contains(limit) else {
          throw CommandFailure(
            .usage,
            TextEscaping.oneLine(
              "limit \(value): write a number from \(Self.limits.lowerBound) to \(Self.limits.upperBound).", limit: 200)
          )
        }
        self.limit = limit
      case "after":
        guard let after = Int64(value), after >= 0, after < .max else {
          throw CommandFailure(
            .usage,
            TextEscaping.oneLine("after \(value): write the `id` of an event, or what `stella-next` said.", limit: 200))
        }
        self.after = after
      default: throw Self.unknown(name, among: names)
      }
    }
    try Self.check(since, until)
  }

  var rows: RowFilter {
    RowFilter(since: since ?? .min, until: until ?? .max, level: level, services: services)
  }

  /// Numbers of events that it is for.
  var numbers: Range<Int64> {
    let low = order == .oldest ? (after ?? -1) + 1 : Int64.min
    let high = min(before ?? .max, order == .newest ? after ?? .max : .max)
    return low..<max(low, high)
  }

  // MARK: - Values

  /// A time as RFC 3339 has it, or how long ago.
  package static func time(_ name: String, _ value: String, now: Int64) throws(CommandFailure) -> Int64 {
    if let length = DurationText.nanoseconds(value) { return now.subtractingReportingOverflow(length).partialValue }
    if let time = Timestamp.ofParameter(value) { return time }
    throw CommandFailure(
      .usage,
      TextEscaping.oneLine(
        "\(name) \(value): write a time such as 2026-01-31T09:00:00Z, or how long ago, such as 1h or 7d.", limit: 300))
  }

  static func check(_ since: Int64?, _ until: Int64?) throws(CommandFailure) {
    guard let since, let until, since >= until else { return }
    throw CommandFailure(.usage, "`since` is not before `until`, so that there is nothing between them.")
  }

  static func level(_ value: String) throws(CommandFailure) -> LogLevel {
    guard let level = LogLevel.allCases.first(where: { $0.name == value }) else {
      throw unknown("level", value, LogLevel.allCases.map(\.name))
    }
    return level
  }

  static func list(_ name: String, _ value: String) throws(CommandFailure) -> [String] {
    let words = value.split(separator: ",").map(String.init)
    guard !words.isEmpty, words.count <= listLimit else {
      throw CommandFailure(.usage, "`\(name)` takes 1 to \(listLimit) values with commas between them.")
    }
    return Set(words).sorted()
  }

  private static func search(_ value: String) throws(CommandFailure) -> SearchText? {
    if value.isEmpty { return nil }
    guard value.utf8.count <= SearchText.limit, !value.utf8.contains(0x0a) else {
      throw CommandFailure(.usage, "`search` takes one line of at most \(SearchText.limit) bytes.")
    }
    return SearchText(value)
  }

  private static func condition(_ value: String) throws(CommandFailure) -> Expression {
    guard value.utf8.count <= conditionBytes else {
      throw CommandFailure(.usage, "`where` is over \(conditionBytes) bytes.")
    }
    do throws(ExpressionError) {
      return try Expression.parse(value)
    } catch {
      throw CommandFailure(.usage, TextEscaping.oneLine("`where` is no condition: \(error)", limit: 1000))
    }
  }

  static func unknown(_ name: String, _ value: String, _ known: [String]) -> CommandFailure {
    let hint = NearestName.of(value, in: known).map { " Did you mean \($0)?" } ?? ""
    return CommandFailure(
      .usage,
      TextEscaping.oneLine(
        "\(name) \(value): there is no such \(name).\(hint) There are \(known.joined(separator: ", ")).", limit: 400))
  }

  static func unknown(_ name: String, among names: [String]) -> CommandFailure {
    let hint = NearestName.of(name, in: names).map { " Did you mean \($0)?" } ?? ""
    return CommandFailure(
      .usage,
      TextEscaping.oneLine(
        "there is no parameter \(name).\(hint) There are \(names.joined(separator: ", ")).", limit: 400))
  }
}
