import Glibc
import StellaDetection
import StellaEngine
import StellaModel
import StellaScripting

/// Takes lines until there are no more, and shows what becomes of them.
final class ReplLoop {
  /// Keys that are shown when nobody says how many.
  private static let keyLimit = 20
  /// Milliseconds between two looks at the files of the rules, by a little more than they are apart there.
  private static let look: Int32 = 510

  private let paths: [String]
  private let settings: ReplSession.Settings
  private let input: ReplInput
  private let console: Console
  private let screen: ReplScreen
  private let printer: WatchPrinter
  private let files: RuleFilesWatch
  private let isQuiet: Bool
  private let isInteractive: Bool
  private var session: ReplSession
  private var hasFailed = false

  /// - Parameter paths: of rules.
  init(_ paths: [String], _ settings: ReplSession.Settings, _ input: ReplInput, _ console: Console, isQuiet: Bool) {
    (self.paths, self.settings, self.input, self.console, self.isQuiet) = (paths, settings, input, console, isQuiet)
    screen = ReplScreen(terminal: console.output)
    printer = WatchPrinter(console: console, mode: .table, isQuiet: isQuiet)
    files = RuleFilesWatch(paths)
    isInteractive = isatty(STDIN_FILENO) == 1 && console.output.isTerminal
    session = ReplLoop.begin(paths, settings)
  }

  private static func begin(_ paths: [String], _ settings: ReplSession.Settings) -> ReplSession {
    ReplSession(read(paths), settings, start: SystemTime().now())
  }

  private static func read(_ paths: [String]) -> ReplSession.Rules {
    let (sources, unreadable) = RuleFiles.read(paths)
    return ReplSession.Rules(sources: sources, unreadable: unreadable)
  }

  /// - Throws: how the command ends, when it isn't done.
  func run() throws {
    printer.refused(session.refusals)
    if session.rules.rules.isEmpty && session.refusals.isEmpty {
      throw CommandFailure(.usage, TextEscaping.oneLine("there are no rules in \(paths.joined(separator: ", "))."))
    }
    if !isQuiet {
      note(
        "\(CountText.count(session.rules.rules.count, "rule")) of \(paths.joined(separator: ", ")); .help lists what there is to ask"
      )
    }
    reading: while true {
      prompt()
      switch try next() {
      case .line(let line): if try !answer(line) { break reading }
      case .end, .idle:
        if isInteractive { console.line("") }
        break reading
      case .interrupted:
        if isInteractive { console.line("") }
        throw CommandStatus.interrupted
      }
      try console.flush()
    }
    if hasFailed && !isInteractive { throw CommandStatus.usage }
    if !session.refusals.isEmpty { throw CommandStatus.broken }
  }

  /// Looks after the rules until there is a line.
  private func next() throws -> ReplInput.Step {
    while true {
      let step = try input.next(upTo: ReplLoop.look)
      guard case .idle = step else { return step }
      let changed = files.takeChanges(at: machineMonotonicTime())
      if changed > 0 {
        if isInteractive { console.write("\r\u{1b}[K") }
        reload("\(CountText.count(changed, "file")) changed")
        prompt()
      }
    }
  }

  private func prompt() {
    guard isInteractive else { return }
    console.write(console.output.styled(EventText.clock(session.now), .dim) + "> ")
    try? console.flush()
  }

  // MARK: - Lines

  /// - Returns: false when that was the last line.
  private func answer(_ line: [UInt8]) throws -> Bool {
    guard line.contains(where: { $0 > 0x20 }) else { return true }
    if line.first != UInt8(ascii: ".") {
      take(line)
      return true
    }
    let text = String(decoding: line, as: UTF8.self)
    let word = String(text.prefix { $0 != " " && $0 != "\t" })
    let rest = text.dropFirst(word.count).trimmingSpaces
    do throws(CommandFailure) {
      let verb = try ReplVerb(word: word)
      if verb == .quit { return false }
      try perform(verb, rest)
    } catch {
      fail(error.message)
    }
    return true
  }

  private func take(_ line: [UInt8]) {
    let outcome = session.take(line)
    guard let report = outcome.last else {
      fail("that is no event" + (outcome.failure.map { ": \($0)" } ?? ""))
      return
    }
    console.write(screen.event(report, rules: session.rules))
    // What the event itself did to its key is told above; timers that were due on the way are told here.
    let told = Set(report.rules.flatMap { rule in rule.outcome == .passed ? [] : rule.alerts.map(\.id) })
    console.write(screen.alerts(outcome.alerts.filter { !told.contains($0.id) }))
    if report.event.time < session.now {
      console.line(screen.faint("  the clock is past it, at \(EventText.clock(session.now))"))
    }
  }

  private func perform(_ verb: ReplVerb, _ rest: String) throws(CommandFailure) {
    switch verb {
    case .help: console.write(ReplVerb.list)
    case .feed: try feed(rest)
    case .time: try setTime(rest)
    case .advance: try advance(rest)
    case .rules: console.write(screen.rules(session.rules))
    case .keys: try keys(rest)
    case .explain: try explain(rest)
    case .event: console.write(screen.fields(try last().event))
    case .where: try condition(rest)
    case .alerts: alerts()
    case .reload:
      files.accept()
      reload("asked for")
    case .reset:
      files.accept()
      session = ReplLoop.begin(paths, settings)
      printer.refused(session.refusals)
    case .quit: break
    }
  }

  // MARK: - What a line asks for

  private func feed(_ rest: String) throws(CommandFailure) {
    var path = rest
    var count: Int?
    if let blank = rest.lastIndex(of: " "), let number = Int(rest[blank...].dropFirst()) {
      path = rest[..<blank].trimmingSpaces
      count = number
    }
    // Standard input is where the questions come from.
    guard !path.isEmpty, path != "-", count ?? 1 > 0 else { throw misused(.feed) }
    let (bytes, changed) = try LogFile.read(path)
    guard session.hasMore(bytes, of: path) else {
      throw CommandFailure(.usage, "all of \(ScreenText.name(path)) has been fed. .reset begins anew.")
    }
    let input = input
    let outcome = session.feed(bytes, of: path, changed: changed, lines: count) { input.isInterrupted }
    console.write(screen.alerts(outcome.alerts))
    console.write(screen.fed(outcome, isMore: session.hasMore(bytes, of: path)))
    if let failure = outcome.failure { note("the last line is no event: \(failure)") }
  }

  private func setTime(_ rest: String) throws(CommandFailure) {
    if !rest.isEmpty {
      guard let time = Timestamp.parse(rest) else {
        throw CommandFailure(.usage, "\(ScreenText.name(rest)) is no time such as 2026-11-03T09:16:00Z.")
      }
      guard let alerts = session.advance(to: time) else {
        throw CommandFailure(
          .usage, "the clock is at \(EventText.clock(session.now)), and goes forward only. .reset begins anew.")
      }
      console.write(screen.alerts(alerts))
    }
    console.line("  " + EventText.clock(session.now))
  }

  private func advance(_ rest: String) throws(CommandFailure) {
    guard let length = DurationText.nanoseconds(rest) else { throw misused(.advance) }
    let (time, overflow) = session.now.addingReportingOverflow(length)
    guard !overflow, let alerts = session.advance(to: time) else {
      throw CommandFailure(.usage, "the clock doesn't go that far.")
    }
    console.write(screen.alerts(alerts))
    console.line("  " + EventText.clock(session.now))
  }

  private func keys(_ rest: String) throws(CommandFailure) {
    let words = rest.split(separator: " ").map(String.init)
    let limit = words.count == 2 ? Int(words[1]) : ReplLoop.keyLimit
    guard (1...2).contains(words.count), let limit, limit > 0 else { throw misused(.keys) }
    let rule = try rule(words[0])
    console.write(screen.keys(session.keys(of: rule, limit: limit), of: rule))
  }

  private func explain(_ rest: String) throws(CommandFailure) {
    let report = try last()
    let shown = ExplanationScreen(terminal: console.output)
    if rest.isEmpty {
      console.write(shown.text(report, report.rules, named: false, all: true))
      return
    }
    let id = try rule(rest).manifest.id
    guard let explanation = report.rules.first(where: { $0.rule == id }) else {
      throw CommandFailure(.notFound, "\(id) was not there yet when the last event came.")
    }
    console.write(shown.section(explanation))
  }

  private func condition(_ rest: String) throws(CommandFailure) {
    guard !rest.isEmpty else { throw misused(.where) }
    let expression: Expression
    do throws(ExpressionError) {
      expression = try Expression.parse(rest)
    } catch {
      throw CommandFailure(.usage, "column \(error.column): \(error.message); \(error.remedy)")
    }
    _ = try last()
    if let explanation = session.explain(expression) { console.write(screen.condition(explanation)) }
  }

  private func alerts() {
    let open = session.rules.rules.flatMap { $0.detector.pendingAlerts + $0.detector.firingAlerts }
    if open.isEmpty { console.line(screen.faint("  none waits or fires")) }
    for alert in open {
      console.write(
        alert.status == .pending ? screen.alerts([alert]) : AlertText(terminal: console.output).text(alert))
    }
  }

  // MARK: - Rules

  private func reload(_ why: String) {
    let reload = session.reload(ReplLoop.read(paths))
    printer.refused(session.refusals)
    if reload.isLive {
      note("\(why): \(CountText.count(reload.active, "rule")) active")
      for reset in reload.resets { printer.notice(.stateReset(reset)) }
    } else {
      note("\(why), not live: the \(CountText.count(reload.active, "rule")) from before go on")
    }
    console.write(screen.alerts(reload.alerts))
  }

  private func rule(_ id: String) throws(CommandFailure) -> RuleSet.ActiveRule {
    if session.rules.rules.count == 1, id.isEmpty { return session.rules.rules[0] }
    return try session.rules.rule(id)
  }

  private func last() throws(CommandFailure) -> RuleExplainer.Report {
    guard let last = session.last else {
      throw CommandFailure(.usage, "there is no event yet. Type or paste a line of a log, or say .feed FILE.")
    }
    return last
  }

  // MARK: - What is said

  private func misused(_ verb: ReplVerb) -> CommandFailure {
    CommandFailure(.usage, "write \(verb.usage): \(verb.meaning).")
  }

  private func fail(_ message: String) {
    hasFailed = true
    console.note(console.errors.styled("stella", .red) + ": " + TextEscaping.block(message))
  }

  private func note(_ text: String) {
    console.note(console.errors.styled("stella", .cyan) + ": " + TextEscaping.oneLine(text))
  }
}

extension Substring {
  fileprivate var trimmingSpaces: String {
    var text = self.drop { $0 == " " || $0 == "\t" }
    while let last = text.last, last == " " || last == "\t" { text.removeLast() }
    return String(text)
  }
}
