import Glibc
import StellaModel
import StellaServer

/// A verb about runs: from the request to what is printed and the exit status.
struct RunVerb {
  /// Tenths of a second that a running engine has to take up what was approved.
  private static let patience = 100

  let place: RunPlace
  private let layout: AnswerLayout
  private let isQuiet: Bool
  private let console = Console.standard

  static func run(_ request: RunRequest, _ options: RunOptions, _ output: OutputMode, isQuiet: Bool = false) throws {
    let verb = try RunVerb(options, output, isQuiet: isQuiet)
    defer { verb.place.close() }
    try verb.end(with: verb.perform(request))
  }

  static func run(_ request: RunRequest, _ options: RunOptions, _ result: OutputOptions) throws {
    try run(request, options, result.output, isQuiet: result.quiet)
  }

  private init(_ options: RunOptions, _ output: OutputMode, isQuiet: Bool) throws {
    layout = AnswerLayout(output, console.output)
    self.isQuiet = isQuiet
    place = try RunPlace(options)
  }

  private func perform(_ request: RunRequest) throws -> RunAnswer {
    let answer = try place.answer(request, as: layout)
    switch request {
    case .execute(let id) where place.isServer: return try watched(id)
    case .approve(_, _, _, let isAlone):
      show(answer)
      guard case .text = layout, let run = answer.run, isAlone || run.state == .approved else { return answer }
      try follow(run.id)
      return answer
    default: break
    }
    show(answer)
    return answer
  }

  private func end(with answer: RunAnswer) throws {
    if answer.status != .done { throw answer.status }
  }

  private func show(_ answer: RunAnswer) {
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
  private func watched(_ id: String) throws -> RunAnswer {
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
