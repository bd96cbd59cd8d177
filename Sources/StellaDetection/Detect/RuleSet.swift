import StellaLua
import StellaModel
import StellaScripting

/// The rules that are active together, compiled: their detectors, one router over all their conditions, the keys they
/// share, and which run on one thread. Immutable but for the state inside the detectors.
package final class RuleSet {
  package struct ActiveRule {
    package let source: RuleSource
    package let expression: Expression
    package let detector: Detector
    /// What the detector runs; for those who explain it.
    package let script: RuleScript
    /// What the steps of a `sequence` look for: their `match` together with `where`, in order.
    package let steps: [Expression]
    /// What the windows that take events by themselves look for: their `where` together with the rule's, in order.
    package let feeds: [Expression]
    package let resolve: Expression?
    package let cancel: Expression?
    /// Takes events away before the rule sees them; nil for a rule without exceptions.
    package fileprivate(set) var exceptions: ExceptionFilter?
    let parameters: [String: FieldValue]

    package var manifest: RuleManifest { detector.manifest }
    /// Events for which one of these holds are those that the rule looks at.
    package var filters: [Expression] { steps.isEmpty ? [expression] : steps }
    /// Everything that the router decides for the rule.
    fileprivate var conditions: [Expression] {
      (steps.isEmpty ? [expression] : []) + parts + [resolve, cancel].compactMap(\.self)
    }
    fileprivate var parts: [Expression] { steps + feeds }
  }

  package let fields: FieldRegister
  /// What the scripts of rules see besides the script API.
  package let functions: ScriptFunctions
  package private(set) var rules: [ActiveRule] = []
  package private(set) var refusals: [RuleRefusal]
  /// What is wrong with exceptions of rules that are active; those exceptions are not in force.
  package private(set) var exceptionErrors: [RuleError] = []
  let router: Router
  /// One for each worker.
  let shares: [RuleShare]
  /// Over how many threads the rules are spread.
  package var workers: Int { shares.count }
  /// Filter → the shares that have rules which run on its events.
  let sharesOfFilter: [ShareSet]
  let keySpaces: [KeySpace]

  /// Loads and compiles `sources`. A file that can't be used is among ``refusals`` and the others are active.
  ///
  /// - Parameters:
  ///   - parameters: rule id → parameter → value, from the configuration.
  ///   - exceptions: events that rules shall not see. What is wrong with them is among ``exceptionErrors``.
  ///   - functions: what scripts see besides the script API; nil for those of `previous`.
  ///   - previous: rules whose file and parameters did not change keep their detector with its state. It goes on to
  ///     work: nothing changes for it before the new set takes its place.
  ///   - unreadable: files that could not even be read.
  ///   - tracesLines: whether scripts note which of their lines run, see ``RuleScript/takeLines()``.
  ///   - workers: over how many threads the rules are spread, at most ``ShareSet/limit``; those of `previous` when there is
  ///     one.
  package init(
    sources: [RuleSource], parameters: [String: [String: FieldValue]] = [:], exceptions: [RuleException] = [],
    functions: ScriptFunctions? = nil, fields: FieldRegister, previous: RuleSet? = nil, unreadable: [RuleError] = [],
    workers: Int = 1, tracesLines: Bool = false
  ) {
    self.fields = fields
    let functions = functions ?? previous?.functions ?? .none
    self.functions = functions
    refusals = unreadable.map { RuleRefusal(file: $0.file, id: nil, errors: [$0]) }
    let workers = previous?.shares.count ?? max(1, min(workers, ShareSet.limit))
    var spaces = KeySpaces(kept: previous?.keySpaces ?? [], fields: fields)
    var placement = RulePlacement(shares: workers)
    let before = Dictionary((previous?.rules ?? []).map { ($0.source.file, $0) }) { first, _ in first }
    func kept(_ source: RuleSource) -> ActiveRule? {
      guard let kept = before[source.file], kept.source == source,
        kept.parameters == parameters[kept.manifest.id] ?? [:]
      else { return nil }
      return kept
    }
    for source in sources {
      if let kept = kept(source) { placement.add(kept.manifest, to: kept.detector.keys.share) }
    }
    var byID: [String: String] = [:]
    for source in sources {
      if let kept = kept(source), byID[kept.manifest.id] == nil {
        byID[kept.manifest.id] = source.file
        spaces.keep(kept.detector.keys)
        rules.append(kept)
        continue
      }
      do throws(RuleRefusal) {
        let rule = try RuleSet.compile(
          source, parameters: parameters, functions: functions, order: rules.count, placement: &placement,
          spaces: &spaces, fields: fields, tracesLines: tracesLines)
        if let other = byID[rule.manifest.id] {
          throw RuleRefusal(
            file: source.file, id: rule.manifest.id,
            errors: [
              RuleError(
                code: "rule.duplicate_id", message: "the id \(rule.manifest.id) belongs to \(other) already",
                remedy: "Give each rule an id of its own.", file: source.file,
                line: ManifestLines(source: source.text).line(of: "id"))
            ])
        }
        byID[rule.manifest.id] = source.file
        rules.append(rule)
      } catch {
        refusals.append(error)
      }
    }
    keySpaces = spaces.used
    exceptionErrors = RuleSet.except(&rules, exceptions, previous: previous, fields: fields)
    let router = Router(filters: rules.flatMap(\.conditions), fields: &fields.table)
    self.router = router
    var builders = Array(repeating: ShareBuilder(filterCount: router.filters.count), count: workers)
    var sharesOfFilter = Array(repeating: ShareSet(), count: router.filters.count)
    var position = 0
    for rule in rules {
      let share = rule.detector.keys.share
      let filters = rule.conditions.map { _ in
        defer { position += 1 }
        let filter = router.filter(of: position)
        sharesOfFilter[filter].insert(ShareSet(share: share))
        return filter
      }
      builders[share].add(rule, filters: filters)
    }
    self.sharesOfFilter = sharesOfFilter
    shares = builders.enumerated().map { number, builder in
      builder.share(spaces: spaces.used.filter { $0.share == number })
    }
  }

  /// Gives each rule the filter of its exceptions; one that has the same exceptions as before keeps it.
  ///
  /// - Returns: what is wrong with exceptions, which are left out then.
  private static func except(
    _ rules: inout [ActiveRule], _ exceptions: [RuleException], previous: RuleSet?, fields: FieldRegister
  ) -> [RuleError] {
    var errors: [RuleError] = []
    for place in rules.indices {
      let rule = rules[place]
      let wanted = exceptions.filter { $0.rules.contains(rule.manifest.id) }
      let before = previous?.rules.first { $0.manifest.id == rule.manifest.id }?.exceptions
      let isKept = rule.exceptions != nil && rule.exceptions?.exceptions == wanted
      if isKept { continue }
      var checked: [(exception: RuleException, expression: Expression)] = []
      for exception in wanted {
        do throws(RuleError) {
          checked.append((exception, try exception.expression(for: rule.manifest.id, by: rule.manifest.by)))
        } catch {
          errors.append(error)
        }
      }
      let filter =
        checked.isEmpty ? nil : ExceptionFilter(checked, conditions: rule.parts.count + 3, fields: fields)
      if let before { filter?.takeCounts(from: before) }
      filter?.decisions = rule.detector.decisions
      rules[place].exceptions = filter
    }
    return errors
  }

  /// Takes over from the rules before: those that were kept get their place among the new ones.
  func takeOver() { for (order, rule) in rules.enumerated() { rule.detector.order = order } }

  /// The rules whose script has failed: how often, how many times it was sent to rest, whether it runs no more, and the last error.
  package var failingRules: [(id: String, failures: Int, rests: Int, isStopped: Bool, error: String)] {
    rules.compactMap { rule in
      guard let quarantine = rule.detector.quarantine, quarantine.failures > 0, let error = quarantine.lastError else {
        return nil
      }
      return (
        rule.manifest.id, quarantine.failures, quarantine.rests, quarantine.restingUntil == .max, error.advice
      )
    }
  }

  // MARK: - Saved state

  /// The number of a rule's keys among ``keySpaces``.
  private func keys(of detector: Detector) -> Int { keySpaces.firstIndex { $0 === detector.keys } ?? 0 }

  /// The state of the rules for which `isWanted`, and the keys that theirs are among, by name. O(bytes), for native state at
  /// the speed of a copy.
  package func save(where isWanted: (Detector) -> Bool) -> [String: StateBytes] {
    var parts: [String: StateBytes] = [:]
    var used: Set<Int> = []
    let writer = StateWriter()
    for rule in rules where isWanted(rule.detector) {
      let keys = keys(of: rule.detector)
      used.insert(keys)
      // Pools have some room that nothing is in.
      writer.reserve(rule.detector.memoryBytes / 4 * 5)
      SavedRule.save(rule.detector, keys: keys, to: writer)
      parts[RuleSet.part(rule: rule.manifest.id)] = writer.take()
    }
    for number in used {
      keySpaces[number].dictionary.save(to: writer)
      parts[RuleSet.part(keys: number)] = writer.take()
    }
    return parts
  }

  /// The decisions of the rules for which `isWanted`, by the names of their parts. O(bytes).
  package func saveDecisions(where isWanted: (Detector) -> Bool) -> [String: StateBytes] {
    var parts: [String: StateBytes] = [:]
    let writer = StateWriter()
    for rule in rules where isWanted(rule.detector) && !rule.detector.decisions.isEmpty {
      rule.detector.decisions.save(to: writer)
      parts[RuleSet.part(decisions: rule.manifest.id)] = writer.take()
    }
    return parts
  }

  /// The names of all parts that ``save(where:)`` and ``saveDecisions(where:)`` can give.
  package var partNames: Set<String> {
    Set(rules.flatMap { [RuleSet.part(rule: $0.manifest.id), RuleSet.part(decisions: $0.manifest.id)] })
      .union(keySpaces.indices.map(RuleSet.part(keys:)))
  }

  package static func part(rule id: String) -> String { "rule \(id)" }
  package static func part(decisions id: String) -> String { "decisions \(id)" }
  private static func part(keys number: Int) -> String { "keys \(number)" }

  /// Gives the rules, in which nothing may have happened yet, the state they had. Returns those that start anew although
  /// there was state of theirs, and why.
  package func restore(_ parts: [String: StateBytes]) -> [StateReset] {
    var resets: [StateReset] = []
    for share in shares { share.forgetTimers() }
    for rule in rules {
      rule.detector.restoreDecisions(parts[RuleSet.part(decisions: rule.manifest.id)])
      guard let part = parts[RuleSet.part(rule: rule.manifest.id)] else { continue }
      do throws(StateError) {
        let saved = try SavedRule(part.bytes)
        guard let keys = parts[RuleSet.part(keys: saved.keys)] else {
          throw StateError(message: "its keys were not saved")
        }
        var reader = StateReader(keys.bytes)
        try saved.restore(rule.detector, keys: SavedKeys(from: &reader))
      } catch {
        resets.append(StateReset(rule: rule.manifest.id, reason: error.message))
      }
    }
    return resets
  }

  /// Loads and compiles one rule by itself, without the index that a set builds over all conditions: to find out whether
  /// a source is a rule. O(source).
  ///
  /// - Throws: a refusal with every error found.
  package static func check(_ source: RuleSource) throws(RuleRefusal) -> ActiveRule {
    let fields = FieldRegister()
    var placement = RulePlacement(shares: 1)
    var spaces = KeySpaces(kept: [], fields: fields)
    return try compile(
      source, parameters: [:], functions: .none, order: 0, placement: &placement, spaces: &spaces, fields: fields,
      tracesLines: false)
  }

  private static func compile(
    _ source: RuleSource, parameters: [String: [String: FieldValue]], functions: ScriptFunctions, order: Int,
    placement: inout RulePlacement, spaces: inout KeySpaces, fields: FieldRegister, tracesLines: Bool
  ) throws(RuleRefusal) -> ActiveRule {
    let host = ScriptHost(fields: fields)
    var errors: [RuleError] = []
    func parse(_ condition: RuleCondition) -> Expression? {
      do throws(ExpressionError) {
        return try Expression.parse(condition.text)
      } catch {
        errors.append(
          RuleError(
            code: "rule.condition", message: "\(condition.key), column \(error.column): \(error.message)",
            remedy: error.remedy, file: source.file, line: condition.line + error.line - 1))
        return nil
      }
    }
    let script: RuleScript
    do throws(RuleRefusal) {
      script = try RuleLoader.load(
        source, parameters: { id in (parameters[id] ?? [:]).mapValues(LuaValue.init(scalar:)) },
        functions: functions, host: host)
    } catch {
      for condition in error.conditions { _ = parse(condition) }
      var refusal = error
      refusal.errors += errors
      throw refusal
    }
    script.tracesLines = tracesLines
    let manifest = script.manifest
    var expressions: [String: Expression] = [:]
    for condition in manifest.conditions { expressions[condition.key] = parse(condition) }
    /// A condition of a part of the rule together with the rule's own.
    func both(_ part: RuleCondition) -> Expression? {
      guard let own = expressions[part.key], let whole = expressions["where"], whole.condition != .constant(true) else {
        return expressions[part.key]
      }
      if own.condition == .constant(true) { return whole }
      var condition = part
      condition.text = "(\(condition.text)\n) and (\(whole.text)\n)"
      return parse(condition)
    }
    let steps = (manifest.sequence?.steps ?? []).compactMap { both($0.condition) }
    let feeds = manifest.feeds.compactMap { both($0) }
    guard errors.isEmpty, let expression = expressions["where"] else {
      throw RuleRefusal(file: source.file, id: manifest.id, errors: errors)
    }
    if manifest.on != nil || manifest.onMatch != nil || manifest.onAbsent != nil {
      for name in EventFields.read(in: source.text) { _ = fields.table.column(of: name) }
    }
    let keys = spaces.space(for: manifest.by, share: placement.place(manifest))
    let affected = manifest.affected.map { fields.table.column(of: $0) }
    let detector = DetectorFactory.make(
      script, host: host, order: order, keys: keys, affectedColumn: affected, fields: fields)
    detector.quarantine?.decisions = detector.decisions
    return ActiveRule(
      source: source, expression: expression, detector: detector, script: script, steps: steps, feeds: feeds,
      resolve: expressions["resolve_when"], cancel: expressions["cancel_on"],
      parameters: parameters[manifest.id] ?? [:])
  }
}

/// Collects the rules of one ``RuleShare``.
private struct ShareBuilder {
  private var runs: [RuleRun] = []
  private var exceptions: [ExceptionFilter] = []
  private var partFilters: [Int32] = []
  private var rulesOfFilter: [[Int]]

  init(filterCount: Int) { rulesOfFilter = Array(repeating: [], count: filterCount) }

  /// - Parameter filters: of the rule's conditions, in their order.
  mutating func add(_ rule: RuleSet.ActiveRule, filters: [Int]) {
    for filter in filters { rulesOfFilter[filter].append(runs.count) }
    var rest = filters.map(Int32.init)[...]
    var run = RuleRun(detector: rule.detector, firstPart: partFilters.count, partCount: rule.parts.count)
    if let filter = rule.exceptions {
      run.exceptions = Int32(exceptions.count)
      exceptions.append(filter)
    }
    if rule.steps.isEmpty { run.filter = rest.removeFirst() }
    for _ in rule.parts { partFilters.append(rest.removeFirst()) }
    if rule.resolve != nil { run.resolveFilter = rest.removeFirst() }
    if rule.cancel != nil { run.cancelFilter = rest.removeFirst() }
    runs.append(run)
  }

  func share(spaces: [KeySpace]) -> RuleShare {
    RuleShare(
      spaces: spaces, runs: runs, exceptions: exceptions, partFilters: partFilters, rulesOfFilter: rulesOfFilter)
  }
}

/// One ``KeySpace`` per share and list of `by` fields.
private struct KeySpaces {
  private let kept: [KeySpace]
  private let fields: FieldRegister
  private(set) var used: [KeySpace] = []

  init(kept: [KeySpace], fields: FieldRegister) {
    self.kept = kept
    self.fields = fields
  }

  mutating func keep(_ space: KeySpace) {
    if !used.contains(where: { $0 === space }) { used.append(space) }
  }

  mutating func space(for by: [String], share: Int) -> KeySpace {
    func fits(_ space: KeySpace) -> Bool { space.fields == by && space.share == share }
    if let space = used.first(where: fits) { return space }
    let space =
      kept.first(where: fits)
      ?? KeySpace(
        fields: by, columns: by.map { fields.table.column(of: $0) }, seed: fields.keySeed, share: share)
    used.append(space)
    return space
  }
}

extension LuaValue {
  /// A configured value; arrays and objects become nil.
  fileprivate init(scalar value: FieldValue) {
    switch value {
    case .bool(let flag): self = .bool(flag)
    case .integer(let number): self = .integer(number)
    case .double(let number): self = .double(number)
    case .string(let text): self = .string(text)
    case .null, .array, .object: self = .nil
    }
  }
}
