import FoundationEssentials
import StellaModel

extension Configuration {
  /// Hours that come again, as they are written.
  package struct Window: Sendable, Hashable {
    /// As written: `mon` … `sun`; empty: all.
    package var days: [String]
    /// Minutes since midnight, and minutes ahead of UTC.
    package var start: Int
    package var end: Int
    package var offset = 0
    /// Nil for a fixed offset.
    package var zone: Zone?
  }

  /// A time that comes once.
  package struct Span: Sendable, Hashable {
    /// Seconds since 1970 that the clock shows, and how many minutes it is ahead of UTC.
    package var start: Int64
    package var end: Int64
    package var offset = 0
    /// Nil for a fixed offset.
    package var zone: Zone?
    package var place: ConfigurationPlace
  }

  /// A time zone as it is written; whether there is such a one only the machine knows.
  package struct Zone: Sendable, Hashable {
    package var name: String
    package var place: ConfigurationPlace
  }

  /// What `exceptions:`, `shadow:` and `maintenance:` say. Times are nanoseconds since the epoch.
  package struct Muting: Sendable {
    package struct Exception: Sendable {
      package var rules: [String]
      package var condition: String?
      package var key: [FieldValue.Member]
      package var author: String
      package var reason: String
      package var expires: Int64
      package var place: ConfigurationPlace
    }

    package struct Shadow: Sendable {
      package var rules: [String]
      package var author: String
      package var reason: String
      /// Nil for as long as it is written.
      package var until: Int64?
      package var place: ConfigurationPlace
    }

    package struct Maintenance: Sendable {
      package var name: String
      /// Empty: all.
      package var rules: [String]
      package var key: [FieldValue.Member]
      package var windows: [Window]
      package var spans: [Span]
      package var author: String
      package var reason: String
      package var place: ConfigurationPlace
    }

    package var exceptions: [Exception] = []
    package var shadows: [Shadow] = []
    package var maintenance: [Maintenance] = []

    package init() {}

    /// Every rule that is named, with where and under which key.
    package var rules: [(id: String, place: String, what: String)] {
      exceptions.flatMap { entry in entry.rules.map { ($0, "\(entry.place)", "exceptions") } }
        + shadows.flatMap { entry in entry.rules.map { ($0, "\(entry.place)", "shadow") } }
        + maintenance.flatMap { entry in entry.rules.map { ($0, "\(entry.place)", "maintenance") } }
    }
  }

  mutating func takeMuting(
    _ value: ConfigurationValue, resolved: (String) -> String, environment: [String: String],
    problems: inout [ConfigurationError.Problem]
  ) {
    var reader = MutingReader()
    reader.read(value)
    for path in value["exception_files"]?.elements ?? [] {
      guard let text = path.text else { continue }
      let file = resolved(text)
      guard let data = FileManager.default.contents(atPath: file), let content = String(validating: data, as: UTF8.self)
      else {
        problems.append(
          .init(
            .notReadable, at: path.place,
            "`\(TextEscaping.oneLine(file))` can't be read, or is not UTF-8. Put the exceptions there, or take it out.")
        )
        continue
      }
      var checked = ConfigurationReader(file: file, environment: environment)
      let keys = ConfigurationSchema.muting.filter { $0.name == "exceptions" }
      if let value = checked.read(content, keys: keys) { reader.read(value) }
      problems += checked.problems
    }
    muting = reader.muting
    problems += reader.problems
  }
}
