import Dispatch
import StellaModel
import Synchronization

/// Plans messages and hands them over, beside everything else: nothing waits for it.
package final class NotificationDelivery<Store: NotificationStore>: Sendable {
  /// Messages of different groups that one sink gets at a time.
  private static var breadth: Int { 4 }
  private static var pause: Duration { .milliseconds(100) }
  private static var troublePause: Duration { .seconds(1) }

  private let store: Store
  private let settings: NotificationSettings
  private let planner: NotificationPlanner<Store>
  private let clients: [String: any NotificationClient]
  private let time: any TimeSource
  private let note: @Sendable (String) -> Void
  private let queue = DispatchQueue(label: "stella.notify")
  private let tasks = Mutex<[Task<Void, Never>]>([])
  private let said = Mutex<[String: String]>([:])

  /// - Parameters:
  ///   - clients: by the names of their sinks.
  ///   - note: told what a person should know, once while it lasts.
  package init(
    _ store: Store, settings: NotificationSettings, clients: [String: any NotificationClient], time: any TimeSource,
    makeID: @escaping @Sendable () -> String, note: @escaping @Sendable (String) -> Void
  ) {
    self.store = store
    self.settings = settings
    self.clients = clients
    self.time = time
    self.note = note
    planner = NotificationPlanner(store, settings: settings, time: time, makeID: makeID)
  }

  /// Has changes noted, and hands over what they come to from now on.
  ///
  /// - Throws: when the store doesn't take that; nothing runs then.
  package func begin() throws {
    try planner.begin()
    guard settings.isOn else { return }
    var begun = [Task { await self.plan() }]
    for sink in settings.sinks {
      guard let client = clients[sink.name] else { continue }
      begun.append(Task { await self.serve(sink, client) })
    }
    tasks.withLock { $0 = begun }
  }

  /// Ends at once. What is being handed over counts as not handed over, and comes again after the next start.
  package func end() async {
    let running = tasks.withLock { tasks in
      defer { tasks = [] }
      return tasks
    }
    for task in running { task.cancel() }
    for task in running { await task.value }
    for client in clients.values { await client.end() }
  }

  /// Notes trouble of the engine; never waits.
  package func tell(_ text: String, subject: String) {
    guard settings.isOn else { return }
    let change = NotificationChange(
      number: 0, kind: .engine, state: "firing", subject: subject, time: time.now(), body: text)
    queue.async { [store] in try? store.write(as: .command) { try $0.note(change) } }
  }

  private func plan() async {
    var nextPruning: Int64 = 0
    while !Task.isCancelled {
      var hasMore = false
      var pause = Self.pause
      do {
        hasMore = try await onQueue { try self.planner.turn() }
        if time.now() >= nextPruning {
          nextPruning = time.now() + 60_000_000_000
          let count = try await onQueue { try self.planner.prune() }
          if count > 0 {
            note(
              "\(CountText.count(count, "notification was", "notifications were")) given up: more than \(settings.waitingLimit) waited"
            )
          }
        }
        say("planning", nil)
      } catch {
        say("planning", "notifications can't be planned: \(error)")
        pause = Self.troublePause
      }
      if !hasMore { try? await Task.sleep(for: pause) }
    }
  }

  private func serve(_ sink: NotificationSink, _ client: any NotificationClient) async {
    var quietUntil: Int64 = 0
    while !Task.isCancelled {
      do {
        let now = time.now()
        let due =
          now < quietUntil
          ? []
          : try await onQueue {
            try self.store.readNotifications { try $0.outbox(of: sink.name, dueBy: now, limit: Self.breadth) }
          }
        if due.isEmpty {
          try await Task.sleep(for: Self.pause)
          continue
        }
        let outcomes = await withTaskGroup(of: (OutboxMessage, DeliveryOutcome).self) { group in
          for message in due {
            group.addTask { (message, await client.deliver(message.message, time: self.time.now())) }
          }
          return await group.reduce(into: []) { $0.append($1) }
        }
        // What was cut off says nothing.
        if Task.isCancelled { return }
        let ended = time.now()
        for case (_, .later(_, let wish?)) in outcomes {
          quietUntil = max(quietUntil, ended + min(max(wish, 0), RetryTimes.longestWish))
        }
        let settled = outcomes.map { RetryTimes.settled($0, $1, now: ended, chance: .random(in: 0..<1)) }
        try await record(settled, of: sink)
        let trouble = settled.first { $0.state != .sent }
        say(sink.name, trouble.map { "the sink \(sink.name) took no notification: \($0.trouble)" })
      } catch is CancellationError {
        return
      } catch {
        say(sink.name, "what \(sink.name) took can't be noted: \(error)")
        try? await Task.sleep(for: Self.troublePause)
      }
    }
  }

  /// Tries until it is written: what isn't noted would be handed over again, every second while a disk is full.
  ///
  /// - Throws: `CancellationError`.
  private func record(_ settled: [OutboxMessage], of sink: NotificationSink) async throws {
    while true {
      do {
        try await onQueue {
          try self.store.write(as: .command) { for message in settled { try $0.update(message, attempted: true) } }
        }
        return
      } catch {
        say(sink.name, "what \(sink.name) took can't be noted: \(error)")
        try await Task.sleep(for: Self.troublePause)
      }
    }
  }

  private func onQueue<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      queue.async { continuation.resume(with: Result(catching: body)) }
    }
  }

  /// The same is said once, and again after it was over.
  private func say(_ subject: String, _ text: String?) {
    let isNew = said.withLock { said in
      defer { said[subject] = text }
      return text != nil && said[subject] == nil
    }
    if isNew, let text { note(TextEscaping.oneLine(text, limit: 500)) }
  }
}
