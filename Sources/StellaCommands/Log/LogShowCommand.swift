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
    let most = LogRequest.Filter.most
    if let last, last <= most {
      return try RequestVerb.run(.log(.records(.init(limit: last, run: about))), options, result)
    }
    let place = try RequestPlace(options)
    defer { place.close() }
    let console = Console.standard
    let layout = AnswerLayout(result.output, console.output)
    var held: [Substring] = []
    var after: Int64 = 0
    while true {
      let body = try place.answer(.log(.records(.init(after: after, limit: most, run: about))), as: layout).body
      let lines = body.split(separator: "\n")
      if last == nil { console.write(body) } else { held = (held + lines).suffix(last ?? 0) }
      guard lines.count == most, let next = lines.last.flatMap(LogRecordText.number), next > after else { break }
      after = next
    }
    for line in held { console.line(String(line)) }
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
