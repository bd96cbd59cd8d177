import StellaLua
import StellaModel
import StellaScripting

/// The rules that are active together, compiled: their detectors, one router over all their conditions, and the keys they
/// share. Immutable but for the state inside the detectors.
package final class RuleSet {
  package struct ActiveRule {
    package let source: RuleSource
    package let expression: Expression
    package let detector: Detector
    /// What the steps of a `sequence` look for: their `match` together with `where`, in order.
    package let steps: [Expression]
    let resolve: Expression?
    let cancel: Expression?
    let parameters: [String: FieldValue]

    package var manifest: RuleManifest { detector.manifest }
    /// Everything that the router decides for the rule.
    fileprivate var conditions: [Expression] {
      (steps.isEmpty ? [expression] : steps) + [resolve, cancel].compactMap(\.self)
    }
  }

  package let fields: FieldRegister
  package private(set) var rules: [ActiveRule] = []
  package private(set) var refusals: [RuleRefusal]
  let router: Router
  /// What running each rule needs, side by side: the hot path reads nothing else of a rule.
  let runs: [RuleRun]
  /// The filters of the steps of all sequences; ``RuleRun`` tells which are whose.
  let stepFilters: [Int32]
  /// Filter → the rules that run on its events.
  let rulesOfFilter: [[Int]]
  let keySpaces: [KeySpace]

  /// Loads and compiles `sources`. A file that can't be used is among ``refusals`` and the others are active.
  ///
  /// - Parameters:
  ///   - parameters: rule id → parameter → value, from the configuration.
  ///   - previous: rules whose file and parameters did not change keep their detector with its state. It goes on to
  ///     work: nothing changes for it before the new set takes its place.
  ///   - unreadable: files that could not even be read.
  package init(
    sources: [RuleSource], parameters: [String: [String: FieldValue]] = [:], fields: FieldRegister,
    previous: RuleSet? = nil, unreadable: [RuleError] = []
  ) {
    self.fields = fields
    refusals = unreadable.map { RuleRefusal(file: $0.file, id: nil, errors: [$0]) }
    var spaces = KeySpaces(kept: previous?.keySpaces ?? [], fields: fields)
    var byID: [String: String] = [:]
    for source in sources {
      if let kept = previous?.rules.first(where: { $0.source == source }),
        kept.parameters == parameters[kept.manifest.id] ?? [:], byID[kept.manifest.id] == nil
      {
        byID[kept.manifest.id] = source.file
        spaces.keep(kept.detector.keys)
        rules.append(kept)
        continue
      }
      do throws(RuleRefusal) {
        let rule = try RuleSet.compile(
          source, parameters: parameters, order: rules.count, spaces: &spaces, fields: fields)
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
    let router = Router(filters: rules.flatMap(\.conditions), fields: &fields.table)
    self.router = router
    var rulesOfFilter = Array(repeating: [Int](), count: router.filters.count)
    var position = 0
    var stepFilters: [Int32] = []
    var runs: [RuleRun] = []
    for (number, rule) in rules.enumerated() {
      func filter() -> Int32 {
        defer { position += 1 }
        let filter = router.filter(of: position)
        rulesOfFilter[filter].append(number)
        return Int32(filter)
      }
      var run = RuleRun(detector: rule.detector, firstStep: stepFilters.count, stepCount: rule.steps.count)
      // In the order of the rule's conditions.
      if rule.steps.isEmpty { run.filter = filter() }
      for _ in rule.steps { stepFilters.append(filter()) }
      if rule.resolve != nil { run.resolveFilter = filter() }
      if rule.cancel != nil { run.cancelFilter = filter() }
      runs.append(run)
    }
    self.rulesOfFilter = rulesOfFilter
    self.stepFilters = stepFilters
    self.runs = runs
  }

  /// Takes over from the rules before: those that were kept get their place among the new ones.
  func takeOver() { for (order, rule) in rules.enumerated() { rule.detector.order = order } }

  /// The rules whose script has failed: how often, how many times it was sent to rest, and the last error.
  package var failingRules: [(id: String, failures: Int, rests: Int, error: String)] {
    rules.compactMap { rule in
      guard let quarantine = rule.detector.quarantine, quarantine.failures > 0, let error = quarantine.lastError else {
        return nil
      }
      return (rule.manifest.id, quarantine.failures, quarantine.rests, error.description)
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

  /// The names of all parts that ``save(where:)`` can give.
  package var partNames: Set<String> {
    Set(rules.map { RuleSet.part(rule: $0.manifest.id) }).union(keySpaces.indices.map(RuleSet.part(keys:)))
  }

  private static func part(rule id: String) -> String { "rule \(id)" }
  private static func part(keys number: Int) -> String { "keys \(number)" }

  /// Gives the rules, in which nothing may have happened yet, the state they had. Returns those that start anew although
  /// there was state of theirs, and why.
  package func restore(_ parts: [String: StateBytes]) -> [StateReset] {
    var resets: [StateReset] = []
    for rule in rules {
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

  private static func compile(
    _ source: RuleSource, parameters: [String: [String: FieldValue]], order: Int, spaces: inout KeySpaces,
    fields: FieldRegister
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
        source, parameters: { id in (parameters[id] ?? [:]).mapValues(LuaValue.init(scalar:)) }, host: host)
    } catch {
      for condition in error.conditions { _ = parse(condition) }
      var refusal = error
      refusal.errors += errors
      throw refusal
    }
    let manifest = script.manifest
    var expressions: [String: Expression] = [:]
    for condition in manifest.conditions { expressions[condition.key] = parse(condition) }
    let steps = (manifest.sequence?.steps ?? []).map { step -> Expression? in
      let own = expressions[step.condition.key]
      guard let both = expressions["where"], both.condition != .constant(true), own != nil else { return own }
      var condition = step.condition
      condition.text = "(\(condition.text)\n) and (\(both.text)\n)"
      return parse(condition)
    }.compactMap(\.self)
    guard errors.isEmpty, let expression = expressions["where"] else {
      throw RuleRefusal(file: source.file, id: manifest.id, errors: errors)
    }
    if manifest.on != nil || manifest.onMatch != nil || manifest.onAbsent != nil {
      for name in EventFields.read(in: source.text) { _ = fields.table.column(of: name) }
    }
    let keys = spaces.space(for: manifest.by)
    let affected = manifest.affected.map { fields.table.column(of: $0) }
    let detector = DetectorFactory.make(
      script, host: host, order: order, keys: keys, affectedColumn: affected, fields: fields)
    return ActiveRule(
      source: source, expression: expression, detector: detector, steps: steps,
      resolve: expressions["resolve_when"], cancel: expressions["cancel_on"],
      parameters: parameters[manifest.id] ?? [:])
  }
}

/// A detector and its filters. The set that holds the rule keeps the detector alive.
struct RuleRun {
  unowned(unsafe) let detector: Detector
  /// Of `where`, `resolve_when` and `cancel_on`; -1 when there is none. A sequence has filters of its steps instead of the
  /// first.
  var filter: Int32 = -1
  var resolveFilter: Int32 = -1
  var cancelFilter: Int32 = -1
  /// Where the filters of its steps are in ``RuleSet/stepFilters``.
  let firstStep: Int
  let stepCount: Int
  /// The batches in which the rule ran last.
  var lastBatch = 0

  init(detector: Detector, firstStep: Int, stepCount: Int) {
    self.detector = detector
    self.firstStep = firstStep
    self.stepCount = stepCount
  }
}

/// One ``KeySpace`` per list of `by` fields.
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

  mutating func space(for by: [String]) -> KeySpace {
    if let space = used.first(where: { $0.fields == by }) { return space }
    let space =
      kept.first { $0.fields == by }
      ?? KeySpace(fields: by, columns: by.map { fields.table.column(of: $0) }, seed: fields.keySeed)
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
