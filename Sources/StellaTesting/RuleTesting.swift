import StellaEngine
import StellaModel

/// Tests of rules within a host's own suite, whatever library that is written with:
///
///     @Test func rules() async throws {
///       #expect(try await RuleTesting.failures(of: "Rules") == [])
///     }
///
///     @Test func checkout() async throws {
///       let alerts = try await RuleTesting.alerts(.directory("Rules"), over: events)
///       #expect(alerts.map(\.rule) == ["shop.checkout"])
///     }
public enum RuleTesting {
  /// Runs every `*_test.lua` under a directory, as `stella rules test` does.
  ///
  /// - Parameter functions: those of the host that the rules call.
  /// - Returns: what failed and what can't be used, each as `file:line: why`; empty when all is well.
  /// - Throws: ``StellaError`` `engine.failed` when there can be no thread for the scripts, or there is no test.
  public static func failures(of directory: String, functions: [HostFunction] = []) async throws -> [String] {
    let offered = try HostFunction.checked(functions)
    let report: RuleTestReport
    do {
      report = try await EngineThread.value {
        var options = RuleTester.Options()
        options.functions = offered
        return try RuleTester.run(paths: [directory], options)
      }
    } catch {
      throw StellaError(.failed, "\(error)")
    }
    guard !report.cases.isEmpty || !report.errors.isEmpty else {
      throw StellaError(.failed, "there are no tests under \(directory). They are named *_test.lua.")
    }
    let failures = report.cases.filter { !$0.passed }.map { "\($0.file):\($0.line): \($0.name): \($0.message ?? "")" }
    return (report.errors.map(\.description) + failures).map { TextEscaping.block($0) }
  }

  /// What is doubtful in rules that work, as `stella rules lint` says it, and what is wrong in those that don't.
  ///
  /// - Parameter functions: those of the host that the rules call.
  /// - Returns: each as `file:line: what, and what to do`; empty when there is nothing to say.
  /// - Throws: ``StellaError`` `engine.failed` when there can be no thread for the scripts.
  public static func warnings(about directory: String, functions: [HostFunction] = []) async throws -> [String] {
    let offered = try HostFunction.checked(functions)
    do {
      let report = try await EngineThread.value { try RuleLinter.run(paths: [directory], functions: offered) }
      return (report.errors + report.warnings.map(\.error)).map { TextEscaping.block($0.description) }
    } catch {
      throw StellaError(.failed, "\(error)")
    }
  }

  /// What the rules say about these events, as an embedded engine would tell its host.
  ///
  /// - Parameters:
  ///   - events: in the order in which they come; their own times are the only clock. What a rule checks later than the
  ///     last of them isn't waited for.
  ///   - functions: those of the host that the rules call.
  /// - Returns: alerts that fire and that are resolved, in order.
  /// - Throws: ``StellaError`` `engine.rules` when one of the rules can't be used, `engine.usage` for over 64 MiB of events.
  public static func alerts(
    _ rules: ScriptPlace, over events: [Event], functions: [HostFunction] = []
  ) async throws -> [Alert] {
    var configuration = EngineConfiguration(rules: rules)
    configuration.functions = functions
    configuration.bufferBytes = 64 << 20
    configuration.streamLimit = .max
    let engine = try await StellaEngine(configuration)
    if let refusal = engine.health.refusals.first { throw StellaError(.rules, refusal) }
    let alerts = engine.alerts
    guard engine.ingest(events) == events.count else {
      throw StellaError(.usage, "these are more events than an engine takes at once. Give fewer.")
    }
    engine.shutDown()
    try await engine.run()
    var told: [Alert] = []
    for await alert in alerts { told.append(alert) }
    return told
  }
}
