import StellaDetection
import StellaModel

/// Makes events of what an endpoint answered.
///
/// Samples that have all labels in common are one event, with a field for each metric: that is how rules that were made from
/// Prometheus's read them (``MetricEvents/fields``). Labels are fields too, but those whose names logs use for something else, such
/// as `status`: these, as all others, are in the object `labels`.
package enum ScrapeEvents {
  /// Fields of one event at most; more samples with the same labels make another.
  static let fieldLimit = 200

  package struct Result: Sendable, Hashable {
    /// JSON lines, each with its end; the last one says whether it went well.
    package var lines: [UInt8] = []
    package var samples = 0
    /// Nil when it went well.
    package var errorType: String?
    package var detail: String?

    package var isOK: Bool { errorType == nil }
  }

  /// O(bytes).
  ///
  /// - Parameters:
  ///   - time: when it was asked, nanoseconds since the epoch.
  ///   - nanoseconds: how long the answer took.
  package static func result(
    of answer: ScrapeAnswer, _ settings: ScrapeSettings, time: Int64, nanoseconds: Int64
  ) -> Result {
    var result = Result()
    switch answer {
    case .failure(let type, let detail, let status):
      (result.errorType, result.detail) = (type, detail)
      append(outcome: result, settings, time, nanoseconds, status, to: &result.lines)
    case .body(let bytes, let type):
      do throws(ExpositionRefusal) {
        var groups = Groups(settings)
        try ExpositionReader.read(
          bytes, format: ExpositionFormat(type: type), limits: settings.limits, wants: settings.wants
        ) { groups.add($0) }
        result.samples = groups.samples
        groups.append(settings, time, to: &result.lines)
      } catch {
        result.errorType = error.isLimit ? "limit" : "format"
        result.detail = "line \(error.line): \(error.reason)"
      }
      append(outcome: result, settings, time, nanoseconds, nil, to: &result.lines)
    }
    return result
  }

  /// An event such as that of a probe, with `up` 1 or 0.
  private static func append(
    outcome: Result, _ settings: ScrapeSettings, _ time: Int64, _ nanoseconds: Int64, _ status: Int?,
    to lines: inout [UInt8]
  ) {
    var json = head(settings, time)
    func put(_ name: String, _ value: FieldValue) {
      json.name(name)
      json.value(value)
    }
    put("level", .string(outcome.isOK ? "info" : "error"))
    put("probe", .string(settings.name))
    put("probe_kind", .string("scrape"))
    put("ok", .bool(outcome.isOK))
    put("up", .integer(outcome.isOK ? 1 : 0))
    put("duration_ms", .double((Double(nanoseconds) / 1000).rounded() / 1000))
    put("scrape_samples_scraped", .integer(Int64(outcome.samples)))
    if let status { put("scrape_status", .integer(Int64(status))) }
    if let type = outcome.errorType { put("error_type", .string(type)) }
    put(
      "message",
      .string(
        outcome.isOK
          ? "the scrape \(settings.name) is well" : "the scrape \(settings.name) failed: \(outcome.detail ?? "")"))
    append(labels: settings.labels.map { .init($0.name, $0.value) }, to: &json)
    json.raw("}\n")
    lines += json.bytes
  }

  private static func head(_ settings: ScrapeSettings, _ time: Int64) -> JSONText {
    var json = JSONText()
    json.raw("{")
    json.name("time")
    json.string(Timestamp.text(time))
    json.name("service")
    json.string(settings.service)
    json.name("scrape")
    json.string(settings.name)
    return json
  }

  private static func append(labels: [ExpositionSample.Label], to json: inout JSONText) {
    for label in labels where !reserved.contains(label.name) {
      json.name(label.name)
      json.string(label.value)
    }
    json.name("labels")
    json.value(.object(labels.map { .init($0.name, .string($0.value)) }))
  }

  /// Names that stand for something else in logs: what a sample says of a request that was answered some time is no request.
  static let reserved: Set<String> = {
    var names: Set = [
      "scrape", "probe", "probe_kind", "ok", "up", "duration_ms", "scrape_samples_scraped", "scrape_status", "labels",
    ]
    for field in FieldAliases.fields where field.name != "host" {
      names.insert(field.name)
      names.formUnion(field.sources.map(\.name))
    }
    return names
  }()

  /// Samples by their labels, in the order in which these came first.
  private struct Groups {
    private struct Group {
      var labels: [ExpositionSample.Label]
      var values: [(name: String, value: Double)] = []
    }

    private let own: [ExpositionSample.Label]
    private var groups: [Group] = []
    private var places: [[ExpositionSample.Label]: Int] = [:]
    private(set) var samples = 0

    init(_ settings: ScrapeSettings) {
      own = settings.labels.map { .init($0.name, $0.value) }
    }

    mutating func add(_ sample: ExpositionSample) {
      samples += 1
      // JSON has no such number, and it is no sample to a rule.
      guard sample.value.isFinite else { return }
      let labels = sample.labels.sorted { $0.name < $1.name }
      var place = places[labels]
      if let known = place, groups[known].values.count >= fieldLimit { place = nil }
      if place == nil {
        place = groups.count
        places[labels] = groups.count
        groups.append(Group(labels: labels))
      }
      if let place { groups[place].values.append((sample.name, sample.value)) }
    }

    func append(_ settings: ScrapeSettings, _ time: Int64, to lines: inout [UInt8]) {
      for group in groups {
        var json = head(settings, time)
        let labels = own + group.labels.map { kept($0, among: group.labels) }
        ScrapeEvents.append(labels: labels, to: &json)
        var written: Set<String> = []
        for (name, value) in group.values {
          var field = name
          while reserved.contains(field) || labels.contains(where: { $0.name == field }) { field = "metric_" + field }
          guard written.insert(field).inserted else { continue }
          json.name(field)
          if let whole = Int64(exactly: value), abs(whole) < 1 << 53 { json.integer(whole) } else { json.double(value) }
        }
        json.raw("}\n")
        lines += json.bytes
      }
    }

    /// What the endpoint says under a name of ours keeps its value under another one that nothing has, as in Prometheus.
    private func kept(
      _ label: ExpositionSample.Label, among theirs: [ExpositionSample.Label]
    ) -> ExpositionSample.Label {
      func isOurs(_ name: String) -> Bool { own.contains { $0.name == name } }
      guard isOurs(label.name) else { return label }
      var name = "exported_" + label.name
      while isOurs(name) || theirs.contains(where: { $0.name == name }) { name = "exported_" + name }
      return ExpositionSample.Label(name, label.value)
    }
  }
}
