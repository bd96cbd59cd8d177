import Synchronization

/// What became of what programs and pages sent over HTTP. Counted once for each request, also for those that weren't let in; counters
/// only grow.
package final class IntakeFigures: Sendable {
  /// Where a request came in.
  enum Route: String {
    case events, otlp, loki, alertmanager, webhook, browser
  }

  private struct Answer: Hashable {
    var route: Route
    var status: Int
  }

  private struct State {
    var answers: [Answer: Int] = [:]
    var accepted = 0
    var rejected = 0
  }

  private let state = Mutex(State())

  init() {}

  func count(_ route: Route, status: Int) {
    state.withLock { $0.answers[Answer(route: route, status: status), default: 0] += 1 }
  }

  func count(accepted: Int, rejected: Int) {
    state.withLock { state in
      state.accepted += accepted
      state.rejected += rejected
    }
  }

  package func add(to metrics: inout MetricsText) {
    let (answers, accepted, rejected) = state.withLock { ($0.answers, $0.accepted, $0.rejected) }
    let sorted = answers.sorted { ($0.key.route.rawValue, $0.key.status) < ($1.key.route.rawValue, $1.key.status) }
    metrics.add(
      "stella_intake_requests_total", .counter, "Requests with events, taken or not, by what they were answered.",
      sorted.map { answer, count in
        .init(
          labels: [.init("route", answer.route.rawValue), .init("status", String(answer.status))], value: Double(count))
      })
    metrics.add("stella_intake_events_total", .counter, "Events of requests that were taken in.", accepted)
    metrics.add(
      "stella_intake_rejected_events_total", .counter, "Events left out of requests of which others were taken.",
      rejected)
  }
}
