import StellaModel

/// Figures in the text format of Prometheus (version 0.0.4), and as JSON. Families come in the order in which they are first named.
package struct MetricsText: Sendable {
  package enum Kind: String, Sendable {
    case counter, gauge
  }

  package struct Sample: Sendable, Hashable {
    package var labels: [Label]
    package var value: Double

    package init(labels: [Label], value: Double) { (self.labels, self.value) = (labels, value) }
  }

  package struct Label: Sendable, Hashable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) { (self.name, self.value) = (name, value) }
  }

  package struct Family: Sendable {
    package var name: String
    package var kind: Kind
    package var meaning: String
    package var samples: [Sample]
  }

  package private(set) var families: [Family] = []

  package init() {}

  /// - Parameters:
  ///   - name: with its unit; `_total` behind that of a counter.
  ///   - meaning: one sentence for people.
  package mutating func add(_ name: String, _ kind: Kind, _ meaning: String, _ value: some BinaryInteger) {
    add(name, kind, meaning, [Sample(labels: [], value: Double(value))])
  }

  package mutating func add(_ name: String, _ kind: Kind, _ meaning: String, seconds nanoseconds: Int64) {
    add(name, kind, meaning, [Sample(labels: [], value: Double(nanoseconds) / 1e9)])
  }

  package mutating func add(_ name: String, _ kind: Kind, _ meaning: String, _ samples: [Sample]) {
    families.append(Family(name: name, kind: kind, meaning: meaning, samples: samples))
  }

  /// The exposition format.
  package var text: String {
    var text = ""
    for family in families where !family.samples.isEmpty {
      text +=
        "# HELP \(family.name) \(Self.escaped(family.meaning, quotes: false))\n# TYPE \(family.name) \(family.kind.rawValue)\n"
      for sample in family.samples {
        text += family.name
        if !sample.labels.isEmpty {
          let labels = sample.labels.map { "\($0.name)=\"\(Self.escaped($0.value, quotes: true))\"" }
          text += "{" + labels.joined(separator: ",") + "}"
        }
        text += " \(Self.number(sample.value))\n"
      }
    }
    return text
  }

  /// `{"metrics":[{"name","type","help","samples":[{"labels":{…},"value":…}]}]}`.
  package var json: String {
    FieldValue.object([
      .init(
        "metrics",
        .array(
          families.filter { !$0.samples.isEmpty }.map { family in
            .object([
              .init("name", .string(family.name)), .init("type", .string(family.kind.rawValue)),
              .init("help", .string(family.meaning)),
              .init(
                "samples",
                .array(
                  family.samples.map { sample in
                    .object([
                      .init("labels", .object(sample.labels.map { .init($0.name, .string($0.value)) })),
                      .init("value", Int64(exactly: sample.value).map { .integer($0) } ?? .double(sample.value)),
                    ])
                  })),
            ])
          }))
    ]).json + "\n"
  }

  private static func number(_ value: Double) -> String {
    if let whole = Int64(exactly: value) { return String(whole) }
    return value.isNaN ? "NaN" : value.isInfinite ? (value < 0 ? "-Inf" : "+Inf") : value.description
  }

  private static func escaped(_ text: String, quotes: Bool) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": escaped += #"\\"#
      case "\n": escaped += #"\n"#
      case "\"" where quotes: escaped += #"\""#
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}
