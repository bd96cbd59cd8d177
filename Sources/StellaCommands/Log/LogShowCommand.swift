import ArgumentParser
import StellaModel
import StellaServer

/// `stella log show`: records, oldest first.
struct LogShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show records of the execution log, oldest first.",
    discussion: """
      Examples:
        stella log show --run r-7f3a2b10
        stella log show --last 20 --output json
        stella log show --number 4711
      """)

  @OptionGroup var options: RequestOptions
  @OptionGroup var result: OutputOptions
  @Option(name: .customLong("run"), help: "Only records about this run.") var about: String?
  @Option(name: .long, help: "Only the last so many.") var last: Int?
  @Option(name: .long, help: "Only the record of this number, with its hash.") var number: Int64?

  func validate() throws {
    if let last, last < 1 { throw ValidationError("--last \(last) is not a positive number.") }
    if number != nil, last != nil || about != nil {
      throw ValidationError("--number is one record. Leave --last and --run out.")
    }
  }

  func run() throws {
    if let number { return try RequestVerb.run(.log(.record(number)), options, result) }
    let place = try RequestPlace(options)
    defer { place.close() }
    let console = Console.standard
    let layout = AnswerLayout(result.output, console.output)
    if let last, last <= LogRequest.Filter.most {
      for line in try latest(last, at: place, layout) { console.line(String(line)) }
    } else {
      let held = try pages(at: place, layout) { if last == nil { console.write($0) } }
      for line in held { console.line(String(line)) }
    }
  }

  /// All pages, and of their lines the last that are wanted, if so many are.
  private func pages(at place: RequestPlace, _ layout: AnswerLayout, _ take: (String) -> Void) throws -> [Substring] {
    let most = LogRequest.Filter.most
    var held: [Substring] = []
    var after: Int64 = 0
    while true {
      let answer = try place.answer(.log(.records(.init(after: after, limit: most, run: about))), as: layout)
      let lines = answer.body.split(separator: "\n")
      take(answer.body)
      if let last { held = (held + lines).suffix(last) }
      // An older server says only by a full page that there may be more.
      let following = answer.next ?? (lines.count == most ? lines.last.flatMap(LogRecordText.number) : nil)
      guard let following, following > after else { return held }
      after = following
    }
  }

  /// From the end: a page may have fewer than were asked for, and more before it.
  private func latest(_ count: Int, at place: RequestPlace, _ layout: AnswerLayout) throws -> [Substring] {
    var lines: [Substring] = []
    var before: Int64?
    while lines.count < count {
      let filter = LogRequest.Filter(before: before, limit: count - lines.count, run: about)
      let answer = try place.answer(.log(.records(filter)), as: layout)
      let found = answer.body.split(separator: "\n")
      lines = found + lines
      guard let next = answer.next, next < before ?? .max else { break }
      before = next
    }
    return lines
  }
}

/// `stella log status`: how far the log goes, and what is known of it.
struct LogStatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Say how large the log is, up to where it is signed, and when it was verified last.",
    discussion: """
      Examples:
        stella log status
        stella log status --output json

      What was verified is what the last `stella log verify` on this state directory has found; it proves nothing by itself.
      """)

  @OptionGroup var options: RequestOptions
  @OptionGroup var result: OutputOptions

  func run() throws { try RequestVerb.run(.log(.status), options, result) }
}
