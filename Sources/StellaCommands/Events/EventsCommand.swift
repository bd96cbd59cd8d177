import ArgumentParser
import StellaArchive
import StellaDetection
import StellaModel

/// `stella events`: what was read before.
struct EventsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "events",
    abstract: "Look for events that stella serve has kept.",
    discussion: """
      The newest are shown, the latest last; --export has them all, the oldest first. --since and --until take a time such as \
      2026-01-31T09:00:00Z, or how long ago: 1h, 1d, 7d. --search finds text in the line as it was written, whatever the case of \
      its letters. --where is a condition as in a rule.

      Asks the `stella serve` that runs on the state directory, else reads the files there.

      Examples:
        stella events --since 1h --level warning
        stella events --search 'connection refused' --service shop
        stella events --where 'status >= 500 and duration_ms > 1000' --limit 20
        stella events --since 1d --export csv > events.csv
        stella events --series --since 1d --by level
      """)

  /// Which archive.
  struct Place: ParsableArguments {
    @Option(name: .long, help: "The configuration; default ./stella.yaml when it is there.", completion: .file())
    var config: String?

    @Option(
      name: .long, help: "The state directory. Default: that of the configuration, else ./.stella.",
      completion: .directory)
    var state: String?

    @Flag(name: .long, help: "Read the files, also where `stella serve` runs.")
    var local = false

    @OptionGroup var remote: RemoteOptions

    func validate() throws {
      if remote.server != nil, local || state != nil {
        throw ValidationError("--server is elsewhere, --local and --state are here. Leave one out.")
      }
    }
  }

  enum Export: String, ExpressibleByArgument, CaseIterable {
    case csv, json
  }

  @Option(name: .long, help: "Events from then on: a time, or how long ago.")
  var since: String?

  @Option(name: .long, help: "Events before then: a time, or how long ago.")
  var until: String?

  @Option(name: .long, help: "Events whose line holds this text.")
  var search: String?

  @Option(name: .customLong("where"), help: "Events for which this condition holds, written as in a rule.")
  var condition: String?

  @Option(name: .long, help: "Events of at least this level.")
  var level: String?

  @Option(name: .long, help: "Events of this service; may be given several times.")
  var service: [String] = []

  @Option(name: .long, help: "The most events that are shown. Default: 100, with --export all.")
  var limit: Int?

  @Option(name: .long, help: "All of them, as csv for spreadsheets or as json, one object a line.")
  var export: Export?

  @Flag(name: .long, help: "How many there were over time, instead of the events.")
  var series = false

  @Option(name: .long, help: "With --series: whole minutes, such as 5m.")
  var step: String?

  @Option(name: .long, help: "With --series: counts by level or service.")
  var by: SeriesQuery.Group?

  @Option(name: .long, help: "With --series: quantiles of duration_ms instead of counts.")
  var field: SeriesQuery.Field?

  @OptionGroup var place: Place
  @OptionGroup var result: OutputOptions

  func validate() throws {
    if let limit, limit < 1 { throw ValidationError("--limit \(limit) is not a positive number.") }
    if series, search != nil || condition != nil || limit != nil || export != nil {
      throw ValidationError("--series counts what there was: leave --search, --where, --limit and --export out.")
    }
    if !series, step != nil || by != nil || field != nil {
      throw ValidationError("--step, --by and --field are for --series.")
    }
  }

  private var parameters: EventReader.Parameters {
    var parameters: EventReader.Parameters = []
    for (name, value) in [("since", since), ("until", until), ("level", level)] {
      if let value { parameters.append((name, value)) }
    }
    if !service.isEmpty { parameters.append(("service", service.joined(separator: ","))) }
    return parameters
  }

  func run() throws {
    let reader = try EventReader(place)
    if series { return try showSeries(reader) }
    var parameters = parameters
    if let search { parameters.append(("search", search)) }
    if let condition { parameters.append(("where", condition)) }
    if let export { return try write(reader, parameters, as: export) }
    var lines: [[UInt8]] = []
    try forEachPage(reader, parameters, limit: limit ?? 100) { lines += $0 }
    let console = Console.standard
    let screen = EventLine(terminal: console.output, highlighting: [])
    let parser = JSONParser()
    for line in lines.reversed() {
      let text = String(decoding: line, as: UTF8.self)
      switch result.output {
      case .json: console.line(ReceivedText.json(text))
      case .table:
        if let value = try? parser.parse(text), let event = Event(shown: value) {
          console.line(screen.text(event))
        } else {
          console.line(TextEscaping.oneLine(text))
        }
      }
    }
    try console.flush()
    if lines.isEmpty, !result.quiet { console.note("No events.") }
  }

  /// All of them, a part at a time.
  private func write(_ reader: EventReader, _ parameters: EventReader.Parameters, as export: Export) throws {
    let console = Console.standard
    let table = EventTable()
    if export == .csv { console.write(EventTable.head) }
    // What comes meanwhile would never end.
    let last = try reader.page([("limit", "1")]).lines.first.flatMap { EventReader.number($0) }
    try forEachPage(reader, parameters + [("order", "oldest")], limit: limit ?? .max, upTo: last) { lines in
      for line in lines {
        switch export {
        case .csv: console.write(String(decoding: table.row(line), as: UTF8.self))
        case .json: console.line(ReceivedText.json(String(decoding: line, as: UTF8.self)))
        }
      }
      try console.flush()
    }
  }

  private func forEachPage(
    _ reader: EventReader, _ parameters: EventReader.Parameters, limit: Int, upTo last: Int64? = nil,
    _ body: ([[UInt8]]) throws -> Void
  ) throws {
    let isDamaged = try EventReader.forEachPage(parameters, limit: limit, upTo: last, reader.page, body)
    if isDamaged, !result.quiet {
      Console.standard.note("Some of what is kept is left out: the disk has changed it, or it can't be opened.")
    }
  }

  // MARK: - Series

  private func showSeries(_ reader: EventReader) throws {
    var parameters = parameters
    if let step { parameters.append(("step", step)) }
    if let by { parameters.append(("by", by.rawValue)) }
    if let field { parameters.append(("field", field.rawValue)) }
    let console = Console.standard
    let lines = try reader.series(parameters).map { String(decoding: $0, as: UTF8.self) }
    guard result.output == .table else {
      for line in lines { console.line(ReceivedText.json(line)) }
      return try console.flush()
    }
    console.write(SeriesTable(lines).text(console.output))
    try console.flush()
  }
}

extension SeriesQuery.Group: ExpressibleByArgument {}
extension SeriesQuery.Field: ExpressibleByArgument {}

extension Event {
  /// The event that JSON of ours shows.
  init?(shown value: FieldValue) {
    guard case .object(let members) = value else { return nil }
    func text(_ name: String) -> String? {
      if case .string(let text)? = members.first(where: { $0.name == name })?.value { text } else { nil }
    }
    guard let time = text("time").flatMap({ Timestamp.parse($0) }) else { return nil }
    var fields: [FieldValue.Member] = []
    if case .object(let found)? = members.first(where: { $0.name == "fields" })?.value { fields = found }
    self.init(
      time: time, level: text("level").flatMap { name in LogLevel.allCases.first { $0.name == name } },
      message: text("message") ?? "", service: text("service"), fields: fields)
  }
}
