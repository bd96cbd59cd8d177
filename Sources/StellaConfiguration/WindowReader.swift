import StellaModel

/// Takes times of the day and points in time from checked YAML, and says what is wrong with them.
struct WindowReader {
  private(set) var problems: [ConfigurationError.Problem] = []

  mutating func window(_ entry: ConfigurationValue) -> Configuration.Window? {
    guard let from = entry["from"], let to = entry["to"], let start = clock(from), let end = clock(to) else {
      return nil
    }
    var window = Configuration.Window(
      days: entry["days"]?.elements.compactMap(\.text) ?? [], start: start, end: end)
    (window.offset, window.zone) = zone(entry["tz"])
    return window
  }

  /// A time that comes once, by the clock that the entry names.
  mutating func span(_ entry: ConfigurationValue) -> Configuration.Span? {
    guard let from = entry["starts"], let to = entry["ends"], let start = moment(from), let end = moment(to) else {
      return nil
    }
    if end <= start {
      refuse(.conflict, to, "it ends before it starts. Write a later time under `ends`.")
      return nil
    }
    var span = Configuration.Span(start: start, end: end, place: entry.place)
    (span.offset, span.zone) = zone(entry["tz"])
    return span
  }

  /// Seconds that the clock shows since 1970, of `2026-12-01T22:00`.
  private mutating func moment(_ value: ConfigurationValue) -> Int64? {
    guard let text = value.text else { return nil }
    if let time = Self.local(text) { return time / Timestamp.second }
    refuse(
      .wrongValue, value,
      "`\(shown(text))` is no date and time. Write it as 2026-12-01T22:00, and the clock that is meant under `tz`.")
    return nil
  }

  /// `2026-12-01` or `2026-12-01T22:00`, as if it were UTC.
  private static func local(_ text: String) -> Int64? {
    switch text.utf8.count {
    case 10: Timestamp.parse(text + "T00:00:00Z")
    case 16: Timestamp.parse(text + ":00Z")
    case 19: Timestamp.parse(text + "Z")
    default: nil
    }
  }

  /// A point in time: a day, which begins in UTC, or RFC 3339.
  mutating func time(_ value: ConfigurationValue?) -> Int64? {
    guard let value, let text = value.text else { return nil }
    if let time = text.utf8.count == 10 ? Self.local(text) : Timestamp.parse(text) { return time }
    refuse(
      .wrongValue, value,
      "`\(shown(text))` is no point in time. Write a day such as 2026-12-31, or 2026-12-31T18:00:00Z.")
    return nil
  }

  private mutating func zone(_ value: ConfigurationValue?) -> (offset: Int, zone: Configuration.Zone?) {
    guard let value, let text = value.text else { return (0, nil) }
    if text.hasPrefix("+") || text.hasPrefix("-") { return (offset(value), nil) }
    return (0, Configuration.Zone(name: text, place: value.place))
  }

  /// Minutes of `09:30`.
  private mutating func clock(_ value: ConfigurationValue) -> Int? {
    guard let text = value.text else { return nil }
    if let minutes = Self.minutes(text[...]) { return minutes }
    refuse(
      .wrongValue, value,
      "`\(shown(text))` is no time of day. Write hours and minutes in quotes, from \"00:00\" to \"23:59\".")
    return nil
  }

  /// Minutes of `+05:30`.
  private mutating func offset(_ value: ConfigurationValue) -> Int {
    guard let text = value.text else { return 0 }
    if let sign = text.first, "+-".contains(sign), let minutes = Self.minutes(text.dropFirst()) {
      return sign == "-" ? -minutes : minutes
    }
    refuse(.wrongValue, value, "`\(shown(text))` is no offset from UTC. Write it as \"+01:00\" or \"-05:30\".")
    return 0
  }

  private static func minutes(_ text: Substring) -> Int? {
    let bytes = Array(text.utf8)
    guard bytes.count == 5, bytes[2] == UInt8(ascii: ":"),
      [0, 1, 3, 4].allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[$0]) })
    else { return nil }
    let digit = { (index: Int) in Int(bytes[index] - UInt8(ascii: "0")) }
    let (hours, minutes) = (digit(0) * 10 + digit(1), digit(3) * 10 + digit(4))
    return hours < 24 && minutes < 60 ? hours * 60 + minutes : nil
  }

  private mutating func refuse(
    _ code: ConfigurationError.Problem.Code, _ value: ConfigurationValue, _ message: String
  ) {
    problems.append(.init(code, at: value.place, message))
  }

  private func shown(_ text: String) -> String { TextEscaping.oneLine(text, limit: 80) }
}
