import Glibc
import StellaDetection
import StellaModel
import Synchronization

/// What happens in an engine, for any number of clients: events, the transitions of alerts and those of runs, and silences.
///
/// A thread of its own decodes what detection left in an ``EventTap``, encodes each message once, and hands the same bytes to
/// all clients that want the same. Detection never waits for it: what comes faster than it can be told is left out and counted.
/// Messages are numbered in the order in which they are told; the last of them are kept, so that a client that comes back goes
/// on where it was: it is told what it missed as fast as it takes it. What is missing is said.
package final class LiveFeed: Sendable {
  package struct Limits: Sendable {
    package var clients = 2000
    /// Different conditions at a time.
    package var conditions = 64
    /// Of what is kept for clients that come back.
    package var replayBytes = 8 << 20
    package var pingNanoseconds: Int64 = 30_000_000_000
    /// How long events are kept for clients that may come back after the last has gone.
    package var leaseNanoseconds: Int64 = 30_000_000_000
    /// Alerts, runs and silences that wait to be told.
    package var queue = 10_000

    package init() {}
  }

  /// What has become of it so far. Counters only grow, but for `clients`.
  package struct Counts: Sendable, Hashable {
    package var clients = 0
    package var admitted = 0
    /// Clients that took too little.
    package var dropped = 0
    /// Those for whom there was no place.
    package var refused = 0
    /// Messages handed to clients.
    package var messages = 0
    /// Events that nobody was told of because they came too fast.
    package var lostEvents = 0
    /// Alerts, runs and silences that nobody was told of because too many waited.
    package var lostNews = 0
  }

  enum Command: Sendable {
    case join(any FeedClient, FeedFilter, after: String?)
    case leave(ObjectIdentifier, FeedFilter)
    /// A client that came back takes more of what it missed.
    case room(ObjectIdentifier)
    case alert(Alert)
    case remarked(StoredAlert, json: String)
    case run(Run)
    case silence(Silence, json: String)

    /// Whether clients are told of it, rather than come, go or go on.
    var isNews: Bool {
      switch self {
      case .alert, .remarked, .run, .silence: true
      case .join, .leave, .room: false
      }
    }
  }

  struct Inbox {
    var commands: [Command] = []
    /// Alerts, runs and silences that found no place.
    var lost = 0
    var isEnding = false
  }

  let tap: EventTap
  let limits: Limits
  /// Begins the ids of messages: another one for each start of the process.
  let epoch: String
  let masking: Masking
  let inbox = Mutex(Inbox())
  let counts = Mutex(Counts())
  private let conditions = Mutex<[Expression: Int]>([:])
  private let thread = Mutex<pthread_t?>(nil)

  /// - Parameters:
  ///   - masking: what is taken out of what clients get who may not see personal data.
  ///   - epoch: letters and digits that no earlier start had.
  /// - Throws: ``LiveError`` when there is no thread.
  package init(masking: Masking, epoch: String, limits: Limits = Limits()) throws(LiveError) {
    tap = try EventTap()
    (self.masking, self.epoch, self.limits) = (masking, epoch, limits)
    let thread = try EngineThread.start { FeedThread(self).run() }
    self.thread.withLock { $0 = thread }
  }

  package var figures: Counts { counts.withLock { $0 } }

  // MARK: - Clients

  /// Tells a client what its filter wants, from now on or from behind the message it had last.
  ///
  /// - Parameter after: the id of that message.
  /// - Throws: ``CommandFailure`` `failure` when there is no place; nothing was begun then.
  package func join(_ client: any FeedClient, _ filter: FeedFilter, after id: String? = nil) throws(CommandFailure) {
    let isAdmitted = counts.withLock { counts in
      guard counts.clients < limits.clients else {
        counts.refused += 1
        return false
      }
      counts.clients += 1
      counts.admitted += 1
      return true
    }
    guard isAdmitted else {
      throw CommandFailure(.failure, "\(limits.clients) clients listen already, as many as may. Come back later.")
    }
    if let condition = filter.condition {
      let isKnown = conditions.withLock { known in
        guard known[condition] != nil || known.count < limits.conditions else { return false }
        known[condition, default: 0] += 1
        return true
      }
      guard isKnown else {
        counts.withLock { counts in
          counts.clients -= 1
          counts.refused += 1
        }
        throw CommandFailure(
          .failure,
          "\(limits.conditions) different conditions are listened with already. Come back later, or filter here less.")
      }
    }
    let isOpen = inbox.withLock { inbox in
      if inbox.isEnding { return false }
      inbox.commands.append(.join(client, filter, after: id))
      return true
    }
    guard isOpen else {
      forget(filter)
      throw CommandFailure(.failure, "the server ends. Come back later.")
    }
    tap.wake()
  }

  /// The client takes nothing more. To be called once for each that joined.
  package func leave(_ client: any FeedClient, _ filter: FeedFilter) {
    forget(filter)
    give(.leave(ObjectIdentifier(client), filter))
  }

  private func forget(_ filter: FeedFilter) {
    counts.withLock { $0.clients -= 1 }
    if let condition = filter.condition {
      conditions.withLock { known in
        let left = (known[condition] ?? 1) - 1
        known[condition] = left > 0 ? left : nil
      }
    }
  }

  /// The last message of a client that took too little.
  package static func dropped(_ framing: FeedFilter.Framing) -> FeedChunk {
    FeedView.notice(
      "dropped",
      #"{"reason":"the client took less than there was to tell; come back with the last id, or ask for less"}"#, framing
    )
  }

  /// The last message of a client that may no longer listen.
  package static func over(_ framing: FeedFilter.Framing) -> FeedChunk {
    FeedView.notice("end", #"{"reason":"the session or token is over; log in again"}"#, framing)
  }

  // MARK: - What happens

  /// Never waits but for a moment's copy.
  package func take(_ alerts: [Alert]) {
    if alerts.isEmpty { return }
    inbox.withLock { inbox in
      for alert in alerts { put(.alert(alert), in: &inbox) }
    }
    tap.wake()
  }

  /// What a person said about an alert.
  ///
  /// - Parameter json: the alert as it is told, a line.
  package func take(_ alert: StoredAlert, as json: String) {
    inbox.withLock { put(.remarked(alert, json: json), in: &$0) }
    tap.wake()
  }

  package func take(_ run: Run) {
    inbox.withLock { put(.run(run), in: &$0) }
    tap.wake()
  }

  /// A silence that was set or is over.
  ///
  /// - Parameter json: what is told of it, a line.
  package func take(_ silence: Silence, as json: String) {
    inbox.withLock { put(.silence(silence, json: json), in: &$0) }
    tap.wake()
  }

  private func put(_ command: Command, in inbox: inout Inbox) {
    if inbox.commands.count < limits.queue { inbox.commands.append(command) } else { inbox.lost += 1 }
  }

  func give(_ command: Command) {
    inbox.withLock { $0.commands.append(command) }
    tap.wake()
  }

  /// Tells all clients that it ends, and ends the thread.
  package func end() {
    inbox.withLock { $0.isEnding = true }
    tap.wake()
    let thread = thread.withLock { $0.take() }
    if let thread { pthread_join(thread, nil) }
  }
}
