import StellaModel
import Synchronization

/// Performs effects by calling Swift closures of a host. Blocks its thread, which is none of the host's.
final class HostExecutor: EffectExecutor {
  let name: String?
  private let target: String
  private let operations: [HostOperation]
  private let thing: String?
  /// Calls that didn't end in time and may still do something.
  private let pending = Atomic(0)
  /// The keys of those that change something.
  private let pendingKeys = Mutex<Set<String>>([])

  init(_ name: String, _ operations: [HostOperation], identity: String?) {
    self.name = name
    target = name
    self.operations = operations
    thing = identity
  }

  func identity() -> TargetIdentity? { TargetIdentity(name: target, kind: "swift", physicalID: thing) }

  func admit(_ effect: Effect) throws(TargetError) -> EffectAdmission {
    guard case .exec(let exec) = effect else {
      throw refused("Operations of a host are called with exec, not \(effect.kind.rawValue).")
    }
    guard exec.environment.isEmpty else { throw refused("An operation of a host takes no environment.") }
    let (operation, arguments) = try operation(exec.argv)
    if let arguments, let why = operation.check?(arguments) { throw refused("\(operation.name): \(why)") }
    if case .run(let argv)? = exec.observation?.probe {
      guard argv.first == operation.name, operation.observe != nil else {
        throw refused(
          operation.observe == nil
            ? "\(operation.name) can't be observed. Leave `observe` out."
            : "What observes \(operation.name) is itself: begin `observe.argv` with its name.")
      }
    }
    return EffectAdmission(
      isSafe: operation.isSafe,
      reason: "\(operation.name) is " + (operation.isSafe ? "called safe by the host" : "not called safe by the host"))
  }

  /// The most that a preview may say.
  static let previewBytes = 4096

  func completed(_ effect: Effect, isUndo: Bool) throws(TargetError) -> Effect {
    guard case .exec(var exec) = effect else { return effect }
    let (operation, arguments) = try operation(exec.argv)
    // What an undo would do is told when it is asked for.
    exec.host = Effect.Exec.Host(isKeyed: operation.isKeyed)
    if !isUndo, let preview = operation.preview, let arguments {
      exec.host?.preview = try said(operation) { try await preview(arguments) }
    }
    return .exec(exec)
  }

  private func said(
    _ operation: HostOperation, _ preview: @escaping @Sendable () async throws -> String
  ) throws(TargetError) -> String {
    let text: String
    switch wait(max(operation.timeout, .seconds(10)), preview) {
    case .value(let value): text = value
    case .failure(let error):
      throw TargetError(.unavailable, target: target, "the preview of \(operation.name) threw \(error)")
    case .late: throw TargetError(.unavailable, target: target, "the preview of \(operation.name) gave no answer")
    }
    guard text.utf8.count <= Self.previewBytes else {
      throw refused("The preview of \(operation.name) is longer than \(Self.previewBytes) bytes.")
    }
    return text
  }

  func undo(of effect: Effect) -> Effect? {
    guard case .exec(let exec) = effect, let (operation, arguments) = try? operation(exec.argv), let arguments,
      let undo = operation.undo?(arguments)
    else { return nil }
    return .exec(Effect.Exec(target: target, argv: ([undo.operation] + undo.arguments).map { .text($0) }))
  }

  func perform(_ effect: Effect, marker: EffectMarker) -> EffectOutcome {
    guard case .exec(let exec) = effect else { return .notApplied("this is no operation") }
    let found: (operation: HostOperation, arguments: [String]?)
    do throws(TargetError) {
      _ = try admit(effect)
      found = try operation(exec.argv)
    } catch {
      return .notApplied(error.message)
    }
    guard let arguments = found.arguments else { return .notApplied("an argument is a result that isn't known") }
    let call = HostOperation.Call(operation: found.operation.name, arguments: arguments, key: marker.key)
    // One that is repeated under its key must not run beside itself.
    guard pendingKeys.withLock({ $0.insert(call.key).inserted }) else {
      return .unclear("the call before it was late and is still under way")
    }
    let apply = found.operation.apply
    let done: @Sendable () async throws -> HostOperation.Outcome = { [self] in
      defer { _ = pendingKeys.withLock { $0.remove(call.key) } }
      return try await apply(call)
    }
    switch wait(found.operation.timeout, done) {
    case .value(.applied(let line)): return .applied(line)
    case .value(.notApplied(let line)): return .notApplied(line)
    case .value(.unclear(let line)): return .unclear(line)
    case .failure(let error): return .unclear("it threw \(error)")
    case .late: return .unclear("no answer within \(found.operation.timeout)")
    }
  }

  func observe(_ effect: Effect) -> EffectOutcome {
    guard case .exec(let exec) = effect, let observation = exec.observation, case .run(let argv) = observation.probe,
      let found = try? operation(argv.map { .text($0) }), let observe = found.operation.observe,
      let arguments = found.arguments
    else { return .unclear("the effect has no observation") }
    guard pending.load(ordering: .acquiring) == 0 else { return .unclear("a call that was late is still under way") }
    let call = HostOperation.Call(operation: found.operation.name, arguments: arguments, key: "")
    switch wait(max(found.operation.timeout, .seconds(10)), { try await observe(call) }) {
    case .value(let isThere?):
      let code = isThere ? 0 : 1
      if observation.applied.contains(code) { return .applied(isThere ? "it is in force" : "it isn't in force") }
      if observation.notApplied.contains(code) { return .notApplied(isThere ? "it is in force" : "it isn't in force") }
      return .unclear("the observation gave \(code)")
    case .value(nil): return .unclear("it can't be told")
    case .failure(let error): return .unclear("the observation threw \(error)")
    case .late: return .unclear("the observation gave no answer")
    }
  }

  private func operation(
    _ argv: [EffectValue]
  ) throws(TargetError) -> (operation: HostOperation, arguments: [String]?) {
    guard case .text(let name)? = argv.first, let operation = operations.first(where: { $0.name == name }) else {
      let known = operations.map(\.name).sorted().joined(separator: ", ")
      throw refused("There is no such operation. The host offers \(known.isEmpty ? "none" : known).")
    }
    guard operation.arguments.contains(argv.count - 1) else {
      throw refused(
        "\(name) takes \(operation.arguments.lowerBound) to \(operation.arguments.upperBound) arguments, not "
          + "\(argv.count - 1).")
    }
    var arguments: [String] = []
    for argument in argv.dropFirst() {
      guard let text = Self.known(argument) else { return (operation, nil) }
      arguments.append(text)
    }
    return (operation, arguments)
  }

  /// Nil while a part of it is a result that isn't known.
  private static func known(_ argument: EffectValue) -> String? {
    switch argument {
    case .text(let text): return text
    case .array(let parts):
      let texts = parts.compactMap(known)
      return texts.count == parts.count ? texts.joined() : nil
    default: return nil
    }
  }

  private func refused(_ message: String) -> TargetError { TargetError(.refused, target: target, message) }

  // MARK: - Waiting for a task

  private enum Answer<Value: Sendable>: Sendable {
    case value(Value)
    case failure(any Error)
    case late
  }

  private func wait<Value: Sendable>(
    _ timeout: Duration, _ body: @escaping @Sendable () async throws -> Value
  ) -> Answer<Value> {
    let slot = AnswerSlot<Value>()
    pending.add(1, ordering: .acquiringAndReleasing)
    let task = Task { [self] in
      let answer: Result<Value, any Error>
      do { answer = .success(try await body()) } catch { answer = .failure(error) }
      // Before the answer is told: whoever has it may begin the next call.
      pending.subtract(1, ordering: .acquiringAndReleasing)
      slot.put(answer)
    }
    switch slot.wait(until: machineMonotonicTime() &+ timeout.nanoseconds) {
    case .success(let value)?: return .value(value)
    case .failure(let error)?: return .failure(error)
    case nil:
      task.cancel()
      return .late
    }
  }
}

/// Where a task leaves its answer for a thread that waits.
private final class AnswerSlot<Value: Sendable>: @unchecked Sendable {
  // Sendable, because `lock` guards the answer.
  private let lock = ConditionLock()
  private var answer: Result<Value, any Error>?

  func put(_ answer: Result<Value, any Error>) {
    lock.locked {
      self.answer = answer
      lock.broadcast()
    }
  }

  /// Nil when there is none by then.
  func wait(until moment: Int64) -> Result<Value, any Error>? {
    lock.locked {
      while answer == nil, lock.wait(until: moment) {}
      return answer
    }
  }
}
