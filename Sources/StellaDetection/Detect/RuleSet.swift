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
    /// The router's filter of `where`, and of `resolve_when` when it is a condition.
    package fileprivate(set) var filter = 0
    package fileprivate(set) var resolveFilter: Int?
    let resolveExpression: Expression?
    let parameters: [String: FieldValue]

    package var manifest: RuleManifest { detector.manifest }
  }

  package let fields: FieldRegister
  package private(set) var rules: [ActiveRule] = []
  package private(set) var refusals: [RuleRefusal]
  let router: Router
  /// What running each rule needs, side by side: the hot path reads nothing else of a rule.
  let runs: [RuleRun]
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
    var expressions = rules.map(\.expression)
    expressions += rules.compactMap(\.resolveExpression)
    router = Router(filters: expressions, fields: &fields.table)
    var rulesOfFilter = Array(repeating: [Int](), count: router.filters.count)
    var resolving = rules.count
    for number in rules.indices {
      rules[number].filter = router.filter(of: number)
      rulesOfFilter[rules[number].filter].append(number)
      if rules[number].resolveExpression != nil {
        rules[number].resolveFilter = router.filter(of: resolving)
        rulesOfFilter[router.filter(of: resolving)].append(number)
        resolving += 1
      }
    }
    self.rulesOfFilter = rulesOfFilter
    runs = rules.map {
      RuleRun(detector: $0.detector, filter: Int32($0.filter), resolveFilter: Int32($0.resolveFilter ?? -1))
    }
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
    let expressions = manifest.conditions.map(parse)
    let resolve = manifest.resolveCondition == nil ? nil : expressions.last
    guard errors.isEmpty, let expression = expressions.first ?? nil else {
      throw RuleRefusal(file: source.file, id: manifest.id, errors: errors)
    }
    if manifest.on != nil || manifest.onMatch != nil {
      for name in EventFields.read(in: source.text) { _ = fields.table.column(of: name) }
    }
    let keys = spaces.space(for: manifest.by)
    let affected = manifest.affected.map { fields.table.column(of: $0) }
    let detector = DetectorFactory.make(
      script, host: host, order: order, keys: keys, affectedColumn: affected, fields: fields)
    return ActiveRule(
      source: source, expression: expression, detector: detector, resolveExpression: resolve ?? nil,
      parameters: parameters[manifest.id] ?? [:])
  }
}

/// A detector and its filters. The set that holds the rule keeps the detector alive.
struct RuleRun {
  unowned(unsafe) let detector: Detector
  let filter: Int32
  /// -1 when there is none.
  let resolveFilter: Int32
  /// The batches in which the rule ran last.
  var lastBatch = 0
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
