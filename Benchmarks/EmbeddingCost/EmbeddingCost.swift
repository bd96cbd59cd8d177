import Foundation

/// What embedding the engine costs a host. `Scripts/bench --only embedding` runs it and says what the figures have to be;
/// `Scripts/sanitize-threads.sh` runs `threads`.
@main
struct EmbeddingCost {
  /// Something that can't be measured.
  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  private struct Usage: Error, CustomStringConvertible {
    var description: String
  }

  static func main() async {
    do {
      try await run(Array(CommandLine.arguments.dropFirst()))
    } catch {
      FileHandle.standardError.write(Data("EmbeddingCost: \(error)\n".utf8))
      exit(error is Usage ? 3 : 10)
    }
  }

  private static func run(_ arguments: [String]) async throws {
    switch (arguments.first, arguments.count) {
    case ("call", 2): tell(CallCost().measured(rounds: try number(arguments[1])))
    case ("serve", 2): try await EndpointCost.serve(rules: arguments[1])
    case ("load", 5...):
      let generator = LoadGenerator(
        process: try number(arguments[1]), connections: try number(arguments[2]), ports: try arguments[4...].map(number)
      )
      for figures in try await generator.measured(rounds: try number(arguments[3])) { tell(figures) }
    case ("memory", 2): tell(try await MemoryCost.measured(rules: arguments[1]))
    case ("threads", 2): tell(try await ThreadLoad().run(seconds: try number(arguments[1])))
    default:
      throw Usage(
        description:
          "call ROUNDS | serve RULES | load PROCESS CONNECTIONS ROUNDS PORT... | memory RULES | threads SECONDS")
    }
  }

  private static func number(_ text: String) throws -> Int {
    guard let number = Int(text), number > 0 else { throw Usage(description: "\(text) is no number above zero") }
    return number
  }

  /// One line of JSON, at once.
  static func tell(_ figures: [(name: String, value: Double)]) {
    let members = figures.map { "\"\($0.name)\":\($0.value)" }
    print("{" + members.joined(separator: ",") + "}")
    fflush(nil)
  }

  /// Nanoseconds that only go forward.
  static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
