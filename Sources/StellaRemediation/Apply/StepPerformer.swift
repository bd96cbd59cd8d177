import StellaModel

/// Performs one group of effects, and finds out what became of one whose answer was lost.
struct StepPerformer: Sendable {
  let targets: TargetSet
  let time: any TimeSource

  enum Outcome: Sendable {
    case applied(String, results: [[NamedValues]])
    /// Nothing was changed. With drift, because the target no longer holds what the plan was made for.
    case notApplied(String, isDrift: Bool)
    case unclear(String)
    /// It isn't there, and may still arrive; ask again.
    case pending(String)
  }

  /// How often a request with an idempotency key is sent before its outcome is called unclear.
  static let keyedAttempts = 3

  /// - Parameters:
  ///   - effects: of the group, without references to results of other groups.
  ///   - number: the first one's in the plan.
  ///   - start: of its intent.
  ///   - lock: on the group's database, if it is held already; it is over afterwards.
  /// - Throws: ``StoreError`` `fenced` when the target has seen a later engine; ``TargetError`` when what became of a commit
  ///   can't be asked now, but later.
  func perform(
    _ effects: [PreparedEffect], from number: Int, marker: EffectMarker, since start: ClockReading, lock: (any SQLLock)?
  ) throws -> Outcome {
    guard let first = effects.first else { return .applied("nothing to do", results: []) }
    if first.effect.isSQL { return try performSQL(effects, number, marker, lock) }
    do throws(TargetError) {
      let executor = try targets.executor(of: first.effect)
      _ = try executor.admit(first.effect)
      if first.precondition == .observedNotApplied {
        switch executor.observe(first.effect) {
        case .applied(let detail): return .notApplied("it is so already (\(detail))", isDrift: true)
        case .unclear(let detail): return .notApplied("what is now can't be told (\(detail))", isDrift: false)
        case .notApplied: break
        }
      }
      return outcome(of: first, by: executor, marker, since: start, isRepeated: false)
    } catch {
      return .notApplied(error.description, isDrift: false)
    }
  }

  private func outcome(
    of prepared: PreparedEffect, by executor: any EffectExecutor, _ marker: EffectMarker, since start: ClockReading,
    isRepeated: Bool
  ) -> Outcome {
    let attempts = prepared.effectClass == .keyed ? StepPerformer.keyedAttempts : 1
    var isRepeated = isRepeated
    var last = ""
    for _ in 0..<attempts {
      switch executor.perform(prepared.effect, marker: marker) {
      case .applied(let detail): return .applied(detail, results: [])
      // Of several attempts with one key an earlier one may have arrived, whatever the later one is told.
      case .notApplied(let detail) where !isRepeated: return .notApplied(detail, isDrift: false)
      case .notApplied(let detail), .unclear(let detail): last = detail
      }
      isRepeated = true
    }
    return observed(prepared, by: executor, since: start, "no clear answer: \(last)")
  }

  private func observed(
    _ prepared: PreparedEffect, by executor: any EffectExecutor, since start: ClockReading, _ why: String
  ) -> Outcome {
    guard prepared.effectClass != .blind else { return .unclear(why) }
    switch executor.observe(prepared.effect) {
    case .applied(let detail): return .applied("\(why); observed: \(detail)", results: [])
    case .notApplied(let detail):
      if executor.arrival == .zero { return .notApplied("\(why); observed: \(detail)", isDrift: false) }
      guard let passed = time.reading().elapsed(since: start) else {
        return .unclear("\(why); observed: \(detail); the clock was set back, so that it may still arrive")
      }
      return .nanoseconds(passed) < executor.arrival
        ? .pending("\(why); it isn't there yet (\(detail)) and may still arrive, so that it is looked for again")
        : .notApplied("\(why); observed: \(detail)", isDrift: false)
    case .unclear(let detail): return .unclear(detail.isEmpty ? why : "\(why); observed: \(detail)")
    }
  }

  private func performSQL(
    _ effects: [PreparedEffect], _ number: Int, _ marker: EffectMarker, _ lock: (any SQLLock)?
  ) throws -> Outcome {
    guard let name = effects[0].effect.target else { return .notApplied("it has no target", isDrift: false) }
    do {
      let lock = try lock ?? targets.database(name).lock()
      let results = try lock.apply(effects, from: number, marker: marker)
      let rows = effects.reduce(0) { $0 + $1.rows.count }
      return .applied("\(rows) of \(rows) rows", results: results)
    } catch let error as TargetError {
      switch error.code {
      case .unclear: return try resolved(marker, on: name, error.description)
      case .fenced: throw StoreError(.fenced, path: name, message: error.message)
      default: return .notApplied(error.description, isDrift: error.code == .drifted)
      }
    }
  }

  private func resolved(_ marker: EffectMarker, on name: String, _ why: String) throws -> Outcome {
    do throws(TargetError) {
      switch try targets.database(name).resolve(marker) {
      case .applied(let results): return .applied("its marker is there", results: results)
      case .notApplied: return .notApplied("its marker isn't there (\(why))", isDrift: false)
      }
    } catch {
      if error.canRetry { throw error }
      if error.code == .fenced { throw StoreError(.fenced, path: name, message: error.message) }
      return .unclear("\(why); and then: \(error)")
    }
  }

  /// What became of a group that another engine, or this one before a crash, was about to perform. A request with a key is
  /// sent again.
  ///
  /// - Parameter isOwn: whether this engine has sent it itself, and had no answer.
  /// - Throws: as ``perform(_:from:marker:since:lock:)``.
  func recover(
    _ effects: [PreparedEffect], marker: EffectMarker, since start: ClockReading, isOwn: Bool
  ) throws -> Outcome {
    let why = isOwn ? "no clear answer" : "the engine ended before it recorded an outcome"
    guard let first = effects.first else { return .applied("nothing to do", results: []) }
    if first.effect.isSQL, let name = first.effect.target { return try resolved(marker, on: name, why) }
    do throws(TargetError) {
      let executor = try targets.executor(of: first.effect)
      if first.effectClass == .keyed, !isOwn {
        return outcome(of: first, by: executor, marker, since: start, isRepeated: true)
      }
      return observed(first, by: executor, since: start, why)
    } catch {
      return .unclear("\(why); \(error)")
    }
  }
}
