import Glibc
import StellaModel
import StellaServer

/// A verb about alerts, runs, or the freeze: from the request to what is printed and the exit status.
struct RequestVerb {
  /// Tenths of a second that a running engine has to take up what was approved.
  private static let patience = 100

  private let place: RequestPlace
  private let layout: AnswerLayout
  private let isQuiet: Bool
  private let console = Console.standard

  static func run(_ request: OperatorRequest, _ options: RequestOptions, _ output: OutputMode, isQuiet: Bool = false)
    throws
  {
    try run(request, at: RequestPlace(options), output, isQuiet: isQuiet)
  }

  static func run(_ request: OperatorRequest, at place: RequestPlace, _ result: OutputOptions) throws {
    try run(request, at: place, result.output, isQuiet: result.quiet)
  }

  private static func run(_ request: OperatorRequest, at place: RequestPlace, _ output: OutputMode, isQuiet: Bool)
    throws
  {
    let verb = RequestVerb(place, output, isQuiet: isQuiet)
    defer { verb.place.close() }
    try verb.end(with: verb.perform(request))
  }

  static func run(_ request: OperatorRequest, _ options: RequestOptions, _ result: OutputOptions) throws {
    try run(request, options, result.output, isQuiet: result.quiet)
  }

  private init(_ place: RequestPlace, _ output: OutputMode, isQuiet: Bool) {
    layout = AnswerLayout(output, console.output)
    self.isQuiet = isQuiet
    self.place = place
  }

  private func perform(_ request: OperatorRequest) throws -> OperatorAnswer {
    let answer = try place.answer(request, as: layout)
    switch request {
    case .execute(let id) where place.isServer: return try watched(id)
    case .approve(_, _, _, let isAlone):
      show(answer)
      guard case .text = layout, let run = answer.run, isAlone || run.state == .approved else { return answer }
      do {
        try follow(run.id)
      } catch {
        // The decision is recorded all the same, and how the command ends says so.
        console.note(TextEscaping.block("What became of it can't be seen: \(error)"))
      }
      return answer
    default: break
    }
    show(answer)
    return answer
  }

  private func end(with answer: OperatorAnswer) throws {
    if answer.status != .done { throw answer.status }
  }

  private func show(_ answer: OperatorAnswer) {
    for note in answer.notes where !note.isHint { console.note(TextEscaping.block(note.text)) }
    console.write(answer.body)
    for note in answer.notes where note.isHint && !isQuiet { console.note(TextEscaping.block(note.text)) }
  }

  /// Watches the engine that is running carry it out, or says how to do it without one.
  private func follow(_ id: String) throws {
    guard try place.hasRunner() else {
      console.line(
        TextEscaping.oneLine(
          "No engine is running that carries out runs here. Do it now: stella runs execute \(id)"))
      return
    }
    if try place.answer(.freezeStatus, as: .json).status == .frozen {
      console.line("All effects are stopped. It is carried out when that ends in time: stella freeze status")
      return
    }
    var shown: RunState?
    for _ in 0..<Self.patience {
      guard let state = try place.state(of: id) else { return }
      if state != shown {
        console.line("State     \(state.shown)")
        try console.flush()
        shown = state
      }
      if state.turn != .runner { return }
      usleep(100_000)
    }
    console.line(TextEscaping.oneLine("It goes on. Look at it again: stella runs show \(id)"))
  }

  /// Waits for the server's own runner, and shows what became of the run. What is approved and not taken up has an obstacle,
  /// which the screen tells.
  private func watched(_ id: String) throws -> OperatorAnswer {
    var waited = 0
    while let state = try place.state(of: id), state.turn == .runner, state != .approved || waited < Self.patience {
      if state == .approved { waited += 1 }
      usleep(100_000)
    }
    var answer = try place.answer(.show(id), as: layout)
    if let run = answer.run { answer.status = RunEnd.status(run.state) }
    show(answer)
    return answer
  }
}
