import StellaModel
import StellaScripting

/// Makes the plan of a fix: runs its `plan`, asks the targets what each effect would change, and binds it all to a digest.
///
/// Changes nothing. Runs scripts: call it on a thread with a stack of 1 MiB or more. Costs two runs of the script and one
/// look at each target.
package struct FixPlanner: Sendable {
  package let targets: TargetSet

  package init(targets: TargetSet) { self.targets = targets }

  package enum Outcome: Sendable {
    case plan(Plan, notes: [String], isSafe: Bool)
    /// There is nothing to change.
    case nothing(notes: [String])
    /// `plan` failed, or what it says can't be. For people.
    case failed(String, canRetry: Bool)
    /// A target or a bound forbids it. For people.
    case refused(String)
  }

  /// What planning did, whatever came of it.
  package struct Planning: Sendable {
    package var outcome: Outcome
    package var queries: [FixQueryRecord]
    package var steps: Int
    package var peakMemoryBytes: Int
    /// Of each table that changes, where the bounds limit a share.
    package var shares: [BlastRadius.Share] = []
  }

  /// - Parameters:
  ///   - views: of the fix's databases, by name. Those that are missing are opened, and closed at the end.
  ///   - bounds: of the policy; the fix's own `max_rows` can only lower them.
  package func plan(
    _ fix: FixScript, _ parameters: FixParameters, bounds: PlanBounds, views given: [String: any SQLView] = [:]
  ) -> Planning {
    var views = given
    defer { for (name, view) in views where given[name] == nil { view.close() } }
    do throws(TargetError) {
      for name in fix.manifest.targets where views[name] == nil {
        if let database = targets.databases[name] { views[name] = try database.view() }
      }
    } catch {
      return Planning(outcome: FixPlanner.outcome(error), queries: [], steps: 0, peakMemoryBytes: 0)
    }
    let readable = views.filter { targets.readable.contains($0.key) }
    let run = fix.planTwice(parameters, targets: readable.mapValues { $0 as any ReadOnlyTarget })
    let outcome: Outcome
    switch run.result {
    case .failure(let error):
      outcome = undeclared(fix) ?? .failed(error.description, canRetry: error.canRetry)
    case .success(let declared): outcome = self.outcome(declared, fix, parameters, bounds, views)
    }
    var planning = Planning(
      outcome: outcome, queries: run.queries, steps: run.steps, peakMemoryBytes: run.peakMemoryBytes)
    if case .plan(let plan, _, _) = outcome, bounds.sharePercent != nil { planning.shares = shares(of: plan, views) }
    return planning
  }

  /// A script fails on a target that isn't there as on one that it may not ask; the first is said as what it is.
  private func undeclared(_ fix: FixScript) -> Outcome? {
    let known = targets.names
    guard let name = fix.manifest.targets.first(where: { !known.contains($0) }) else { return nil }
    do throws(TargetError) {
      _ = try targets.database(name)
      return nil
    } catch {
      return FixPlanner.outcome(error)
    }
  }

  private static func outcome(_ error: TargetError) -> Outcome {
    error.canRetry ? .failed(error.description, canRetry: true) : .refused(error.description)
  }

  private func outcome(
    _ declared: DeclaredPlan, _ fix: FixScript, _ parameters: FixParameters, _ bounds: PlanBounds,
    _ views: [String: any SQLView]
  ) -> Outcome {
    do {
      let allowed = bounds.rows
      var bounds = bounds
      if let own = fix.manifest.maxRows { bounds.rows = min(bounds.rows, own) }
      let declarations = try declared.effects.map { effect in
        do throws(EffectError) {
          return try EffectDeclaration(kind: effect.kind.rawValue, members: effect.members)
        } catch {
          throw DeclarationFault(line: effect.line, error: error)
        }
      }
      let prepared = try prepare(declarations, bounds, views)
      guard prepared.effects.contains(where: { !$0.effect.isSQL || !$0.rows.isEmpty }) else {
        return .nothing(notes: declared.notes)
      }
      let rows = prepared.effects.reduce(0) { $0 + $1.rows.count }
      if bounds.rows < allowed, rows > bounds.rows {
        throw PlanError(
          .overBounds, "\(rows) rows would change and at most \(bounds.rows) may, by max_rows of the fix",
          "Narrow the selectors, or raise max_rows in the fix")
      }
      let plan = try Plan(
        PlanContent(
          fixID: fix.manifest.id, fixDigest: ContentDigest(of: fix.source.text), apiLevel: fix.manifest.api,
          parameters: try FixPlanner.values(parameters), targets: try identities(prepared.effects, views),
          bounds: bounds, effects: prepared.effects),
        knownSecrets: targets.secrets)
      return .plan(
        plan, notes: declared.notes, isSafe: prepared.areSafe && fix.manifest.approval != .always)
    } catch let fault as DeclarationFault {
      return .failed("\(fix.source.file):\(fault.line): \(fault.error)", canRetry: false)
    } catch let error as TargetError {
      return FixPlanner.outcome(error)
    } catch let error as PlanError {
      switch error.code {
      case .empty: return .nothing(notes: declared.notes)
      case .overBounds, .limit: return .refused(error.description)
      case .badEffect, .secretValue, .inconsistent: return .failed(error.description, canRetry: false)
      }
    } catch {
      return .failed("\(error)", canRetry: false)
    }
  }

  private struct DeclarationFault: Error {
    let line: Int
    let error: EffectError
  }

  private func prepare(
    _ declarations: [EffectDeclaration], _ bounds: PlanBounds, _ views: [String: any SQLView]
  ) throws -> (effects: [PreparedEffect], areSafe: Bool) {
    var areSafe = true
    var places: [String: [Int]] = [:]
    var effects: [PreparedEffect?] = Array(repeating: nil, count: declarations.count)
    for (index, declaration) in declarations.enumerated() {
      if declaration.effect.isSQL, let target = declaration.effect.target {
        places[target, default: []].append(index)
        areSafe = false
        continue
      }
      let executor = try targets.executor(of: declaration.effect)
      areSafe = try executor.admit(declaration.effect).isSafe && areSafe
      let effect = try executor.completed(declaration.effect, isUndo: false)
      let strongest = effect.strongestClass
      effects[index] = PreparedEffect(
        effect, class: strongest, precondition: strongest == .probe ? .observedNotApplied : .none,
        undo: try undo(of: declaration, by: executor))
    }
    for (target, indices) in places.sorted(by: { NamedValues.precedes($0.key, $1.key) }) {
      guard let view = views[target] else {
        _ = try targets.database(target)
        throw TargetError(.refused, target: target, "the fix doesn't list it among its targets.")
      }
      let limit = min(bounds.rows, targets.rowLimits[target] ?? bounds.rows)
      let wanted = indices.map { index in
        NumberedEffect(
          index + 1, declarations[index].effect, rowLimit: min(declarations[index].rowLimit ?? limit, limit)
        )
      }
      for (index, prepared) in zip(indices, try view.prepare(wanted)) { effects[index] = prepared }
    }
    return (effects.compactMap(\.self), areSafe)
  }

  /// What the fix says, or else the target.
  private func undo(of declaration: EffectDeclaration, by executor: any EffectExecutor) throws -> Undo {
    var undo = declaration.undo
    if !declaration.namesUndo, let own = executor.undo(of: declaration.effect) { undo = .effect(own) }
    guard case .effect(let effect) = undo else { return undo }
    let other = try targets.executor(of: effect)
    _ = try other.admit(effect)
    return .effect(try other.completed(effect, isUndo: true))
  }

  /// What the names of the touched targets stand for now, undo included.
  private func identities(_ effects: [PreparedEffect], _ views: [String: any SQLView]) throws -> [TargetIdentity] {
    var names: [String] = []
    for prepared in effects {
      var touched = [prepared.effect.target]
      if case .effect(let undo) = prepared.undo { touched.append(undo.target) }
      for case let name? in touched where !names.contains(name) { names.append(name) }
    }
    return try names.compactMap { name in
      if let view = views[name] { return try view.identity() }
      return try targets.executors[name]?.identity()
    }
  }

  /// How much of each table changes; a table that can't be counted is a share of nothing known.
  private func shares(of plan: Plan, _ views: [String: any SQLView]) -> [BlastRadius.Share] {
    var touched: [(target: String, table: String, rows: Int)] = []
    for prepared in plan.content.effects {
      guard let (target, table) = prepared.effect.table else { continue }
      if case .sqlInsert = prepared.effect { continue }
      if let index = touched.firstIndex(where: { $0.target == target && $0.table == table }) {
        touched[index].rows += prepared.rows.count
      } else {
        touched.append((target, table, prepared.rows.count))
      }
    }
    return touched.map { target, table, rows in
      let name = table.split(separator: ".", omittingEmptySubsequences: false)
        .map { "\"" + $0.replacing("\"", with: "\"\"") + "\"" }.joined(separator: ".")
      let query = FixQuery(
        target: target, statement: "select count(*) from \(name)", arguments: [], rowLimit: 1, byteLimit: 1 << 10)
      var all: Int?
      if let answer = try? views[target]?.answer(query), case .integer(let count)? = answer.rows.first?.first {
        all = Int(count)
      }
      return BlastRadius.Share(of: "table \(table) of \(target)", touched: rows, all: all)
    }
  }

  package static func values(_ parameters: FixParameters) throws -> NamedValues {
    try NamedValues(
      parameters.values.map { NamedValues.Member($0.name, try DeclaredTable.value($0.value, at: $0.name)) })
  }

  /// The other way round, for planning once more.
  package static func parameters(_ values: NamedValues, of fix: FixScript) throws(FixError) -> FixParameters {
    var given: [FieldValue.Member] = []
    for member in values {
      switch member.value {
      case .null: given.append(.init(member.name, .null))
      case .bool(let flag): given.append(.init(member.name, .bool(flag)))
      case .integer(let number): given.append(.init(member.name, .integer(number)))
      case .double(let number): given.append(.init(member.name, .double(number)))
      case .text(let text): given.append(.init(member.name, .string(text)))
      case .bytes, .array, .object, .result, .secret: continue
      }
    }
    return try FixParameters(of: fix.manifest, given: given)
  }
}
