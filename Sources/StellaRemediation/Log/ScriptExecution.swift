import StellaModel
import StellaScripting

/// One call of a fix's function, for the record: what ran, on what, what it asked, what it used, and how it ended.
struct ScriptExecution: Sendable {
  enum Function: String {
    case when
    case plan
    case verify
  }

  let script: ContentDigest
  let inputs: NamedValues
  let queries: [FixQueryRecord]
  let steps: Int
  let peakMemoryBytes: Int
  let outcome: String

  func entry(_ function: Function, run: Run, journal: RunJournal) -> LogEntry {
    let asked = queries.map { query in
      FieldValue.object([
        .init("target", .string(query.target)), .init("statement", .string(query.statement)),
        .init("rows", .integer(Int64(query.rows))), .init("failure", .string(query.failure ?? "")),
      ])
    }
    return LogEntry(
      .scriptExecuted, time: journal.time.now(), run: run.id, actor: "engine",
      body: [
        .init("function", .string(function.rawValue)), .init("fix", .string(run.fix)),
        .init("script", .string(script.description)),
        .init("inputs", .string(RunJournal.digest(of: StoredValues.bytes(inputs)))),
        .init("queries", .integer(Int64(queries.count))),
        .init("rows", .integer(Int64(queries.reduce(0) { $0 + $1.rows }))),
        .init("steps", .integer(Int64(steps))), .init("peak_memory_bytes", .integer(Int64(peakMemoryBytes))),
        .init("outcome", .string(outcome)),
      ], payload: asked.isEmpty ? nil : journal.payload(Array(FieldValue.array(asked).json.utf8)))
  }
}

extension RunJournal {
  static func digest(of bytes: [UInt8]) -> String {
    ContentDigest(of: bytes).description
  }
}
