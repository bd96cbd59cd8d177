import ArgumentParser
import Glibc
import StellaDetection
import StellaEngine
import StellaModel

/// `stella anomaly`: scores a numeric series from a table.
struct AnomalyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "anomaly",
    abstract: "Score how unusual each point of a numeric series is.",
    discussion: """
      Reads comma-separated values with a header and prints timestamp, value and anomaly_score for every row, in order and \
      as rows come. A score uses only the row and those before it: 0 is usual, 0.5 and above is worth an alarm (about two \
      false ones a month and series; with 0.7 fewer than one, and a quarter fewer finds). The first \
      \(AnomalyScorer.coldPoints) values are the cold start and score 0. An empty value, NaN or null is a missing point \
      and scores 0.

      Examples:
        stella anomaly --value cpu --time at metrics.csv
        stella anomaly --value requests --time minute --output json - < requests.csv
      """)

  @Argument(help: "A file of comma-separated values; - is standard input.", completion: .file())
  var file: String

  @Option(name: .long, help: "The column with the numbers.")
  var value = "value"

  @Option(name: .long, help: "The column with the times: RFC 3339, 2026-01-31 13:45:00, or a count since 1970.")
  var time = "timestamp"

  @Option(name: .long, help: "The zone of times without one, such as Europe/Berlin or +02:00. Default: UTC.")
  var tz: String?

  @OptionGroup var result: OutputOptions

  func run() throws {
    var zone = ZoneRules.utc
    if let tz {
      guard let named = TimeZones.rules(tz) else {
        throw CommandFailure(
          .usage, "--tz: there is no time zone \(tz). Use an IANA name such as Europe/Berlin, or +02:00.")
      }
      zone = named
    }
    let console = Console.standard
    let name = file == "-" ? "standard input" : file
    let descriptor = try opened()
    defer { close(descriptor) }
    var table = AnomalyTable(name: name, value: value, time: time, zone: zone, mode: result.output)
    try withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 16) { buffer in
      while true {
        let count = read(descriptor, buffer.baseAddress, buffer.count)
        if count < 0, errno == EINTR { continue }
        guard count >= 0 else {
          throw CommandFailure(errno == EISDIR ? .usage : .failure, "\(name): \(String(cString: strerror(errno)))")
        }
        try table.add(
          UnsafeRawBufferPointer(rebasing: buffer[..<count]), isLast: count == 0, write: { console.write($0) })
        // Who pipes a live series in waits for its scores.
        try console.flush()
        if count == 0 { break }
      }
    }
    if !result.quiet {
      let missing = table.missing > 0 ? ", \(table.missing) of them missing" : ""
      console.note(
        "\(CountText.count(table.rows, "row"))\(missing); the first \(AnomalyScorer.coldPoints) values are the cold start and score 0"
      )
    }
  }

  private func opened() throws(CommandFailure) -> Int32 {
    if file == "-" { return dup(STDIN_FILENO) }
    let descriptor = open(file, O_RDONLY | O_CLOEXEC)
    if descriptor >= 0 { return descriptor }
    let reason = String(cString: strerror(errno))
    throw CommandFailure(
      errno == ENOENT ? .notFound : errno == EACCES ? .notPermitted : .failure,
      "\(file): \(reason). Name a readable file of comma-separated values, or - for standard input.")
  }
}
