import ArgumentParser
import StellaEngine
import StellaImport
import StellaModel

/// `stella rules import prometheus`: alerting rules of Prometheus as native rules.
struct RulesImportPrometheusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prometheus", abstract: "Turn alerting rules of Prometheus into native ones, and say what can't be.",
    discussion: """
      Examples:
        stella rules import prometheus alerts.yml --to Rules/prometheus
        stella rules import prometheus alerts/ --to Rules/prometheus --series job,instance,mountpoint
        stella rules import prometheus alerts.yml --to Rules --name metric --value value --label 'labels.{}'

      The rules look at events that are samples of metrics. Without options these are events with a field of the metric's name:
      {"job":"node","instance":"a","node_load1":0.4}. With --name they have one field for the name and one for the value:
      {"metric":"node_load1","value":0.4,"job":"node","instance":"a"}.

      An alert is converted with a note where it differs, or refused with its expression, the reason and what to do.

      Exit status: 0 when all were converted, 1 when some were refused.
      """)

  @Argument(
    help: ArgumentHelp("Rule files of Prometheus, and directories of them.", valueName: "file"), completion: .file())
  var paths: [String]

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The field with the name of the metric. Without it the field of the value has that name.", valueName: "field"))
  var name: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The field with the value, {} for the name of the metric. Default: {}, or value with --name.",
      valueName: "field"))
  var value: String?

  @Option(name: .long, help: ArgumentHelp("The field with a label, {} for its name.", valueName: "field"))
  var label = "{}"

  @Option(
    name: .long,
    help: ArgumentHelp("Labels that tell the series of a metric apart, with commas.", valueName: "labels"))
  var series = "job,instance"

  @Option(
    name: .long,
    help: ArgumentHelp("How often to check the rules of groups without an interval.", valueName: "duration"))
  var interval = "1m"

  @OptionGroup var result: ImportOptions

  func run() throws {
    let converter = PrometheusImport(events: try events())
    let read = try result.read(paths, suffixes: [".yml", ".yaml", ".rules"])
    let alerts = try EngineThread.run { converter.run(read.files) }
    let refusals = alerts.compactMap(\.refusal)
    let converted = alerts.filter { $0.converted != nil }
    try result.finish(
      converted.compactMap(\.converted), report: alerts.map { $0.json(in: result.to) },
      idle: read.idle(sources: alerts.map(\.file)),
      ImportSummary(
        meanings: PrometheusReason.allCases.map(\.meaning),
        refusals: refusals.map { .init(meaning: $0.reason.meaning, text: "\($0)") },
        notes: converted.map { ($0.name, $0.notes) },
        absorbed: alerts.count - converted.count - refusals.count))
  }

  private func events() throws -> MetricEvents {
    guard let interval = DurationText.nanoseconds(interval) else {
      throw CommandFailure(
        .usage, TextEscaping.oneLine("--interval \(interval) is no duration. Write one such as 30s or 1m."))
    }
    let events = MetricEvents(
      value: value ?? (name == nil ? "{}" : "value"), name: name, label: label,
      series: series.split(separator: ",").map { $0.filter { $0 != " " } }, interval: interval)
    if let problem = events.problem {
      throw CommandFailure(
        .usage,
        TextEscaping.oneLine(
          "\(problem). Fields and labels are of letters, digits, . - _, with {} for the name of the metric or label."))
    }
    return events
  }
}

extension ImportedAlert {
  /// One object for machines.
  fileprivate func json(in directory: String) -> String {
    var members: [FieldValue.Member] = [
      .init("kind", .string(isRecording ? "record" : "alert")), .init("source", .string(file)),
      .init("line", .integer(Int64(line))), .init("group", .string(group)), .init("name", .string(name)),
    ]
    switch outcome {
    case .converted(let file):
      members += [
        .init("status", .string("converted")), .init("id", .string(file.id)),
        .init("file", .string("\(directory)/\(file.path)")),
      ]
    case .absorbed(let by):
      members += [.init("status", .string("part")), .init("part_of", .array(by.map(FieldValue.string)))]
    case .refused(let refusal):
      members += [
        .init("status", .string("refused")), .init("reason", .string(refusal.reason.rawValue)),
        .init("at_line", .integer(Int64(refusal.line))), .init("message", .string(refusal.message)),
        .init("remedy", .string(refusal.remedy)), .init("expression", .string(refusal.expression)),
      ]
    }
    members.append(.init("notes", .array(notes.map(FieldValue.string))))
    return FieldValue.object(members).json
  }
}
