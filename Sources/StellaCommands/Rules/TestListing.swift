import StellaEngine
import StellaModel

/// What became of cases beside rules and fixes, one after the other.
enum TestListing {
  static func print(_ cases: [RuleTestReport.Case], _ result: OutputOptions, _ console: Console) {
    for test in cases {
      switch result.output {
      case .json: console.line(object(test).json)
      case .table: if !test.passed || !result.quiet { print(test, console) }
      }
    }
  }

  private static func object(_ test: RuleTestReport.Case) -> FieldValue {
    var members: [FieldValue.Member] = [
      .init("kind", .string("test")), .init("name", .string(test.name)), .init("file", .string(test.file)),
      .init("line", .integer(Int64(test.line))), .init("passed", .bool(test.passed)),
    ]
    if let message = test.message { members.append(.init("message", .string(message))) }
    return .object(members)
  }

  /// A failure is shown at its line.
  private static func print(_ test: RuleTestReport.Case, _ console: Console) {
    let mark = test.passed ? console.output.styled("ok    ", .green) : console.output.styled("FAILED", .red, .bold)
    let place = test.passed ? test.file : "\(test.file):\(test.line)"
    console.line("\(mark)  \(TextEscaping.oneLine("\(place): \(test.name)"))")
    if let message = test.message {
      console.line(TextEscaping.block("        " + message.replacing("\n", with: "\n        ")))
    }
  }
}
