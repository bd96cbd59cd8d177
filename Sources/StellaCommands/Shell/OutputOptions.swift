import ArgumentParser

/// How results are printed.
package enum OutputMode: String, ExpressibleByArgument, CaseIterable, Sendable {
  /// For people.
  case table
  /// One JSON object per line.
  case json
}

/// The options that every verb with results takes.
package struct OutputOptions: ParsableArguments {
  @Option(name: .long, help: "How results are printed: table for people, json for one object per line.")
  package var output: OutputMode = .table

  @Flag(name: [.long, .short], help: "Print results and errors only.")
  package var quiet = false

  package init() {}
}
