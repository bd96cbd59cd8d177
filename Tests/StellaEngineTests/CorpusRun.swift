import Foundation
import StellaDetection
import StellaModel
import StellaScripting
import Testing

@testable import StellaEngine

/// Runs whole logs through the rules that ship, each log with rules of its own.
enum CorpusRun {
  struct Log: Sendable {
    var bytes: [UInt8]
    var format = LogFormat.auto
    var year: Int? = nil
  }

  struct RefusedRules: Error { var messages: [String] }

  /// The alerts that fire, per log.
  static func fired(_ logs: [Log], rules folder: String = CorpusFolder.rules) throws -> [[Alert]] {
    let sources = RuleFiles.read([folder]).sources
    return try EngineThread.run {
      try logs.map { log in try fired(log, sources) }
    }
  }

  private static func fired(_ log: Log, _ sources: [RuleSource]) throws -> [Alert] {
    let fields = FieldRegister()
    let rules = RuleSet(sources: sources, fields: fields)
    if !rules.refusals.isEmpty { throw RefusedRules(messages: rules.refusals.flatMap(\.errors).map(\.description)) }
    var readers: [SourceReader] = []
    let pipeline = Pipeline(rules: rules, lateness: 5_000_000_000) { source, record, time in
      readers[Int(source)].event(record, time: time)
    }
    let number = pipeline.addSource("log")
    let reader = SourceReader(
      splitter: LineSplitter(source: RecordedSource(name: "log", bytes: log.bytes), index: number), number: number,
      format: log.format, clock: SourceClock(year: log.year, reference: 1_767_225_600_000_000_000), fields: fields)
    readers.append(reader)
    var alerts: [Alert] = []
    pipeline.clear()
    while case .more = try reader.fill(pipeline.batch) { alerts += pipeline.process() }
    pipeline.endSource(number)
    alerts += pipeline.finish()
    let failing = pipeline.rules.failingRules
    if !failing.isEmpty { throw RefusedRules(messages: failing.map { "\($0.id): \($0.error)" }) }
    return alerts.filter { $0.status == .firing }
  }

  /// The source addresses that alerts are about.
  static func addresses(_ alerts: [Alert]) -> Set<String> {
    Set(
      alerts.compactMap { alert in
        if case .string(let address)? = alert.key.first(where: { $0.name == "src_ip" })?.value { address } else { nil }
      })
  }
}

extension Severity {
  /// Whether a person should look.
  var isAboveLow: Bool { self != .informational && self != .low }
}
