import ArgumentParser
import Glibc
import StellaConfiguration
import StellaEngine
import StellaModel
import StellaSQLite
import StellaServer

/// `stella top`: what the rules of a running server cost.
struct TopCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "top", abstract: "Watch what the rules of a running stella serve cost and hold.",
    discussion: """
      Asks the `stella serve` that runs on the state directory. Costs are measured from the first question on until a quarter \
      of a minute after the last, on every fourth batch of events; so the first answer takes two seconds or three.

      CPU is the rule's own work as a share of one core, without decoding and finding out which rules an event concerns; NS/EVENT and MAX \
      are nanoseconds for an event that its condition let through, on average and in the worst batch since it is measured; \
      STEPS are Lua steps per call. ALERTS and EVICTED count since the server has begun, with what is new behind +; OPEN \
      alerts are pending or firing. A narrow terminal shows fewer columns.

      On a terminal the screen is drawn anew until q or Ctrl-C; s sorts by the next column that can be sorted by. \
      Otherwise, and with --once or --output json, there is one answer.

      Examples:
        stella top
        stella top --once --sort memory
        stella top --output json | jq -r 'select(.kind == "rule" and .resting) | .rule'
      """)

  @Option(name: .long, help: "The configuration; default ./stella.yaml when it is there.", completion: .file())
  var config: String?

  @Option(
    name: .long, help: "The state directory of the server. Default: that of the configuration, else ./.stella.",
    completion: .directory)
  var state: String?

  @OptionGroup var remote: RemoteOptions

  @Option(name: .long, help: "How long a screen stays, from 1s to 1h.")
  var every = "2s"

  @Flag(name: .long, help: "One answer, also on a terminal.")
  var once = false

  @Option(name: .long, help: "What comes first: cost, events, alerts, keys, memory or rule.")
  var sort = OperatorRequest.TopFilter.Order.cost

  @Option(name: .long, help: "The most rules that are listed. Default: all, on a drawn screen what it has room for.")
  var limit: Int?

  @OptionGroup var result: OutputOptions

  func validate() throws {
    guard let length = DurationText.nanoseconds(every), (1_000_000_000...3_600_000_000_000).contains(length) else {
      throw ValidationError("--every \(every) is no duration from 1s to 1h, such as 5s.")
    }
    if state != nil, remote.server != nil {
      throw ValidationError("--state and --server are two places. Leave one out.")
    }
    if let limit, limit < 1 { throw ValidationError("--limit \(limit): write a number from 1 on.") }
  }

  func run() throws {
    let place = try RemoteServer(remote)
    let directory = try place == nil ? state ?? Configuration.state(config) : ""
    let client: @Sendable () throws(CommandFailure) -> ServerClient = { () throws(CommandFailure) in
      if let place { return ServerClient(place, secret: try place.secret()) }
      return try Self.client(directory)
    }
    let console = Console.standard
    var filter = OperatorRequest.TopFilter()
    filter.order = sort
    filter.limit = limit
    if once || result.output == .json || !console.output.isTerminal {
      let layout = AnswerLayout(result.output, console.output)
      console.write(try client().answer(.top(filter), as: layout).body)
      return
    }
    // Before the screen is taken: what is wrong is said on the one that stays.
    _ = try client()
    try TopLoop(client, filter, every: DurationText.nanoseconds(every) ?? 2_000_000_000, console).run()
  }

  /// - Throws: ``CommandFailure`` `notFound` when no server runs there, which says what to do.
  static func client(_ directory: String) throws(CommandFailure) -> ServerClient {
    if let client = try ServerClient(directory: directory) { return client }
    let place = TextEscaping.oneLine(directory)
    guard let holder = StateLock.holder(directory: directory) else {
      throw CommandFailure(
        .notFound,
        "no server runs on \(place). Start one with `stella serve FILE…`, or name its state directory with --state. What rules "
          + "cost on a log that is there says `stella rules profile FILE…`.")
    }
    throw CommandFailure(
      .notFound,
      "\(TextEscaping.oneLine(holder)) runs on \(place), and nobody can ask it: only `stella serve` answers. It watches as well; stop the "
        + "one and start `stella serve` with the same files, which goes on where that ended.")
  }
}

extension OperatorRequest.TopFilter.Order: ExpressibleByArgument {}

/// Draws the screen anew until somebody has seen enough.
private final class TopLoop {
  private static let orders = OperatorRequest.TopFilter.Order.allCases
  /// Milliseconds between two looks at the size of the terminal.
  private static let look: Int64 = 250
  /// Rows that no rule is on.
  private static let otherRows = 7

  private let asker: TopAsker
  private let console: Console
  private let every: Int64
  private let given: Int?
  private var filter: OperatorRequest.TopFilter
  private var body: [String] = []
  private var asked = (rows: 0, columns: 0)
  private var nextQuestion: Int64 = 0

  init(
    _ client: @escaping @Sendable () throws(CommandFailure) -> ServerClient, _ filter: OperatorRequest.TopFilter,
    every: Int64, _ console: Console
  ) throws {
    asker = try TopAsker(client)
    self.console = console
    self.every = every
    self.filter = filter
    given = filter.limit
  }

  /// - Throws: ``CommandStatus/interrupted``; ``CommandFailure`` when the server has gone.
  func run() throws {
    let interrupts = try Interrupts()
    let keyboard = isatty(STDIN_FILENO) == 1 ? STDIN_FILENO : nil
    let screen = FullScreen(output: console.output.descriptor, input: keyboard)
    screen.show(["Asking the server; the first answer takes two seconds or three. q ends it."])
    while true {
      let now = machineMonotonicTime()
      if screen.size != asked || now >= nextQuestion && !asker.isBusy { ask(screen, at: now) }
      let descriptors = [asker.descriptor, interrupts.descriptor, keyboard ?? -1]
      var requests = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      poll(&requests, 3, Int32(TopLoop.look))
      if !interrupts.take().isEmpty { throw CommandStatus.interrupted }
      if requests[2].revents != 0 {
        let keys = screen.keys()
        // A terminal that has gone gives nothing.
        if keys.isEmpty || keys.contains(where: { $0 == UInt8(ascii: "q") || $0 == UInt8(ascii: "Q") }) { return }
        let steps = keys.count { $0 == UInt8(ascii: "s") }
        if steps > 0 { sort(by: steps, screen) }
      }
      if requests[0].revents != 0, let answer = asker.take() {
        body = try answer.get().body.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if body.last == "" { body.removeLast() }
        draw(screen)
      }
    }
  }

  private func sort(by steps: Int, _ screen: FullScreen) {
    let place = TopLoop.orders.firstIndex(of: filter.order) ?? 0
    filter.order = TopLoop.orders[(place + steps) % TopLoop.orders.count]
    ask(screen, at: machineMonotonicTime())
    draw(screen)
  }

  private func ask(_ screen: FullScreen, at now: Int64) {
    asked = screen.size
    filter.limit = min(given ?? .max, max(1, asked.rows - TopLoop.otherRows))
    nextQuestion = now + every
    asker.ask(.init(filter: filter, layout: .text(columns: asked.columns, hasColor: console.output.hasColor)))
  }

  private func draw(_ screen: FullScreen) {
    let (rows, columns) = screen.size
    let keys = ScreenText.cut("q quits   s sorts, now by \(filter.order.rawValue)", to: columns)
    var lines = Array(body.prefix(max(0, rows - 1)))
    while lines.count < rows - 1 { lines.append("") }
    screen.show(lines + [console.output.styled(keys, .dim)])
  }
}
