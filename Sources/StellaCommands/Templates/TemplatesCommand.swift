import ArgumentParser
import Glibc
import StellaConfiguration
import StellaDetection
import StellaEngine
import StellaModel

/// `stella templates`: what kinds of messages there are.
struct TemplatesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "templates",
    abstract: "Print the templates of log messages, with their count and share.",
    discussion: """
      A template is what the messages of one kind have in common, with <*> for what varies. The input is read to its end. \
      Of plain text, what stands before the messages (times, levels, processes) is recognised and left out.

      Examples:
        stella templates app.log
        stella templates --output json /var/log/syslog | jq -r .template
        journalctl -o short-iso | stella templates
        stella templates --per-line --output json app.log | jq -r .template_id
      """)

  @Argument(
    help: ArgumentHelp("Files and quoted patterns such as 'logs/*.log'; - is standard input.", valueName: "file"),
    completion: .file())
  var files: [String] = []

  @Option(
    name: .long, help: "How lines are written: auto, json, journald, logfmt, syslog, combined, nginx-error or plain.")
  var format: LogFormat = .auto

  @Option(name: .long, help: "The configuration; default ./stella.yaml when it is there.", completion: .file())
  var config: String?

  @Option(name: .long, help: "Templates kept at most; beyond, those unused longest are dropped and counted.")
  var maxTemplates = 16_384

  @Flag(name: .long, help: "Print one record per event with its template_id instead, after the whole input.")
  var perLine = false

  @OptionGroup var result: OutputOptions

  func validate() throws {
    if !(16...1_000_000).contains(maxTemplates) {
      throw ValidationError("--max-templates \(maxTemplates) is not from 16 to 1000000.")
    }
  }

  func run() throws {
    let console = Console.standard
    if files.isEmpty, isatty(STDIN_FILENO) == 1 {
      throw CommandFailure(
        .usage, "nothing to read. Name a file (stella templates app.log) or pipe into it (… | stella templates).")
    }
    var options = WatchOptions()
    options.lineLimit = try Configuration.load(config).limits.lineBytes
    options.inputs = [.init(paths: files.isEmpty ? ["-"] : files, format: format, from: .start)]
    let printer = WatchPrinter(console: console, mode: result.output, isQuiet: result.quiet)
    let interrupts = try Interrupts()
    var limits = TemplateMiner.Limits()
    limits.templates = maxTemplates
    let (isPerLine, mode, prepared, bounds) = (perLine, result.output, options, limits)
    let summary = try EngineThread.run {
      let run = TemplatesRun(limits: bounds, keepsLines: isPerLine, onNotice: printer.notice)
      let summary = try run.run(options: prepared, interrupts: interrupts)
      if isPerLine {
        TemplatesCommand.writeLines(run, mode: mode, to: console)
      } else {
        TemplatesCommand.writeTemplates(run, events: summary.events, mode: mode, to: console)
      }
      try console.flush()
      printer.templates(summary, evictions: run.miner.evictions)
      return summary
    }
    if summary.wasInterrupted { throw CommandStatus.interrupted }
  }

  /// The template's id as people and JSON see it: 16 hexadecimal digits.
  private static func text(_ id: UInt64) -> String {
    let digits = String(id, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  private static func writeTemplates(_ run: TemplatesRun, events: Int, mode: OutputMode, to console: Console) {
    let templates = run.miner.templates.sorted { ($1.count, $0.number) < ($0.count, $1.number) }
    switch mode {
    case .json:
      for template in templates {
        console.line(
          FieldValue.object([
            .init("template_id", .string(text(template.id))), .init("template", .string(template.text)),
            .init("count", .integer(Int64(template.count))),
            .init("share", .double(Double(template.count) / Double(max(1, events)))),
            .init("first_seen", .string(Timestamp.text(template.first))),
            .init("last_seen", .string(Timestamp.text(template.last))),
          ]).json)
      }
    case .table:
      var table = TextTable([
        .init("COUNT", .right), .init("SHARE", .right), .init("ID"), .init("TEMPLATE", isFlexible: true),
      ])
      for template in templates {
        let share = FixedPoint.text(100 * Double(template.count) / Double(max(1, events)), places: 2) + "%"
        table.add([String(template.count), share, text(template.id), template.text])
      }
      console.write(table.text(for: console.output))
    }
  }

  private static func writeLines(_ run: TemplatesRun, mode: OutputMode, to console: Console) {
    let names = run.sourceNames
    for line in run.lines {
      let id = text(run.ids[run.miner.canonical(line.number)])
      switch mode {
      case .json:
        var json = JSONText()
        json.raw("{")
        json.name("template_id")
        json.string(id)
        json.name("source")
        json.string(names[line.source])
        json.name("offset")
        json.raw(String(line.offset).utf8)
        json.name("new_template")
        json.raw(line.isNew ? "true" : "false")
        json.raw("}")
        console.line(json.text)
      case .table: console.line("\(id)  \(TextEscaping.oneLine(names[line.source])):\(line.offset)")
      }
    }
  }
}
